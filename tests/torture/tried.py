"""One row of the table that ``make torture`` prints, and how a project is looked at afterwards."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from store.db.session import session
from store.log import current_state

AT = "2026-01-02T03:04:05.678Z"


class Tried(NamedTuple):
    """What came of one test."""

    test: str
    tries: int
    acknowledged: int
    """Decisions that were said to be on the disk (of the flips: changes that were made)."""
    lost: int
    """Of these, how many are gone, or wrong without a word."""
    promise: str
    """What is promised elsewhere of the same."""
    skipped: str = ""
    """Why it was not tried."""


SQLITE = "SQLite: an acknowledged commit lasts (WAL, synchronous=FULL)"


def lost(path: Path, acknowledged: Collection[str]) -> int:
    """How many of these events are not in the project; all of them where it is not whole."""
    with session(path) as db:
        there = {row[0] for row in db.execute("SELECT id FROM event")}
        whole = db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        if not whole or not current_state.equal_to_rebuild(db):
            return max(len(acknowledged), 1)
    return len(set(acknowledged) - there)
