"""A whole copy of a database file, made by SQLite: a plain copy would miss what lies in its WAL."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from store.db.connection import BUSY_SECONDS
from store.db.sqlite import sqlite3

Look = Callable[[Any, Path], None]
"""Looks at the copy (an open connection) of a file; raises where it is not to be used."""


def whole(path: Path, copy: Path, look: Look | None = None) -> None:
    """Copy a file that is not trusted to a new one, readable by its owner alone.

    The copy is one file, complete in itself. Errors of SQLite come out as they are.

    Args:
        path: the file; it is not changed.
        copy: where; nothing is there yet.
        look: told of the copy before it is closed.
    """
    new_file(copy)
    with (
        closing(_connect(path)) as source,
        closing(sqlite3.connect(os.fspath(copy), isolation_level=None)) as target,
    ):
        for connection in (source, target):
            connection.execute("PRAGMA trusted_schema=OFF")
            connection.execute("PRAGMA cell_size_check=ON")
        source.execute("SELECT count(*) FROM sqlite_schema")  # says it plainly when it is none
        source.backup(target)
        # one file, complete in itself, that can be opened read-only
        target.execute("PRAGMA journal_mode=DELETE")
        if look is not None:
            look(target, path)


def new_file(path: Path) -> None:
    """An empty file that its owner alone can read; what is there already is an OSError."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, last through a power cut."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:  # Windows opens no folders
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _connect(path: Path) -> Any:
    uri = path.absolute().as_uri() + "?mode=ro"
    wal = path.with_name(path.name + "-wal")
    if not os.access(path.absolute().parent, os.W_OK) and not wal.exists():
        uri += "&immutable=1"  # a read-only medium has no room for the -shm file of WAL
    return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
