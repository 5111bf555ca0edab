"""Why pairs stay out of an export: the real export, worked out and kept for this connection."""

from __future__ import annotations

from typing import Final

from sqlite_utils import Database

from store import exporting
from store.items import pairs
from store.views import closed

SOON: Final = 2000
"""Up to so many pairs it is worked out unasked; beyond, when it is filtered by."""

_TABLES = (
    "CREATE TEMP TABLE IF NOT EXISTS browse_out (pair_id TEXT PRIMARY KEY, reason TEXT NOT NULL)",
    "CREATE TEMP TABLE IF NOT EXISTS browse_out_state (arrival INTEGER, pairs INTEGER)",
)


def work_out(db: Database) -> None:
    """Bring ``temp.browse_out`` up to date: each pair that stays, and the first reason for it.

    Raises:
        SealedRound: a sealed round forbids it.
    """
    if is_known(db):
        return
    state = _state(db)
    excluded = exporting.plan(db, exporting.ExportOptions(), with_card=False).excluded
    db.conn.execute("SAVEPOINT browse_out")
    db.conn.execute("DELETE FROM temp.browse_out")
    db.conn.executemany(
        "INSERT INTO temp.browse_out VALUES (?, ?)",
        ((pair_id, reason) for reason, stays in excluded.items() for pair_id in stays),
    )
    db.conn.execute("DELETE FROM temp.browse_out_state")
    db.conn.execute("INSERT INTO temp.browse_out_state VALUES (?, ?)", state)
    db.conn.execute("RELEASE browse_out")


def is_known(db: Database) -> bool:
    """Whether ``temp.browse_out`` is up to date."""
    for statement in _TABLES:
        db.execute(statement)
    known = db.execute("SELECT arrival, pairs FROM temp.browse_out_state").fetchone()
    return bool(known == _state(db))


def reason(db: Database, pair_id: str) -> str | None:
    """Why a pair stays, where that is worked out; empty when it goes out, None when unknown."""
    if not is_known(db):
        return None
    row = db.execute("SELECT reason FROM temp.browse_out WHERE pair_id = ?", [pair_id]).fetchone()
    return "" if row is None else str(row[0])


def _state(db: Database) -> tuple[int, int]:
    return closed.moment(db), pairs.count(db)
