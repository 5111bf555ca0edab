"""The tests of the store on encrypted projects: ``pytest --encrypted tests/store``.

Whatever makes a project makes an encrypted one, all under one key, so that no time goes into
keys. Programs that a test starts do the same (``sitecustomize.py`` in this folder), and a plain
``sqlite3.connect`` of a test opens an encrypted file as pairlab does.
"""

from __future__ import annotations

import os
from inspect import unwrap
from pathlib import Path
from typing import Any

from store.db import cipher
from store.db.connection import create
from store.db.sqlite import connect, sqlite3

KEY = cipher.Key(bytes(range(32)), bytes(range(100, 116)))


def install() -> None:
    """From now on, in this process."""
    cipher.hold(KEY)
    unwrap(create).__kwdefaults__["key"] = KEY
    plain = sqlite3.connect

    def either(path: Any, *rest: Any, **options: Any) -> Any:
        if "factory" in options or not cipher.is_encrypted(path):
            return plain(path, *rest, **options)
        connection = connect(path, key=KEY)
        connection.isolation_level = options.get("isolation_level", "")
        return connection

    sqlite3.connect = either


def install_for_children() -> None:
    """In this process and those it starts."""
    install()
    here, root = Path(__file__).parent, Path(__file__).parents[2]
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(here), str(root), *([before] if before else [])]
    )
