"""The places of a round: which pair is whose, and which still wait for a label."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from sqlite_utils import Database

from store.log import current_state, events

_EMPTY = (
    "SELECT position, pair_id FROM round_pair WHERE round_id = ? AND NOT EXISTS"
    " (SELECT 1 FROM answered WHERE answered.pair_id = round_pair.pair_id"
    "  AND answered.annotator = round_pair.annotator)"
)


class Place(NamedTuple):
    """A pair at its place in one annotator's order."""

    position: int
    """From 0."""
    pair_id: str


def empty(
    db: Database, round_id: str, annotator: str | None = None, *, limit: int = -1
) -> list[str]:
    """Pairs of a round without a first label, everybody's when no annotator is named.

    The last places come first: people work from the front, so one is found there at once.
    """
    whose = "" if annotator is None else " AND annotator = ?"
    rows = db.execute(
        _EMPTY + whose + " ORDER BY annotator DESC, position DESC LIMIT ?",
        [round_id, *([] if annotator is None else [annotator]), limit],
    ).fetchall()
    return [row[1] for row in rows]


def first_empty(db: Database, round_id: str, annotator: str, after: int) -> Place | None:
    """The next place behind a position that waits for a label; -1 to look from the start."""
    row = db.execute(
        _EMPTY + " AND annotator = ? AND position > ? ORDER BY position LIMIT 1",
        [round_id, annotator, after],
    ).fetchone()
    return None if row is None else Place(*row)


def first_skipped(
    db: Database, round_id: str, annotator: str, passed: Iterable[str]
) -> Place | None:
    """The first place whose pair the annotator skipped, ``passed`` left out."""
    row = db.execute(
        "SELECT position, round_pair.pair_id FROM round_pair JOIN label_head AS label"
        " ON label.pair_id = round_pair.pair_id AND label.annotator = round_pair.annotator"
        " AND label.phase = 'first' AND label.verdict = 'skip'"
        " WHERE round_pair.round_id = ? AND round_pair.annotator = ?"
        " AND round_pair.pair_id NOT IN (SELECT value FROM json_each(?))"
        " ORDER BY position LIMIT 1",
        [round_id, annotator, json.dumps(list(passed))],
    ).fetchone()
    return None if row is None else Place(*row)


def of_label(db: Database, pair_id: str, annotator: str) -> str | None:
    """The round a first label given now belongs to: one that is going on, else None."""
    return next((r for r in _holding(db, pair_id, annotator) if not _recorded_end(db, r)), None)


def note_finished(db: Database, pair_id: str, annotator: str, at: str) -> None:
    """Record the end of a round when the label just given was its last; it stays ended."""
    for round_id in _holding(db, pair_id, annotator):
        if not _recorded_end(db, round_id) and not empty(db, round_id, limit=1):
            events.append(db, "round_end", round_id, annotator, {"state": "finished"}, at=at)


def ended_with(db: Database, pair_id: str, annotator: str) -> bool:
    """True when this pair was the annotator's in a round that has ended."""
    return any(
        _recorded_end(db, round_id) or not empty(db, round_id, limit=1)
        for round_id in _holding(db, pair_id, annotator)
    )


def _holding(db: Database, pair_id: str, annotator: str) -> list[str]:
    rows = db.execute(
        "SELECT round_id FROM round_pair WHERE pair_id = ? AND annotator = ? ORDER BY round_id",
        [pair_id, annotator],
    ).fetchall()
    return [row[0] for row in rows]


def _recorded_end(db: Database, round_id: str) -> bool:
    return current_state.latest(db, "round_end", round_id) is not None
