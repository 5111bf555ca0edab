"""Whether what a project file holds is what was written to it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Final

from sqlite_utils import Database

from store.db import definitions
from store.db.connection import open_readonly
from store.db.diagnosis import Diagnosis, Severity
from store.db.schema import migrations
from store.db.sqlite import WAYS_BACK, StrPath, translated
from store.items import content_hashes
from store.items.tables import WALKED
from store.log import current_state, events, set_aside

Progress = Callable[[str], None]
"""Is told what is looked at next."""

TOLD: Final = 20
"""How many set-aside events are named one by one."""
NEWEST: Final = 1000
"""Rows of each table that a quick look compares."""

_REPAIR: Final = "Rebuild them from the events with: pairlab doctor --repair"
_WAYS_BACK: Final = f"{WAYS_BACK[0].upper()}{WAYS_BACK[1:]}."


def everything(db: Database, path: StrPath, progress: Progress) -> list[Diagnosis]:
    """Look at all of a file: pages, indexes, every row.

    Args:
        db: the project, opened for reading.
        path: where it lies.
        progress: is told what is looked at next.
    """
    with ThreadPoolExecutor(1) as beside:
        pages = beside.submit(_pages, path)
        progress("how its tables are written")
        found = [_tables(db)]
        progress("prompts, answers and pairs")
        found.append(_items(db))
        progress("labels and other decisions")
        found += _log(db)
        progress("pages and indexes")
        return [pages.result(), *found]


def newest(db: Database) -> list[Diagnosis]:
    """Look at what costs no pass over the file: the newest rows of each table, its definitions."""
    bad = [
        changed
        for table in content_hashes.WALK
        for _, changed in content_hashes.walk(db, table, _place(db, table), NEWEST)
        if changed is not None
    ]
    words = f"of each table the newest {NEWEST} rows match their ids; the others were not looked at"
    if bad:
        newest_rows = Diagnosis(
            "newest rows", Severity.BROKEN, f"{content_hashes.told(bad)}.", _WAYS_BACK
        )
    else:
        remedy = "Look at all of it with: pairlab doctor"
        newest_rows = Diagnosis("newest rows", Severity.NOTE, f"{words}.", remedy)
    return [_tables(db), newest_rows]


def _place(db: Database, table: str) -> int | str:
    """Behind which the newest rows of a table begin; text keys have no newest."""
    key = WALKED.get(table, "id")
    if key == "id":
        return content_hashes.START
    last = db.execute(f"SELECT max({key}) FROM {table}").fetchone()[0]  # noqa: S608 - names of ours
    return max(content_hashes.START, (last or 0) - NEWEST)


def _pages(path: StrPath) -> Diagnosis:
    """What SQLite says, indexes included; its check leaves Python free, so it runs beside ours."""
    with closing(open_readonly(path)) as db, translated(path):
        told = [row[0] for row in db.execute("PRAGMA integrity_check(5)").fetchall()]
        orphans = len(db.execute("PRAGMA foreign_key_check").fetchall())
    if told != ["ok"] or orphans:
        words = "; ".join(told) if told != ["ok"] else f"{orphans} rows point to nothing"
        remedy = f"Where only indexes are meant: pairlab doctor --repair; else {WAYS_BACK}."
        return Diagnosis("integrity", Severity.BROKEN, f"The file is damaged: {words}.", remedy)
    return Diagnosis("integrity", Severity.OK, "SQLite finds the file sound, and its indexes")


def _tables(db: Database) -> Diagnosis:
    strange = definitions.strange(db)
    if not strange:
        return Diagnosis(
            "tables", Severity.OK, "tables, views and indexes are as pairlab makes them"
        )
    return Diagnosis(
        "tables",
        Severity.BROKEN,
        f"{', '.join(strange)}: missing, or not as pairlab makes it.",
        _WAYS_BACK,
    )


def _items(db: Database) -> Diagnosis:
    bad = list(content_hashes.changed(db))
    if bad:
        return Diagnosis("items", Severity.BROKEN, f"{content_hashes.told(bad)}.", _WAYS_BACK)
    return Diagnosis("items", Severity.OK, "all items match their ids and checksums")


def _log(db: Database) -> list[Diagnosis]:
    """Whether the events are what they were, and whether what is made from them is right."""
    bad, wanted = events.looked_through(db)
    found = [_events(db, bad), _set_aside(db, wanted)]
    if migrations.pending(db) or not set_aside.is_up_to_date(db):
        older = "The file is from an older pairlab."
        other = "Another program wrote here last."
        found.append(
            Diagnosis(
                "labels",
                Severity.NOTE,
                older if migrations.pending(db) else other,
                "Any other command brings it up to date: current labels are then rebuilt.",
            )
        )
    elif set_aside.reasons(db) != wanted:
        note = "The list of events that are set aside is not what the events say."
        found.append(Diagnosis("labels", Severity.BROKEN, note, _REPAIR))
    else:
        found.append(_heads(db))
    return found


def _set_aside(db: Database, wanted: dict[str, str]) -> Diagnosis:
    listed = set_aside.told(db, wanted)
    if not listed:
        return Diagnosis("set aside", Severity.OK, "no event had to be set aside")
    shown = "; ".join(each.told() for each in listed[:TOLD])
    number = "1 event" if len(listed) == 1 else f"{len(listed)} events"
    more = f"; and {len(listed) - TOLD} more" if len(listed) > TOLD else ""
    return Diagnosis(
        "set aside",
        Severity.WARNING,
        f"{number} cannot be used: kept, and counted nowhere: {shown}{more}.",
        "Ask who made them with what; a newer pairlab may know them.",
    )


def _heads(db: Database) -> Diagnosis:
    if current_state.equal_to_rebuild(db):
        return Diagnosis("labels", Severity.OK, "current labels are what the events say")
    return Diagnosis(
        "labels",
        Severity.BROKEN,
        "The tables of current labels do not match the events; somebody changed them by hand.",
        _REPAIR,
    )


def _events(db: Database, bad: int) -> Diagnosis:
    if bad:
        return Diagnosis(
            "events",
            Severity.BROKEN,
            f"{bad} events do not match their id: their content was changed outside pairlab.",
            f"Say so where the data is used, or {WAYS_BACK}.",
        )
    return Diagnosis("events", Severity.OK, f"{events.last_arrival(db)} events match their ids")
