"""The labelling queue of one annotator, and the queue of chains that wait for a decision.

All annotators get the same pairs, each in an own order. The order is shuffled within blocks of
consecutive pairs rather than over the whole project: two people who have each done a part of a
large project have then mostly done the same part, so that there is something to agree on, and a
pair that arrives later is put at the end instead of among what was passed already.

A pair made by an edit leaves the queue when the edit is taken back, unless a person has labelled
it: then the others get it too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal, NamedTuple

from sqlite_utils import Database

from store import ids
from store.db import meta
from store.errors import WrongId
from store.items import candidates, pairs
from store.judgements import decisions
from store.log import events
from store.records import Phase

BLOCK: Final = 10
"""Pairs shuffled together: few, so that two annotators who stop early have most in common."""

PACE: Final = 20
"""Labels the pace is taken from."""

_TABLE = (
    "CREATE TEMP TABLE IF NOT EXISTS queue_order ("
    " annotator TEXT NOT NULL, block INTEGER NOT NULL, draw TEXT NOT NULL,"
    " pair_id TEXT NOT NULL, PRIMARY KEY (annotator, block, draw)) WITHOUT ROWID"
)
_INDEX = "CREATE INDEX IF NOT EXISTS temp.queue_pair ON queue_order (annotator, pair_id)"
_WITHDRAWN = "CREATE TEMP TABLE IF NOT EXISTS queue_withdrawn (pair_id TEXT PRIMARY KEY)"
_SEEN = (
    "CREATE TEMP TABLE IF NOT EXISTS queue_seen (arrival INTEGER NOT NULL, pairs INTEGER NOT NULL)"
)
_GONE = (
    "CREATE TEMP VIEW IF NOT EXISTS queue_gone AS SELECT w.pair_id FROM queue_withdrawn AS w"
    " WHERE NOT EXISTS (SELECT 1 FROM label_head AS l WHERE l.pair_id = w.pair_id"
    "  AND l.given_by = 'person')"
)
_NEXT = (
    "SELECT pair_id FROM temp.queue_order AS q"
    " WHERE q.annotator = ?1 AND (q.block, q.draw) > (?2, ?3) AND NOT EXISTS"
    " (SELECT 1 FROM answered AS l WHERE l.pair_id = q.pair_id AND l.annotator = ?1)"
    " AND q.pair_id NOT IN (SELECT pair_id FROM temp.queue_gone)"
    " ORDER BY q.block, q.draw LIMIT 1"
)
_SKIPPED = (
    "SELECT q.pair_id FROM temp.queue_order AS q JOIN label_head AS l ON l.pair_id = q.pair_id"
    " AND l.annotator = q.annotator AND l.phase = 'first' AND l.verdict = 'skip'"
    " WHERE q.annotator = ?1 AND q.pair_id NOT IN (SELECT pair_id FROM temp.queue_gone)"
    " AND q.pair_id NOT IN (SELECT value FROM json_each(?2)) ORDER BY q.block, q.draw"
)
_UNDECIDED = (
    " FROM candidate AS original JOIN prompt ON prompt.id = original.prompt_id"
    " WHERE original.parent_id IS NULL AND EXISTS (SELECT 1 FROM candidate AS revision"
    "  WHERE revision.parent_id = original.id AND revision.origin = 'revision')"
    " AND NOT EXISTS (WITH RECURSIVE tree (id) AS (SELECT original.id UNION"
    "  SELECT child.id FROM candidate AS child JOIN tree ON child.parent_id = tree.id)"
    "  SELECT 1 FROM tree JOIN head ON head.kind = 'decision' AND head.item = tree.id"
    "  AND head.annotator = ?1)"
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


class _Place(NamedTuple):
    block: int
    draw: str


_START = _Place(-1, "")


def label_next(db: Database, annotator: str, *, after: str | None = None) -> Position:
    """The next pair without a first verdict of this annotator, in the annotator's own order.

    Args:
        db: the project.
        annotator: a name.
        after: go on behind this pair, and from the beginning when the end is reached.

    Raises:
        WrongId: there is no pair ``after``.
    """
    who = ids.name(annotator)
    _bring_up_to_date(db, who)
    start = _START if after is None else _place(db, who, after)
    row = db.execute(_NEXT, (who, *start)).fetchone()
    if row is None and start != _START:
        row = db.execute(_NEXT, (who, *_START)).fetchone()
    return _position(db, who, None if row is None else row[0])


def skipped_next(db: Database, annotator: str, *, passed: Iterable[str] = ()) -> Position:
    """The first pair that this annotator has skipped, in the annotator's own order.

    Args:
        db: the project.
        annotator: a name.
        passed: pairs that are not wanted now: they were skipped again.
    """
    who = ids.name(annotator)
    _bring_up_to_date(db, who)
    found = db.execute(_SKIPPED, (who, json.dumps(list(passed)))).fetchall()
    return _position(db, who, found[0][0] if found else None)


def skipped(db: Database, annotator: str) -> int:
    """How many pairs wait for this annotator because they were skipped."""
    who = ids.name(annotator)
    _bring_up_to_date(db, who)
    return len(db.execute(_SKIPPED, (who, "[]")).fetchall())


def label_at(db: Database, annotator: str, index: int) -> Position:
    """The pair at a place in the annotator's own order, labelled or not.

    Args:
        db: the project.
        annotator: a name.
        index: from 1; the nearest place there is when it lies outside.
    """
    who = ids.name(annotator)
    _bring_up_to_date(db, who)
    whole = _total(db)
    row = db.execute(
        "SELECT pair_id FROM temp.queue_order WHERE annotator = ?"
        " AND pair_id NOT IN (SELECT pair_id FROM temp.queue_gone)"
        " ORDER BY block, draw LIMIT 1 OFFSET ?",
        (who, max(0, min(index, whole) - 1)),
    ).fetchone()
    return _position(db, who, None if row is None else row[0])


def total(db: Database) -> int:
    """How many pairs there are for everybody to label."""
    _follow_edits(db)
    return _total(db)


def position(db: Database, annotator: str, pair_id: str) -> Position:
    """Where a pair stands in the annotator's own order; one that has left it, where it stood.

    Raises:
        WrongId: there is no such pair.
    """
    who = ids.name(annotator)
    _bring_up_to_date(db, who)
    return _position(db, who, pair_id)


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
    rows = db.execute(
        "SELECT seconds FROM label_head WHERE annotator = ? AND seconds IS NOT NULL"
        " ORDER BY at DESC LIMIT ?",
        (ids.name(annotator), PACE),
    ).fetchall()
    return median(row[0] for row in rows) if rows else None


def _bring_up_to_date(db: Database, annotator: str) -> None:
    """Adds the pairs that are new since the last time to the order of this connection.

    The order lives in a temporary table: it follows from seed, annotator and pair alone, and is
    looked at on every key press.
    """
    _follow_edits(db)
    db.execute(_TABLE)
    db.execute(_INDEX)
    known = db.execute(
        "SELECT count(*) FROM temp.queue_order WHERE annotator = ?", (annotator,)
    ).fetchone()[0]
    if known == pairs.count(db):
        return
    seed = meta.seed(db, "order")
    rows = db.execute(
        "SELECT position, id FROM pair WHERE id NOT IN"
        " (SELECT pair_id FROM temp.queue_order WHERE annotator = ?)",
        (annotator,),
    ).fetchall()
    db.conn.execute("SAVEPOINT queue_order")
    db.conn.executemany(
        "INSERT INTO temp.queue_order VALUES (?, ?, ?, ?)",
        (
            (annotator, (place - 1) // BLOCK, ids.digest("order", [seed, annotator, pair]), pair)
            for place, pair in rows
        ),
    )
    db.conn.execute("RELEASE queue_order")


def _place(db: Database, annotator: str, pair_id: str) -> _Place:
    row = db.execute(
        "SELECT block, draw FROM temp.queue_order WHERE annotator = ? AND pair_id = ?",
        (annotator, pair_id),
    ).fetchone()
    if row is None:
        raise WrongId(pair_id, "pair")
    return _Place(*row)


def _position(db: Database, annotator: str, pair_id: str | None) -> Position:
    done = db.execute("SELECT count(*) FROM answered WHERE annotator = ?", (annotator,)).fetchone()[
        0
    ]
    if pair_id is None:
        return Position(None, 0, _total(db), done)
    place = _place(db, annotator, pair_id)
    before = db.execute(
        "SELECT count(*) FROM temp.queue_order WHERE annotator = ? AND (block, draw) < (?, ?)"
        " AND pair_id NOT IN (SELECT pair_id FROM temp.queue_gone)",
        (annotator, *place),
    ).fetchone()[0]
    whole = _total(db)
    return Position(pair_id, min(before + 1, max(whole, 1)), whole, done)


def _total(db: Database) -> int:
    gone = db.execute("SELECT count(*) FROM temp.queue_gone").fetchone()[0]
    return pairs.count(db) - int(gone)


def _follow_edits(db: Database) -> None:
    """Looks again which edits were taken back, where a decision or a pair is new since last time.

    Whether somebody has labelled such a pair is asked each time: there are few of them.
    """
    db.execute(_WITHDRAWN)
    db.execute(_GONE)
    db.execute(_SEEN)
    seen = db.execute("SELECT arrival, pairs FROM temp.queue_seen").fetchone()
    now = events.last_arrival(db), pairs.count(db)
    if seen == now:
        return
    same = seen is not None and seen[1] == now[1] and not _decided_since(db, seen[0])
    db.conn.execute("SAVEPOINT queue_withdrawn")
    if not same:
        withdrawn = decisions.withdrawn_pairs(db)
        db.conn.execute("DELETE FROM temp.queue_withdrawn")
        db.conn.executemany(
            "INSERT INTO temp.queue_withdrawn VALUES (?)", ((pair,) for pair in withdrawn)
        )
    db.conn.execute("DELETE FROM temp.queue_seen")
    db.conn.execute("INSERT INTO temp.queue_seen VALUES (?, ?)", now)
    db.conn.execute("RELEASE queue_withdrawn")


def _decided_since(db: Database, arrival: int) -> bool:
    sql = "SELECT 1 FROM event WHERE arrival > ? AND kind = 'decision' LIMIT 1"
    return db.execute(sql, (arrival,)).fetchone() is not None
