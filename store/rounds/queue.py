"""The labelling queue of one annotator, and the queue of chains that wait for a decision.

All annotators get the same pairs, each in an own order (:mod:`store.rounds.order`).

A pair made by an edit, or by a key from two answers, leaves the queue when that is taken back,
unless a person has labelled it: then the others get it too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from sqlite_utils import Database

from store import ids
from store.db import meta
from store.items import candidates
from store.records import Phase
from store.rounds import order as orders
from store.rounds.order import Found, OwnOrder

PACE: Final = 20
"""Labels the pace is taken from."""

RECENT: Final = f"""(SELECT json_group_array(seconds) FROM (
    SELECT seconds FROM kept_label AS label_head WHERE annotator = :who AND seconds IS NOT NULL
    ORDER BY at DESC LIMIT {PACE}
))"""  # noqa: S608 - a number written above
"""SQL: the seconds of the last timed labels of ``:who``, as JSON."""

_SKIPPED = """
SELECT q.position, l.pair_id FROM answered AS l JOIN {source} AS q ON q.id = l.pair_id
WHERE l.annotator = :who AND l.verdict = 'skip'
    AND l.pair_id NOT IN (SELECT pair_id FROM temp.queue_gone)
    AND l.pair_id NOT IN (SELECT value FROM json_each(:passed))
"""
_UNDECIDED = (
    " FROM candidate AS original JOIN kept_prompt AS prompt ON prompt.id = original.prompt_id"
    " WHERE original.parent_id IS NULL AND EXISTS (SELECT 1 FROM candidate AS revision"
    "  WHERE revision.parent_id = original.id AND revision.origin = 'revision')"
    " AND NOT EXISTS (SELECT 1 FROM chain JOIN head ON head.kind = 'decision'"
    "  AND head.item = chain.candidate_id AND head.annotator = ?1"
    "  WHERE chain.prompt_id = original.prompt_id AND chain.root_id = original.id)"
)
_REVISE_NEXT = (
    "SELECT original.id" + _UNDECIDED + " AND (prompt.position, original.slot, original.rowid)"
    " > (?2, ?3, ?4) ORDER BY prompt.position, original.slot, original.rowid LIMIT 1"
)
_REVISE_READY = "SELECT count(*)" + _UNDECIDED


@dataclass(frozen=True, slots=True)
class Position:
    """Where an annotator is in the queue."""

    pair_id: str | None
    """None when every pair has this annotator's verdict."""
    index: int
    """Place of the pair in the annotator's own order, from 1; 0 without a pair."""
    total: int
    done: int
    """Pairs with this annotator's verdict, ``skip`` included."""


def label_next(
    db: Database,
    annotator: str,
    *,
    after: str | None = None,
    passed: Iterable[str] | None = None,
) -> Position:
    """The next pair without a first verdict of this annotator, in the annotator's own order.

    Args:
        db: the project.
        annotator: a name.
        after: go on behind this pair, and from the beginning when the end is reached.
        passed: when no such pair is left, the first one that was skipped and is none of these;
            None to leave skipped pairs.

    Raises:
        WrongId: there is no pair ``after``.
    """
    own = orders.current(db, ids.name(annotator))
    found = own.next(db, after)
    if found is None and passed is not None:
        skips = _skipped(db, own, passed)
        found = own.find(db, skips[0]) if skips else None
    return _position(own, found)


def skipped(db: Database, annotator: str) -> int:
    """How many pairs wait for this annotator because they were skipped."""
    return len(_skipped(db, orders.current(db, ids.name(annotator)), ()))


def label_at(db: Database, annotator: str, index: int) -> Position:
    """The pair at a place in the annotator's own order, labelled or not.

    Args:
        db: the project.
        annotator: a name.
        index: from 1; the nearest place there is when it lies outside.
    """
    own = orders.current(db, ids.name(annotator))
    return _position(own, own.at(db, max(1, min(index, own.total))))


def total(db: Database) -> int:
    """How many pairs there are for everybody to label."""
    return orders.current(db, "").total


def position(db: Database, annotator: str, pair_id: str) -> Position:
    """Where a pair stands in the annotator's own order; one that has left it, where it stood.

    Raises:
        WrongId: there is no such pair.
    """
    own = orders.current(db, ids.name(annotator))
    return _position(own, own.find(db, pair_id))


def left_side(
    db: Database, annotator: str, pair_id: str, phase: Phase = Phase.FIRST
) -> Literal["a", "b"]:
    """Which answer stands left (above, on a narrow screen) for this annotator.

    Drawn by the project's stored seed, each annotator alone; a hidden repeat shows the sides
    the other way round.
    """
    drawn = ids.draw(meta.seed(db, "sides"), "left", ids.name(annotator), pair_id)
    return "a" if (drawn == 0) != (phase is Phase.REPEAT) else "b"


def revise_next(db: Database, annotator: str, *, after: str | None = None) -> str | None:
    """The next chain with a revision that this annotator has not decided on.

    Args:
        db: the project.
        annotator: a name.
        after: go on behind this chain (any candidate of it), and from the beginning when the
            end is reached.

    Returns:
        The id of the chain's original, first prompt first; None when nothing waits.

    Raises:
        WrongId: there is no candidate ``after``.
    """
    who = ids.name(annotator)
    row = None
    if after is not None:
        original = candidates.root(db, after)
        place = db.execute(
            "SELECT position, slot, candidate.rowid FROM candidate"
            " JOIN prompt ON prompt.id = prompt_id WHERE candidate.id = ?",
            (original.id,),
        ).fetchone()
        row = db.execute(_REVISE_NEXT, (who, *place)).fetchone()
    if row is None:
        row = db.execute(_REVISE_NEXT, (who, -1, -1, -1)).fetchone()
    return None if row is None else str(row[0])


def revise_ready(db: Database, annotator: str) -> int:
    """How many chains have a revision and no decision of this annotator."""
    return int(db.execute(_REVISE_READY, (ids.name(annotator),)).fetchone()[0])


def pace(db: Database, annotator: str) -> float | None:
    """Median seconds of the annotator's last 20 timed labels; None before the first."""
    row = db.execute(f"SELECT {RECENT}", {"who": ids.name(annotator)}).fetchone()
    return median_of(row[0])


def median_of(recent: str) -> float | None:
    """The median of what :data:`RECENT` gives."""
    seconds: list[float] = json.loads(recent)
    if not seconds:
        return None
    from statistics import median  # behind the first item

    return median(seconds)


def _skipped(db: Database, own: OwnOrder, passed: Iterable[str]) -> list[str]:
    asked = {"who": own.annotator, "passed": json.dumps(list(passed))}
    rows = db.execute(_SKIPPED.format(source=own.source), asked).fetchall()
    return [str(pair_id) for _, pair_id in sorted(rows, key=lambda row: own.key(*row))]


def _position(own: OwnOrder, found: Found | None) -> Position:
    if found is None:
        return Position(None, 0, own.total, own.done)
    # a pair that has left the order stands where it stood
    place = min(found.before + 1, max(own.total, 1))
    return Position(found.pair_id, place, own.total, own.done)
