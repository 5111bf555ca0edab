"""The one door to SQLite: how a project file is made, opened, written and watched.

sqlite-utils takes ``pysqlite3`` (a newer library) by itself where it is installed; its exceptions
are the ones to catch, so everybody takes ``sqlite3`` from here.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database as Database

# as sqlite-utils' documentation says; its type hints do not export the name
from sqlite_utils.utils import sqlite3 as sqlite3  # type: ignore[attr-defined]

from store import clock, errors
from store.db import leftovers, meta, replica
from store.db.file_header import APPLICATION_ID, must_exist
from store.db.file_identity import FileWatch, Loss, Mark
from store.db.schema import migrations
from store.log import set_aside

StrPath = str | os.PathLike[str]

BUSY_SECONDS: Final = 15.0
"""How long a write waits for another process; long, because SQLite's waiting is not fair."""

STATEMENTS: Final = 1000
"""Statements kept prepared: where these are fewer than there are texts, making a project fills the
room, and what is asked with each label is prepared anew each time, at half a millisecond."""

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

_GROWING = ("event", "prompt", "pair", "candidate", "critique", "generation")
_LAST_ROWS = " UNION ALL ".join(
    f"SELECT max(rowid) FROM {name}"  # noqa: S608 - names written above
    for name in _GROWING
)
_KEPT_EVENTS = 5000
"""Decisions of this connection that stay in memory: more than a person makes in a sitting."""


