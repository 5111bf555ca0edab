"""Going back to a backup without losing what is there now.

A plain copy over a project leaves the old ``-wal`` file beside it, and SQLite takes it for the
new file's: the restore is undone without a word, or the file is ruined. Here the backup is
checked first, the present files are put aside whole, and the restored file writes on under a
replica id of its own: its old numbers may have been given already.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

from store import clock
from store.db import cipher, copies, leftovers, replica
from store.db.connection import open_readonly, open_store
from store.db.file_header import APPLICATION_ID, BEFORE_RESTORE
from store.db.project_database import immediate
from store.db.session import session
from store.db.sqlite import StrPath, translated
from store.errors import Busy, Damaged, NotAProject, StoreError
from store.items import content_hashes
from store.log import current_state, events

_BESIDE: Final = ("-wal", "-shm", "-journal")
"""Endings of the files that SQLite keeps beside a database."""
_LOCKS: Final = (0x4000_0000, 512)
"""Where SQLite locks a database file, and how many bytes; whoever has it open holds some."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put in place, and where the former project lies."""

    path: Path
    backup: Path
    set_aside: tuple[Path, ...]
    """The former project and the files SQLite kept beside it; together a project of their own."""
    events: int
    """Decisions in the restored project."""
    replica: str
    """The id under which it writes from now on."""

    def as_json(self) -> dict[str, Any]:
        """The object of ``restore --json``."""
        return {
            "project": os.fspath(self.path),
            "backup": os.fspath(self.backup),
            "set_aside": [os.fspath(each) for each in self.set_aside],
            "events": self.events,
            "replica": self.replica,
        }


def restore(path: StrPath, backup: StrPath, at: str) -> Restored:
    """Put a backup in the place of a project; nothing is deleted, and the backup stays.

    Args:
        path: the project; it may be damaged or missing.
        backup: a file that ``backup`` wrote, or any other whole project file.
        at: UTC time, ISO-8601; it names the files that are put aside.

    An encrypted project stays so; a plain one becomes what its backup is.

    Raises:
        Busy: another process has the project open.
        Locked: a file is encrypted, and no key at hand opens it.
        NotAProject, Damaged: the backup cannot be used.
        StoreError: it is missing, or the project's folder cannot be written.
        All of them leave the project as it was.
    """
    project, source = Path(os.path.realpath(path)), Path(backup)
    _look_at(source, project)
    # a plain backup does not make an encrypted project plain again
    key = None if cipher.is_encrypted(source) else cipher.key_of(project)
    leftovers.sweep(project.parent)
    beside = leftovers.beside(project)
    try:
        with _alone(project):
            _fill(beside, source, key)
            was = _put_in_place(beside, project, at)
    except OSError as error:
        raise StoreError(
            f"{project} could not be restored ({error.strerror or error}); it is as it was"
        ) from error
    finally:
        for ending in ("", *_BESIDE):
            Path(f"{beside}{ending}").unlink(missing_ok=True)
    with session(project) as db:
        return Restored(Path(path), source, was, _count(db), replica.current(db))


def _look_at(backup: Path, project: Path) -> None:
    if not backup.exists():
        raise StoreError(f"There is no file {backup}; nothing was changed")
    if not backup.is_file():
        raise NotAProject(f"{backup} is no file; name a file that pairlab backup wrote")
    if project.exists() and backup.samefile(project):
        raise StoreError(f"{backup} is this project itself; name a backup of it")


@contextmanager
def _alone(project: Path) -> Iterator[None]:
    """Keep all others out of the project's file, as SQLite does, without reading it."""
    if os.name != "posix" or not project.exists():
        yield  # elsewhere a file that is open cannot be renamed, which stops us later
        return
    import fcntl

    handle = os.open(project, os.O_RDWR)
    try:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, _LOCKS[1], _LOCKS[0])
        except OSError:
            raise Busy(
                f"Another process has {project} open; nothing was changed: end it, then restore"
            ) from None
        yield
    finally:
        os.close(handle)


def _fill(beside: Path, backup: Path, key: cipher.Key | None) -> None:
    """A checked copy of the backup, complete in one file, ready to take the project's place."""
    with translated(backup):
        copies.whole(backup, beside, _must_be_ours, key)
        with closing(open_readonly(beside, called=backup)) as db:
            was = _check(db, backup)
    with closing(open_store(beside)) as db, translated(beside):
        with immediate(db):
            if replica.current(db) == was:
                replica.bind(db, beside)
        if not current_state.equal_to_rebuild(db):
            current_state.rebuild(db)
        db.execute("PRAGMA journal_mode=DELETE")
    copies.sync(beside)


def _must_be_ours(copy: Any, backup: Path) -> None:
    if copy.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise NotAProject(f"{backup} is no pairlab project; nothing was changed")


def _check(db: Database, backup: Path) -> str:
    """Refuse a backup that is not whole.

    Returns:
        The replica id it was written under.
    """
    otherwise = (
        "nothing was changed: take another backup, or what is whole of this one with:"
        f" pairlab --db {shlex.quote(str(backup))} rescue OUT"
    )
    verdict = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok":
        raise Damaged(f"{backup} is damaged ({verdict}); {otherwise}")
    if db.execute("PRAGMA foreign_key_check").fetchone() is not None:
        raise Damaged(f"{backup} is damaged (rows point to nothing); {otherwise}")
    content_hashes.must_be_unchanged(db, f"this is {backup}; {otherwise}")
    if changed := events.changed(db):
        raise Damaged(f"{changed} events of {backup} do not match their ids; {otherwise}")
    return replica.current(db)


def _put_in_place(beside: Path, project: Path, at: str) -> tuple[Path, ...]:
    """Set the present files aside under one name, then rename; all of it, or nothing."""
    name = _free_name(project, at)
    moved: list[tuple[Path, Path]] = []
    try:
        for ending in ("", *_BESIDE):
            was = Path(f"{project}{ending}")
            if os.path.lexists(was):
                aside = Path(f"{name}{ending}")
                was.rename(aside)
                moved.append((was, aside))
        beside.rename(project)
    except BaseException:
        for was, aside in reversed(moved):
            aside.rename(was)
        raise
    copies.sync(project.parent)
    return tuple(aside for _, aside in moved)


def _free_name(project: Path, at: str) -> Path:
    moment = clock.parse(at).strftime("%Y%m%dT%H%M%SZ")
    name = project.with_name(f"{project.name}{BEFORE_RESTORE}{moment}")
    number = 1
    while any(os.path.lexists(f"{name}{ending}") for ending in ("", *_BESIDE)):
        number += 1
        name = project.with_name(f"{project.name}{BEFORE_RESTORE}{moment}-{number}")
    return name


def _count(db: Database) -> int:
    return int(db.execute("SELECT count(*) FROM event").fetchone()[0])
