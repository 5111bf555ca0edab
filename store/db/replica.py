"""Which copy of a project this file is.

Events carry the replica id of the file they were made in, and count from one in it. A file that
is copied and used on both sides would count the same numbers twice; so the id is bound to the
machine, the device and the inode, and a file found elsewhere takes a new one.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import secrets
from pathlib import Path

from sqlite_utils import Database

from store.db import meta

_MACHINE_FILES = ("/etc/machine-id", "/var/lib/dbus/machine-id")


def current(db: Database) -> str:
    """The replica id new events get."""
    return meta.get(db, "replica", "")


def own(db: Database) -> list[str]:
    """All replica ids this file has had, the current one last."""
    ids: list[str] = json.loads(meta.get(db, "replicas", "[]"))
    return ids


def is_bound(db: Database, path: str | os.PathLike[str]) -> bool:
    """True when the replica id was given to this very file on this machine."""
    return meta.get(db, "replica_bound_to") == _place(path)


def bind(db: Database, path: str | os.PathLike[str]) -> str:
    """Give the file a new replica id, bound to where it is; call inside a transaction."""
    fresh = secrets.token_hex(16)
    meta.put(db, "replica", fresh)
    meta.put(db, "replicas", json.dumps([*own(db), fresh]))
    meta.put(db, "replica_bound_to", _place(path))
    return fresh


def machine() -> str:
    """A name for this machine that tells nothing about it (hashed)."""
    for file in _MACHINE_FILES:
        try:
            text = Path(file).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if text:
            break
    else:
        text = platform.node()
    return hashlib.sha256(b"pairlab\0" + text.encode()).hexdigest()[:32]


def _place(path: str | os.PathLike[str]) -> str:
    status = Path(path).stat()
    return f"{machine()}:{status.st_dev}:{status.st_ino}"
