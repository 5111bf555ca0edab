"""The SQLite library, how it opens a file, and what its errors mean to a person.

sqlite-utils takes ``pysqlite3`` (a newer library) by itself where it is installed. An encrypted
file is opened by SQLCipher instead, a library of its own with errors of its own
(:func:`raised`). A file is never opened by both at once: two SQLites in one process do not know
of each other's locks.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal
from weakref import WeakSet

from sqlite_utils import Database as Database

# as sqlite-utils' documentation says; its type hints do not export the name
from sqlite_utils.utils import sqlite3 as sqlite3  # type: ignore[attr-defined]

from store import errors
from store.db import cipher

StrPath = str | os.PathLike[str]

WAL_RESET_FIXED: Final = (3, 51, 3)
"""First version without the bug that can corrupt a WAL file written by two processes."""

WAYS_BACK: Final = (
    "go back to a backup with: pairlab restore BACKUP, or take what can be read into a new file"
    " with: pairlab rescue OUT"
)
"""What to do where a file is broken; a plain copy over it would destroy it (its WAL stays)."""


_opened: Final[WeakSet[Any]] = WeakSet()
"""The connections of this process to files."""
_opening: Final = threading.RLock()
_Place = tuple[int, int]


def connect(
    path: StrPath,
    how: str = "",
    *,
    key: cipher.Key | Literal["its own"] | None = "its own",
    converts: bool = False,
    timeout: float = 5.0,
    cached_statements: int = 128,
) -> Any:
    """A connection without transactions of its own; its ``key`` is None for a plain file.

    Args:
        path: the file; made where it is not there.
        how: SQLite's words for the opening, ``mode=ro`` or the like.
        key: under which the file is, or is to be, encrypted; found out unless it is given.
        converts: whether a file of the other kind is to be attached, which SQLCipher alone can.
        timeout: seconds a write waits for another process.
        cached_statements: how many statements stay prepared.

    Raises:
        Locked: the file is encrypted, and no key at hand opens it.
    """
    target = f"{Path(path).absolute().as_uri()}?{how}" if how else os.fspath(path)
    with _opening:
        found = _key_now(path) if key == "its own" else key
        library = cipher.library() if converts or found is not None else sqlite3
        connection = library.connect(
            target,
            uri=bool(how),
            timeout=timeout,
            isolation_level=None,
            cached_statements=cached_statements,
            factory=_kind(library),
        )
        connection.key, connection.place = found, _place(path)
        _opened.add(connection)
    if found is not None:
        connection.execute(f"PRAGMA key={found.literal}")
    return connection


def _key_now(path: StrPath) -> cipher.Key | None:
    """The key of a file; one that is open here is not touched, which would drop its locks."""
    place = _place(path)
    for connection in _opened if place is not None else ():
        if connection.place == place:
            key: cipher.Key | None = connection.key
            return key
    return cipher.key_of(path)


@cache
def _kind(library: Any) -> type[Any]:
    """A library's connection that knows its file's key, and is forgotten when it is closed."""

    class Connection(library.Connection):  # type: ignore[misc]
        key: cipher.Key | None = None
        place: _Place | None = None

        def close(self) -> None:
            super().close()
            with _opening:
                _opened.discard(self)

    return Connection


def _place(path: StrPath) -> _Place | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - as FileWatch does
    except OSError:
        return None
    return status.st_dev, status.st_ino


def raised(name: str) -> tuple[type[Exception], ...]:
    """What to catch: SQLite's exceptions of a name, of the libraries that are loaded."""
    loaded = (sqlite3, cipher.library()) if cipher.library.cache_info().currsize else (sqlite3,)
    return tuple(getattr(library, name) for library in loaded)


@contextmanager
def translated(path: StrPath | None = None) -> Iterator[None]:
    """Turn SQLite's errors into the store's, with one line that says what to do."""
    try:
        yield
    except raised("Error") as error:
        raise _explained(error, path) from error
    except UnicodeDecodeError as error:  # a name of a table; of cells SQLite itself says it
        where = os.fspath(path) if path is not None else "the project file"
        raise errors.Damaged(
            f"{where} is damaged (a name in it is no text); {WAYS_BACK}"
        ) from error
    except UnicodeEncodeError as error:
        raise errors.BadInput(
            "a text holds half of a character (a lone surrogate), which no file can keep;"
            " nothing was written"
        ) from error


def data_version(db: Database) -> int:
    """A number that changes when another connection has committed; costs microseconds."""
    return int(db.execute("PRAGMA data_version").fetchone()[0])


def library_of(path: StrPath) -> Any:
    """The SQLite library that opens a file, as a module.

    Raises:
        Locked: the file is encrypted, and no key at hand opens it.
    """
    with _opening:
        return cipher.library() if _key_now(path) is not None else sqlite3


def library_version(library: Any = sqlite3) -> tuple[int, ...]:
    """Version of a SQLite library, for example ``(3, 53, 4)``."""
    return tuple(int(part) for part in library.sqlite_version.split("."))


def path_of(db: Database) -> str:
    """The file behind an open project."""
    return str(db.execute("PRAGMA database_list").fetchone()[2])


def key_of(db: Database) -> cipher.Key | None:
    """The key of an open project; None where it is not encrypted."""
    key: cipher.Key | None = getattr(db.conn, "key", None)
    return key


def _no_room(path: StrPath | None) -> bool:
    """Whether what SQLite keeps beside a file has no room, which it tells as a failure."""
    try:
        return path is not None and shutil.disk_usage(Path(path).absolute().parent).free < _LEAST
    except OSError:
        return False


def disk_full(path: StrPath) -> errors.DiskFull:
    """There is no room where a file is written."""
    return errors.DiskFull(
        f"No room left on the disk of {os.fspath(path)}; everything before this is kept:"
        " make room and do it again"
    )


_LEAST: Final = 64 * 1024
"""Bytes that the file of a connection's marks (-shm) needs, and a page or two."""
_CODES: Final = {
    "database or disk is full": sqlite3.SQLITE_FULL,
    "database is locked": sqlite3.SQLITE_BUSY,
    "database disk image is malformed": sqlite3.SQLITE_CORRUPT,
    "disk I/O error": sqlite3.SQLITE_IOERR,
    "file is not a database": sqlite3.SQLITE_NOTADB,
}
"""What SQLite says of a failure, in its own words."""


def _explained(error: Exception, path: StrPath | None) -> errors.StoreError:
    where = os.fspath(path) if path is not None else "the project file"
    # a copy made by one of the libraries fails without a code
    code = getattr(error, "sqlite_errorcode", _CODES.get(str(error), 0)) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return errors.Busy(
            f"Another process keeps {where} locked; nothing was written: try again, or end it"
        )
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _no_room(path)):
        return disk_full(where)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return errors.StoreError(
            f"{where} cannot be opened for writing ({error}); look at the rights of the file"
            " and its folder"
        )
    if code == sqlite3.SQLITE_NOTADB:
        return errors.NotAProject(f"{where} is no pairlab project; it was left as it is")
    if code == sqlite3.SQLITE_CORRUPT:
        return errors.Damaged(f"{where} is damaged ({error}); {WAYS_BACK}")
    if code == sqlite3.SQLITE_IOERR:
        return errors.StoreError(f"The disk of {where} failed ({error}); nothing was half written")
    return errors.StoreError(f"{where} refused: {error}; nothing was half written")
