"""What of a project file can be mended: everything that follows from something else in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlite_utils import Database

from store.db import leftovers
from store.db.project_database import immediate
from store.db.session import session
from store.db.sqlite import StrPath
from store.log import current_state, set_aside


def repair(path: StrPath) -> list[str]:
    """Mend a project file.

    Made anew where they are not what the events say: the list of events that are set aside, the
    tables of current labels; and indexes that miss rows. Removed: what killed processes left.
    Items and events are never touched.

    Returns:
        What was mended, a few words each; empty where nothing was to do.

    Raises:
        StoreError: the file cannot be opened or read; says what to do instead.
    """
    left = [each.path.name for each in leftovers.found(Path(path).absolute().parent)]
    with session(path) as db, immediate(db):
        done = [*_mended(db)]
    still = {each.path.name for each in leftovers.found(Path(path).absolute().parent)}
    if gone := [name for name in left if name not in still]:
        done.append(f"{len(gone)} leftovers of killed processes removed")
    return done


def _mended(db: Database) -> Iterator[str]:
    if db.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
        db.execute("REINDEX")
        yield "indexes rebuilt"
    if set_aside.rebuild(db):
        yield f"list of set-aside events rebuilt: {set_aside.count(db)} events"
    if not current_state.equal_to_rebuild(db):
        current_state.rebuild(db)
        yield "tables of current labels rebuilt from the events"
