"""The SQLite library, and what its errors mean to a person.

sqlite-utils takes ``pysqlite3`` (a newer library) by itself where it is installed; its exceptions
are the ones to catch, so everybody takes ``sqlite3`` from here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlite_utils import Database as Database

# as sqlite-utils' documentation says; its type hints do not export the name
from sqlite_utils.utils import sqlite3 as sqlite3  # type: ignore[attr-defined]

from store import errors

StrPath = str | os.PathLike[str]

WAL_RESET_FIXED: Final = (3, 51, 3)
"""First version without the bug that can corrupt a WAL file written by two processes."""

WAYS_BACK: Final = (
    "go back to a backup with: pairlab restore BACKUP, or take what can be read into a new file"
    " with: pairlab rescue OUT"
)
"""What to do where a file is broken; a plain copy over it would destroy it (its WAL stays)."""


@contextmanager
def translated(path: StrPath | None = None) -> Iterator[None]:
    """Turn SQLite's errors into the store's, with one line that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
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


def library_version() -> tuple[int, ...]:
    """Version of the SQLite library in use, for example ``(3, 53, 4)``."""
    return tuple(int(part) for part in sqlite3.sqlite_version.split("."))


def path_of(db: Database) -> str:
    """The file behind an open project."""
    return str(db.execute("PRAGMA database_list").fetchone()[2])


def _explained(error: Exception, path: StrPath | None) -> errors.StoreError:
    where = os.fspath(path) if path is not None else "the project file"
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return errors.Busy(
            f"Another process keeps {where} locked; nothing was written: try again, or end it"
        )
    if code == sqlite3.SQLITE_FULL:
        return errors.DiskFull(
            f"No room left on the disk of {where}; everything before this is kept:"
            " make room and do it again"
        )
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
