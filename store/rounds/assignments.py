"""The places of a round: which pair is whose, and which still wait for a label."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from sqlite_utils import Database

from store.log import events

# With the last label a round ends by itself; that it did is recorded once.
_FINISHED = """
SELECT round_id FROM round_pair JOIN round_now USING (round_id)
WHERE pair_id = ? AND annotator = ? AND ended = 'finished'
    AND round_id NOT IN (SELECT item FROM shared_head WHERE kind = 'round_end')
ORDER BY round_id
"""


class AssignedPair(NamedTuple):
    """A pair at its place in one annotator's order."""

    position: int
    """From 0."""
    pair_id: str


def first_skipped(
    db: Database, round_id: str, annotator: str, passed: Iterable[str]
) -> AssignedPair | None:
    """The first place whose pair the annotator skipped, ``passed`` left out."""
    row = db.execute(
        "SELECT position, round_pair.pair_id FROM round_pair JOIN answered AS label"
        " ON label.pair_id = round_pair.pair_id AND label.annotator = round_pair.annotator"
        " AND label.verdict = 'skip'"
        " WHERE round_pair.round_id = ? AND round_pair.annotator = ?"
        " AND round_pair.pair_id NOT IN (SELECT value FROM json_each(?))"
        " ORDER BY position LIMIT 1",
        [round_id, annotator, json.dumps(list(passed))],
    ).fetchone()
    return None if row is None else AssignedPair(*row)


def note_finished(db: Database, pair_id: str, annotator: str, at: str) -> None:
    """Record the end of a round when the label just given was its last; it stays ended."""
    for (round_id,) in db.execute(_FINISHED, [pair_id, annotator]).fetchall():
        events.append(db, "round_end", round_id, annotator, {"state": "finished"}, at=at)
