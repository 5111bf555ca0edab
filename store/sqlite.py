"""The one door to SQLite: how a project file is made, opened, written and watched.

sqlite-utils takes ``pysqlite3`` (a newer library) by itself where it is installed; its exceptions
are the ones to catch, so everybody takes ``sqlite3`` from here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database as Database
from sqlite_utils import utils as _utils

from store import aside, clock, errors, leftovers, meta, replica
from store.file_header import APPLICATION_ID, must_exist
from store.schema import migrations

sqlite3: Any = vars(_utils)["sqlite3"]
"""The module sqlite-utils has picked; it gives it no public name."""

StrPath = str | os.PathLike[str]

BUSY_SECONDS: Final = 15.0
"""How long a write waits for another process; long, because SQLite's waiting is not fair."""

WAL_RESET_FIXED: Final = (3, 51, 3)
"""First version without the bug that can corrupt a WAL file written by two processes."""

WAYS_BACK: Final = (
    "go back to a backup with: pairlab restore BACKUP, or take what can be read into a new file"
    " with: pairlab rescue OUT"
)
"""What to do where a file is broken; a plain copy over it would destroy it (its WAL stays)."""

_PRAGMAS = (
    "synchronous=FULL",  # NORMAL loses every label since the last checkpoint in a power cut
    "foreign_keys=ON",
    "secure_delete=ON",
    "temp_store=MEMORY",
    "cell_size_check=ON",
    "trusted_schema=OFF",
)


def create(path: StrPath, *, seed: str | None = None, at: str | None = None) -> Database:
    """Make a new project file, readable by its owner alone, and open it.

    Args:
        path: where; the folder must exist.
        seed: root of the seeds ``sides`` and ``order``; drawn from the system when None.
        at: time of creation; now when None.

    Raises:
        ProjectExists: something is there already; it is not touched.
        StoreError: the file cannot be made (no such folder, no permission, no room).
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        raise errors.ProjectExists(path) from None
    except OSError as error:
        raise errors.StoreError(f"{path} cannot be made: {error.strerror}") from error
    try:
        db = _connect(path, BUSY_SECONDS)
        try:
            with translated(path):
                db.execute("PRAGMA journal_mode=WAL")
                with immediate(db):
                    _fill(db, path, seed or os.urandom(16).hex(), at or clock.now())
        except BaseException:
            db.close()
            raise
    except BaseException:
        _remove(path)  # ours alone, and half made: the next try must not find it
        raise
    return db


def open_store(path: StrPath, *, timeout: float = BUSY_SECONDS) -> Database:
    """Open a project file, bring its schema up to date and check whose copy it is.

    Raises:
        MissingProject: there is no such file; names the command that makes one.
        NotAProject: it is something else, or was written by a newer pairlab.
        Damaged: SQLite cannot read it.
    """
    must_exist(path)
    leftovers.sweep(Path(path).absolute().parent)
    db = _connect(path, timeout)
    try:
        with translated(path):
            _check_schema(db, path)
            db.execute("PRAGMA journal_mode=WAL")
            if migrations.pending(db):
                with immediate(db):
                    migrations.apply(db)
            if not aside.is_up_to_date(db):
                _look_again(db)
            if not replica.is_bound(db, path):
                with immediate(db):
                    replica.bind(db, path)
    except BaseException:
        db.close()
        raise
    return db


def open_readonly(path: StrPath, *, called: StrPath | None = None) -> Database:
    """Open a project file so that nothing can be written to it and its triggers are not run.

    Args:
        path: the file.
        called: the name by which messages call it, where it is a private copy.
    """
    must_exist(path)
    with translated(called or path):
        uri = Path(path).absolute().as_uri() + "?mode=ro"
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        db = Database(connection, execute_plugins=False)
        try:
            for pragma in ("query_only=ON", "trusted_schema=OFF", "cell_size_check=ON"):
                db.execute(f"PRAGMA {pragma}")
            _check_schema(db, called or path)
        except BaseException:
            db.close()
            raise
    return db


@contextmanager
def session(path: StrPath) -> Iterator[Database]:
    """Open, hand over, close; SQLite's errors come out as :class:`store.errors.StoreError`."""
    db = open_store(path)
    try:
        with translated(path):
            yield db
    finally:
        db.close()


@contextmanager
def immediate(db: Database) -> Iterator[None]:
    """A write: all of it is on the disk afterwards, or nothing.

    Takes the write lock at the start: a transaction that first reads and then writes would
    fail at once when another process wrote in between. Inside another one it is a savepoint.
    """
    nested = db.conn.in_transaction
    with translated():
        db.conn.execute("SAVEPOINT nested" if nested else "BEGIN IMMEDIATE")
        try:
            yield
            db.conn.execute("RELEASE nested" if nested else "COMMIT")
        except BaseException:
            if db.conn.in_transaction:  # a full disk ends the transaction by itself
                db.conn.execute("ROLLBACK TO nested" if nested else "ROLLBACK")
                if nested:
                    db.conn.execute("RELEASE nested")
            raise


@contextmanager
def translated(path: StrPath | None = None) -> Iterator[None]:
    """Turn SQLite's errors into the store's, with one line that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explained(error, path) from error
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


def _connect(path: StrPath, timeout: float) -> Database:
    with translated(path):
        connection = sqlite3.connect(os.fspath(path), timeout=timeout, isolation_level=None)
        db = Database(connection, execute_plugins=False)
        try:
            for pragma in _PRAGMAS:
                db.execute(f"PRAGMA {pragma}")
        except BaseException:
            db.close()
            raise
    return db


def _fill(db: Database, path: StrPath, seed: str, at: str) -> None:
    migrations.apply(db)
    aside.bring_up_to_date(db)
    db.execute(f"PRAGMA application_id={APPLICATION_ID}")
    meta.put(db, "created_at", at)
    for name in ("sides", "order"):
        meta.put(db, name, f"{seed}:{name}")
    replica.bind(db, path)


def _look_again(db: Database) -> None:
    """Set aside what cannot be used of the events, and take up what can be by now."""
    from store import heads  # imports this module

    with immediate(db):
        for cell in {heads.cell_of(event) for event in aside.bring_up_to_date(db)}:
            heads.refresh(db, cell)


def _check_schema(db: Database, path: StrPath) -> None:
    if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise errors.NotAProject(f"{path} is no pairlab project; it was left as it is")
    applied = {step.name for step in migrations.applied(db)}
    if unknown := sorted(applied - _known_steps()):
        raise errors.NotAProject(
            f"{path} was written by a newer pairlab ({', '.join(unknown)}); update this one"
        )


@cache
def _known_steps() -> frozenset[str]:
    empty = Database(memory=True, execute_plugins=False)
    try:
        return frozenset(step.name for step in migrations.pending(empty))
    finally:
        empty.close()


def _remove(path: StrPath) -> None:
    for ending in ("", "-wal", "-shm"):
        Path(f"{os.fspath(path)}{ending}").unlink(missing_ok=True)


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
