"""A safe copy of a project while others work on it.

Copying the file alone loses what still lies in the ``-wal`` file beside it; SQLite's own copy
does not.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from store.db import copies, leftovers
from store.db.sqlite import WAYS_BACK, StrPath, connect, key_of, translated
from store.errors import Damaged, ProjectExists, StoreError
from store.items import content_hashes
from store.log import current_state, events


class Copied(NamedTuple):
    """What a backup holds."""

    path: Path
    bytes: int
    events: int
    """Decisions in the copy: labels, notes, flags, rulings and the others."""


def backup(db: Database, out: StrPath, *, compare: bool = True) -> Copied:
    """Copy the project to a new file, readable by its owner alone, checked and on the disk.

    Where the tables of current labels were changed by hand, the copy has them made anew.

    Args:
        db: the project.
        out: the new file.
        compare: whether items and events are compared with their ids; not where the copy is all
            that will be left of the project.

    Raises:
        ProjectExists: there is something at ``out``; it is not touched.
        Damaged: the copy does not pass SQLite's check, or an item or event in it is not what its
            id says; it was thrown away.
        StoreError: it cannot be written there.
    """
    target = Path(out)
    if os.path.lexists(target):
        raise ProjectExists(target)
    leftovers.sweep(target.absolute().parent)
    beside = leftovers.beside(target)
    try:
        copies.new_file(beside)
        try:
            count = _fill(db, beside, target, compare=compare)
            copies.sync(beside)
            _put_in_place(beside, target)
        finally:
            for ending in ("", "-wal", "-shm", "-journal"):
                Path(f"{beside}{ending}").unlink(missing_ok=True)
        copies.sync(target.absolute().parent)
    except FileExistsError:
        raise ProjectExists(target) from None
    except OSError as error:
        raise StoreError(
            f"The backup {target} cannot be written: {error.strerror}; the project is untouched"
        ) from error
    return Copied(target, target.stat().st_size, count)


def _fill(db: Database, beside: Path, target: Path, *, compare: bool) -> int:
    with translated(target):
        copy = connect(beside, key=key_of(db))
        try:
            db.conn.backup(copy)
            # one file, complete in itself, until somebody opens it as a project
            copy.execute("PRAGMA journal_mode=DELETE")
            verdict = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if verdict != "ok":
                raise Damaged(f"The copy is damaged ({verdict}) and was thrown away: see doctor")
            made = Database(copy, execute_plugins=False)
            if compare:
                _compare(made)
            if not current_state.equal_to_rebuild(made):  # changed by hand; the events know better
                current_state.rebuild(made)
            return int(copy.execute("SELECT count(*) FROM event").fetchone()[0])
        finally:
            copy.close()


def _compare(made: Database) -> None:
    content_hashes.must_be_unchanged(made, f"no backup was written; {WAYS_BACK}")
    if changed := events.changed(made):
        raise Damaged(
            f"{changed} events do not match their ids: changed outside pairlab; no backup was"
            f" written; {WAYS_BACK}"
        )


def _put_in_place(beside: Path, target: Path) -> None:
    try:
        os.link(beside, target)  # unlike a rename it never replaces what came there meanwhile
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(target):
            raise FileExistsError(target) from None
        beside.rename(target)
