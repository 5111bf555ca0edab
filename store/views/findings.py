"""Which pairs a check of the data set lists: run when it is asked for, kept for this connection."""

from __future__ import annotations

from collections.abc import Sequence

from sqlite_utils import Database

from store.items import pairs
from store.views import closed

_TABLES = """
CREATE TEMP TABLE IF NOT EXISTS browse_finding (
    finding TEXT NOT NULL, pair_id TEXT NOT NULL, PRIMARY KEY (finding, pair_id)
) WITHOUT ROWID;
CREATE TEMP TABLE IF NOT EXISTS browse_finding_state (
    finding TEXT PRIMARY KEY, arrival INTEGER, pairs INTEGER
);
"""


def names() -> list[str]:
    """Every check that can be asked for."""
    from store.checks.registry import CHECKS  # scikit-learn, not before a search asks for it

    return [each.id for each in CHECKS]


def work_out(db: Database, asked: Sequence[str]) -> None:
    """Bring ``temp.browse_finding`` up to date for some checks.

    Raises:
        SealedRound: a sealed round forbids it.
    """
    if not asked:
        return
    from store.checks.registry import pairs_found

    for statement in _TABLES.split(";"):
        db.execute(statement)
    now = closed.moment(db), pairs.count(db)
    states = {
        name: tuple(state) for name, *state in db.execute("SELECT * FROM temp.browse_finding_state")
    }
    for name in asked:
        if states.get(name) == now:
            continue
        found = [(name, pair_id) for pair_id in set(pairs_found(db, name))]
        db.conn.execute("SAVEPOINT browse_finding")
        db.conn.execute("DELETE FROM temp.browse_finding WHERE finding = ?", [name])
        db.conn.executemany("INSERT INTO temp.browse_finding VALUES (?, ?)", found)
        db.conn.execute(
            "INSERT OR REPLACE INTO temp.browse_finding_state VALUES (?, ?, ?)", (name, *now)
        )
        db.conn.execute("RELEASE browse_finding")