class ProjectDatabase(Database):
    """A project that is open for writing, with an eye on its file."""

    watch: FileWatch | None = None
    """None until the file is whole."""
    made: deque[Any]
    """The latest events of this connection, for the case that the file is overwritten."""
    before: dict[str, int]
    """The last row of each growing table when the file was opened."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection, execute_plugins=False)
        self.made = deque(maxlen=_KEPT_EVENTS)
        self.before = {}

    def look(self) -> bool:
        """Whether the file is still the one that was opened; without it nothing is moved into it.

        The log is no longer written into the file then: the pages may be those of another project.
        """
        if self.watch is None or self.watch.lost is not None:
            return self.watch is None
        if self.watch.look() is None:
            return True
        self.conn.execute("PRAGMA wal_autocheckpoint=0")
        return False

    def confirm(self) -> None:
        """Look again after a write.

        Raises:
            FileLost: what was written is not in the file at the path.
        """
        if not self.look():
            assert self.watch is not None
            path = self.watch.path
            raise errors.FileLost(f"{path} is no longer the file that was opened", path)

    def close(self) -> None:
        """Close; a file that is not ours any more gets nothing of what is in the log."""
        lost = self.watch.lost if self.watch is not None else None
        if self.watch is None or lost is None:
            super().close()
            return
        beside = self.watch.companions()
        # closing would write the log into the file, which another project may have taken over,
        # and whoever opens that one next would do the same: by now all of it is kept elsewhere
        if lost.loss in (Loss.OVERWRITTEN, Loss.LOG):
            for path, now in beside.items():
                if path.name.endswith("-wal") and now is not None:
                    os.truncate(now, 0)
        super().close()
        for path in beside:
            if self.watch.owns(path) and (path.name.endswith("-shm") or not path.stat().st_size):
                path.unlink(missing_ok=True)


def create(path: StrPath, *, seed: str | None = None, at: str | None = None) -> ProjectDatabase:
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
                _begin_watch(db, path)
        except BaseException:
            db.close()
            raise
    except BaseException:
        _remove(path)  # ours alone, and half made: the next try must not find it
        raise
    return db


def open_store(path: StrPath, *, timeout: float = BUSY_SECONDS) -> ProjectDatabase:
    """Open a project file, bring its schema up to date and check whose copy it is.

    Raises:
        MissingProject: there is no such file; names the command that makes one.
        NotAProject: it is something else, or was written by a newer pairlab.
        Damaged: SQLite cannot read it.
    """
    must_exist(path)
    if is_read_only(path):
        raise errors.StoreError(
            f"{path} cannot be written here, only read (agree, show, check, export, report do);"
            " to work on it, copy it into a folder of your own"
        )
    leftovers.sweep(Path(path).absolute().parent)
    db = _connect(path, timeout)
    try:
        with translated(path):
            _check_schema(db, path)
            db.execute("PRAGMA journal_mode=WAL")
            if migrations.pending(db):
                with immediate(db):
                    migrations.apply(db)
            if not set_aside.is_up_to_date(db):
                _look_again(db)
            if not replica.is_bound(db, path):
                with immediate(db):
                    replica.bind(db, path)
            _begin_watch(db, path)
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
        if is_read_only(path) and not _has_log(path):
            uri += "&immutable=1"  # else SQLite wants to make files beside it
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


def is_read_only(path: StrPath) -> bool:
    """Whether a project can be read and not written: by its rights, its folder's or the disk's."""
    folder = Path(path).resolve().parent
    return Path(path).is_file() and not (os.access(path, os.W_OK) and os.access(folder, os.W_OK))


@contextmanager
def session(path: StrPath) -> Iterator[Database]:
    """Open, hand over, close; SQLite's errors come out as :class:`store.errors.StoreError`.

    A project that cannot be written is opened for reading.

    Raises:
        FileLost: the file was removed, replaced or moved meanwhile.
    """
    from store.db.rescue import guarded  # which writes files by means of this module

    if is_read_only(path):
        with closing(open_readonly(path)) as reading, translated(path):
            if migrations.pending(reading):
                raise errors.NotAProject(
                    f"{path} is from an older pairlab and cannot be changed here; copy it into a"
                    " folder of your own and open it there"
                )
            yield reading
        return
    db = open_store(path)
    try:
        with guarded(db), translated(path):
            yield db
    finally:
        db.close()


@contextmanager
def immediate(db: Database) -> Iterator[None]:
    """A write: all of it is on the disk afterwards, or nothing.

    Takes the write lock at the start: a transaction that first reads and then writes would
    fail at once when another process wrote in between. Inside another one it is a savepoint.

    Raises:
        FileLost: it was written, but the file at the path is not the one that was opened.
    """
    nested = db.conn.in_transaction
    watched = db if isinstance(db, ProjectDatabase) and not nested else None
    if watched is not None:
        watched.look()
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
    if watched is not None:
        watched.confirm()


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


def _has_log(path: StrPath) -> bool:
    log = Path(f"{Path(path).resolve()}-wal")
    return log.exists() and log.stat().st_size > 0


def _connect(path: StrPath, timeout: float) -> ProjectDatabase:
    with translated(path):
        connection = sqlite3.connect(
            os.fspath(path),
            timeout=timeout,
            isolation_level=None,
            cached_statements=STATEMENTS,
        )
        db = ProjectDatabase(connection)
        try:
            for pragma in _PRAGMAS:
                db.execute(f"PRAGMA {pragma}")
        except BaseException:
            db.close()
            raise
    return db


def _begin_watch(db: ProjectDatabase, path: StrPath) -> None:
    opened = Path(path_of(db))
    own = _mark(db.conn)
    assert own is not None
    db.before = dict(zip(_GROWING, own.rows, strict=True))
    if _mark_of(opened) != own:  # made or bound just now, or left behind by a killed process
        db.execute("PRAGMA wal_checkpoint(PASSIVE)")
    db.watch = FileWatch(Path(path).absolute(), opened, own, lambda: _mark_of(opened))


def _mark_of(path: Path) -> Mark | None:
    """What the file says without its log; another process may be writing to it meanwhile."""
    try:
        connection = sqlite3.connect(path.as_uri() + "?mode=ro&immutable=1", uri=True)
        try:
            return _mark(connection)
        finally:
            connection.close()
    except sqlite3.Error:
        return None


def _mark(connection: Any) -> Mark | None:
    wanted = "SELECT key, value FROM meta WHERE key IN ('replica_bound_to', 'sides')"
    said = dict(connection.execute(wanted).fetchall())
    if len(said) < 2:
        return None
    rows = tuple(row[0] or 0 for row in connection.execute(_LAST_ROWS).fetchall())
    return Mark(said["replica_bound_to"], said["sides"], rows)


def _fill(db: Database, path: StrPath, seed: str, at: str) -> None:
    migrations.apply(db)
    set_aside.bring_up_to_date(db)
    db.execute(f"PRAGMA application_id={APPLICATION_ID}")
    meta.put(db, "created_at", at)
    for name in ("sides", "order"):
        meta.put(db, name, f"{seed}:{name}")
    meta.put(db, meta.SIDES_FROM_CONTENT, "0")
    replica.bind(db, path)


def _look_again(db: Database) -> None:
    """Set aside what cannot be used of the events, and take up what can be by now."""
    from store.log import current_state

    with immediate(db):
        for cell in {current_state.cell_of(event) for event in set_aside.bring_up_to_date(db)}:
            current_state.refresh(db, cell)


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
