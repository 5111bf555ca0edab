"""How a project file is made and opened, and what it is known by while it is open."""

from __future__ import annotations

import os
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from store import clock, errors
from store.db import leftovers, meta, replica, waiting
from store.db.cipher import Key
from store.db.file_header import APPLICATION_ID, must_exist
from store.db.file_identity import FileWatch, Mark
from store.db.file_system import must_be_local
from store.db.project_database import ProjectDatabase, immediate
from store.db.schema import migrations
from store.db.sqlite import Database, StrPath, connect, key_of, path_of, raised, translated
from store.log import set_aside
from store.log.catching_up import catch_up

BUSY_SECONDS: Final = 15.0
"""How long a write waits for another process; long, because SQLite's waiting is not fair."""

STATEMENTS: Final = 1000
"""Statements kept prepared: where these are fewer than there are texts, making a project fills the
room, and what is asked with each label is prepared anew each time, at half a millisecond."""

_PRAGMAS = (
    "synchronous=FULL",  # NORMAL loses every label since the last checkpoint in a power cut
    "foreign_keys=ON",
    "secure_delete=ON",
    "temp_store=MEMORY",
    "cell_size_check=ON",
    "trusted_schema=OFF",
)

_ALONE = "mode=ro&immutable=1"
"""Without the log, and without locks."""

_GROWING = ("event", "prompt", "pair", "candidate", "critique", "generation")
_LAST_ROWS = " UNION ALL ".join(
    f"SELECT max(rowid) FROM {name}"  # noqa: S608 - names written above
    for name in _GROWING
)


def create(
    path: StrPath, *, seed: str | None = None, at: str | None = None, key: Key | None = None
) -> ProjectDatabase:
    """Make a new project file, readable by its owner alone, and open it.

    Args:
        path: where; the folder must exist.
        seed: root of the seeds ``sides`` and ``order``; drawn from the system when None.
        at: time of creation; now when None.
        key: under which it is encrypted; a plain file when None.

    Raises:
        ProjectExists: something is there already; it is not touched.
        StoreError: the file cannot be made (no such folder, no permission, no room), or would
            lie where it would be damaged (:func:`store.db.file_system.must_be_local`).
    """
    must_be_local(path)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        raise errors.ProjectExists(path) from None
    except OSError as error:
        raise errors.StoreError(f"{path} cannot be made: {error.strerror}") from error
    try:
        db = _connect(path, BUSY_SECONDS, key)
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
        StoreError: it cannot be written, or lies where it would be damaged
            (:func:`store.db.file_system.must_be_local`).
    """
    must_exist(path)
    must_be_local(path)
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
                waiting.say("bringing the file up to this version")
                with immediate(db):
                    migrations.apply(db)
            if not set_aside.is_up_to_date(db):
                with immediate(db):
                    catch_up(db)
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
        # SQLite wants to make files beside one that may have a log
        how = _ALONE if is_read_only(path) and not _has_log(path) else "mode=ro"
        connection = connect(path, how, timeout=BUSY_SECONDS)
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


def _has_log(path: StrPath) -> bool:
    log = Path(f"{Path(path).resolve()}-wal")
    return log.exists() and log.stat().st_size > 0


def _connect(
    path: StrPath, timeout: float, key: Key | Literal["its own"] | None = "its own"
) -> ProjectDatabase:
    with translated(path):
        connection = connect(path, timeout=timeout, cached_statements=STATEMENTS, key=key)
        db = ProjectDatabase(connection, lambda opened: _check_schema(opened, path))
        try:
            for pragma in _PRAGMAS:
                db.execute(f"PRAGMA {pragma}")
        except BaseException:
            db.close()
            raise
    return db


def _begin_watch(db: ProjectDatabase, path: StrPath) -> None:
    opened = Path(path_of(db))
    own, key = _mark(db.conn), key_of(db)
    assert own is not None
    db.before = dict(zip(_GROWING, own.rows, strict=True))

    def watch() -> FileWatch:
        return FileWatch(
            Path(path).absolute(),
            opened,
            own,
            lambda: _mark_of(opened, key),
            lambda: None if _is_sound(opened, key, _ALONE) else _mark_with_log(opened, key),
        )

    db.watch = watch()
    if db.watch.known != own:  # made or bound just now, or left behind by a killed process
        db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        db.watch = watch()


def _mark_of(path: Path, key: Key | None, how: str = _ALONE) -> Mark | None:
    """What the file says of itself; another process may be writing to it meanwhile."""
    try:
        with closing(connect(path, how, key=key, timeout=BUSY_SECONDS)) as connection:
            return _mark(connection)
    except raised("Error"):
        return None


def _mark_with_log(path: Path, key: Key | None) -> Mark | None:
    return _mark_of(path, key, "mode=ro") if _is_sound(path, key, "mode=ro") else None


def _is_sound(path: Path, key: Key | None, how: str) -> bool:
    try:
        with closing(connect(path, how, key=key, timeout=BUSY_SECONDS)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except raised("Error"):
        return False


def _mark(connection: Any) -> Mark | None:
    wanted = "SELECT key, value FROM meta WHERE key IN ('replica_bound_to', 'sides')"
    said = dict(connection.execute(wanted).fetchall())
    if len(said) < 2:
        return None
    return Mark(said["replica_bound_to"], said["sides"], last_rows(connection))


def last_rows(connection: Any) -> tuple[int, ...]:
    """The last row of each table in which nothing is deleted: a greater one is something new."""
    return tuple(row[0] or 0 for row in connection.execute(_LAST_ROWS).fetchall())


def _fill(db: Database, path: StrPath, seed: str, at: str) -> None:
    migrations.apply(db)
    set_aside.bring_up_to_date(db)
    db.execute(f"PRAGMA application_id={APPLICATION_ID}")
    meta.put(db, "created_at", at)
    for name in ("sides", "order"):
        meta.put(db, name, f"{seed}:{name}")
    meta.put(db, meta.SIDES_FROM_CONTENT, "0")
    replica.bind(db, path)


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
