"""A whole copy of a database file, made by SQLite: a plain copy would miss what lies in its WAL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from store.db.cipher import PLAIN, Key
from store.db.connection import BUSY_SECONDS
from store.db.sqlite import connect

Look = Callable[[Any, Path], None]
"""Looks at the copy (an open connection) of a file; raises where it is not to be used."""


def whole(path: Path, copy: Path, look: Look | None = None, key: Key | None = None) -> None:
    """Copy a file that is not trusted to a new one, readable by its owner alone.

    The copy is one file, complete in itself. Errors of SQLite come out as they are.

    Args:
        path: the file; it is not changed.
        copy: where; nothing is there yet.
        look: told of the copy before it is closed.
        key: under which the copy of a plain file is encrypted; that of another keeps its own.
    """
    new_file(copy)
    with (
        closing(_connect(path)) as source,
        closing(connect(copy, "mode=rw", key=source.key or key)) as target,
    ):
        for connection in (source, target):
            connection.execute("PRAGMA trusted_schema=OFF")
            connection.execute("PRAGMA cell_size_check=ON")
        source.execute("SELECT count(*) FROM sqlite_schema")  # says it plainly when it is none
        if target.key == source.key:
            source.backup(target)
        else:
            how = "immutable=1" if _lies_alone(path) else "mode=ro"
            with attached(target, f"{path.absolute().as_uri()}?{how}", None) as name:
                rewrite(target, name, "main")
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


@contextmanager
def attached(connection: Any, file: str, key: Key | None) -> Iterator[str]:
    """Another file, for as long as it is needed.

    Args:
        connection: one that SQLCipher opened.
        file: its path, or address where the connection was opened by one.
        key: of that file; None for a plain one.

    Yields:
        The name of the file's tables in statements.
    """
    literal = PLAIN if key is None else key.literal
    connection.execute(f"ATTACH ? AS attached KEY {literal}", [file])
    try:
        yield "attached"
    finally:
        connection.execute("DETACH attached")


def rewrite(connection: Any, of: str, to: str) -> None:
    """Write all of one file of a connection to another, empty one, under that one's key."""
    connection.execute("SELECT sqlcipher_export(?, ?)", [to, of])
    for name in ("application_id", "user_version"):
        value = connection.execute(f"PRAGMA {of}.{name}").fetchone()[0]
        connection.execute(f"PRAGMA {to}.{name}={value}")


def _connect(path: Path) -> Any:
    how = "mode=ro&immutable=1" if _lies_alone(path) else "mode=ro"
    return connect(path, how, timeout=BUSY_SECONDS)


def _lies_alone(path: Path) -> bool:
    """On a read-only medium, which has no room for the -shm file of WAL."""
    wal = path.with_name(path.name + "-wal")
    return not os.access(path.absolute().parent, os.W_OK) and not wal.exists()
