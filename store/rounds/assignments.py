"""The places of a round: which pair is whose, and which still wait for a label."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from sqlite_utils import Database

from store.log import events

# With the last label a round ends by itself; that it did is recorded once.
_FINISHED = """
SELECT round_id FROM kept_place AS round_pair JOIN round_now USING (round_id)
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
    db: Database, round_ids: Iterable[str], annotator: str, passed: Iterable[str]
) -> tuple[str, AssignedPair] | None:
    """The first place whose pair the annotator skipped, in the first round that has one.

    Args:
        db: the project.
        round_ids: the rounds, in the order in which they count.
        annotator: a name as it is stored.
        passed: pairs left out.
    """
    row = db.execute(
        "SELECT round_id, round_pair.position, round_pair.pair_id FROM json_each(?) AS wanted"
        " JOIN kept_place AS round_pair"
        "  ON round_pair.round_id = wanted.value AND round_pair.annotator = ?"
        " JOIN answered AS label ON label.pair_id = round_pair.pair_id"
        " AND label.annotator = round_pair.annotator AND label.verdict = 'skip'"
        " WHERE round_pair.pair_id NOT IN (SELECT value FROM json_each(?))"
        " ORDER BY wanted.key, round_pair.position LIMIT 1",
        [json.dumps(list(round_ids)), annotator, json.dumps(list(passed))],
    ).fetchone()
    return None if row is None else (row[0], AssignedPair(*row[1:]))


def note_finished(db: Database, pair_id: str, annotator: str, at: str) -> None:
    """Record the end of a round when the label just given was its last; it stays ended."""
    for (round_id,) in db.execute(_FINISHED, [pair_id, annotator]).fetchall():
        events.append(db, "round_end", round_id, annotator, {"state": "finished"}, at=at)
