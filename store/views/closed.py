"""What one annotator must not be told of a pair, as one rule for ``show`` and mode B.

A pair is closed to an annotator who has no first verdict on it (a skip is none), and to everybody
while a round hides it: of what people said of it they are told their own alone.
"""

from __future__ import annotations

import json

from sqlite_utils import Database

from store import ids
from store.rounds import rounds

PAIR: str = (
    "(NOT EXISTS (SELECT 1 FROM answered AS own WHERE own.pair_id = pair.id"
    " AND own.annotator = :viewer AND own.answer = 'given')"
    " OR pair.id IN (SELECT value FROM json_each(:hidden)))"
)
"""SQL, true of a row ``pair`` that is closed; takes :func:`parameters`."""

PROMPT: str = f"EXISTS (SELECT 1 FROM pair WHERE pair.prompt_id = prompt.id AND {PAIR})"
"""SQL, true of a row ``prompt`` with a closed pair: who wrote which of its answers is not told."""


def parameters(db: Database, viewer: str) -> dict[str, str]:
    """What the rule in SQL takes."""
    return {"viewer": ids.name(viewer), "hidden": json.dumps(sorted(rounds.hidden_pairs(db)))}


def is_closed(db: Database, pair_id: str, viewer: str) -> bool:
    """Whether this annotator must not be told what others say about the pair."""
    row = db.execute(
        f"SELECT {PAIR} FROM pair WHERE id = :pair", {**parameters(db, viewer), "pair": pair_id}
    ).fetchone()
    return row is None or bool(row[0])


def moment(db: Database) -> int:
    """Arrival of the newest event that may change what somebody is told; ``shown`` changes none.

    Of all events: one that is set aside makes its reader look again, no more.
    """
    row = db.execute(
        "SELECT arrival FROM event WHERE kind <> 'shown' ORDER BY arrival DESC LIMIT 1"
    ).fetchone()
    return int(row[0]) if row else 0
