"""The labelling queue of one annotator, and the queue of chains that wait for a decision.

All annotators get the same pairs, each in an own order. The order is shuffled within blocks of
consecutive pairs rather than over the whole project: two people who have each done a part of a
large project have then mostly done the same part, so that there is something to agree on, and a
pair that arrives later is put at the end instead of among what was passed already.

With the setting ``queue`` at ``useful`` the blocks follow :mod:`store.rounds.usefulness`, the same
for all, and what an annotator has answered stands in front. That order is made anew where a file
is opened, the share changes, or a tenth more pairs and askings are there than it rests on; until
then new pairs stand at the end.

A pair made by an edit, or by a key from two answers, leaves the queue when that is taken back,
unless a person has labelled it: then the others get it too.
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
from store.db.sqlite import sqlite3
from store.errors import WrongId
from store.items import candidates
from store.judgements import decisions
from store.records import Phase
from store.rounds import draws

BLOCK: Final = 10
"""Pairs shuffled together: few, so that two annotators who stop early have most in common."""

MORE: Final = 1.1
"""An order of useful pairs is made anew when so many times as much is known as it rests on."""

PACE: Final = 20
"""Labels the pace is taken from."""

RECENT: Final = f"""(SELECT json_group_array(seconds) FROM (
    SELECT seconds FROM kept_label AS label_head WHERE annotator = :who AND seconds IS NOT NULL
    ORDER BY at DESC LIMIT {PACE}
))"""  # noqa: S608 - a number written above
"""SQL: the seconds of the last timed labels of ``:who``, as JSON."""

# The order of this connection: it follows from seed, annotator and pair alone, and is looked at
# on every key press. Which edits were taken back is looked at again where a decision or a pair is
# new; whether somebody has labelled such a pair each time: there are few of them.
_TEMPORARY = (
    (
        "CREATE TEMP TABLE IF NOT EXISTS queue_order ("
        " annotator TEXT NOT NULL, block INTEGER NOT NULL, draw TEXT NOT NULL,"
        " pair_id TEXT NOT NULL, place INTEGER NOT NULL,"
        " PRIMARY KEY (annotator, block, draw)) WITHOUT ROWID"
    ),
    "CREATE INDEX IF NOT EXISTS temp.queue_pair ON queue_order (annotator, pair_id)",
    # of each annotator's order: the last pair that is in it, how many are, and the arrangement
    (
        "CREATE TEMP TABLE IF NOT EXISTS queue_known ("
        " annotator TEXT PRIMARY KEY, pair INTEGER NOT NULL, pairs INTEGER NOT NULL,"
        " share REAL, asked INTEGER NOT NULL)"
    ),
    "CREATE TEMP TABLE IF NOT EXISTS queue_withdrawn (pair_id TEXT PRIMARY KEY)",
    (
        "CREATE TEMP TABLE IF NOT EXISTS queue_seen ("
        " pair INTEGER NOT NULL, decision INTEGER NOT NULL)"
    ),
    (
        "CREATE TEMP VIEW IF NOT EXISTS queue_gone AS SELECT w.pair_id FROM queue_withdrawn AS w"
        " WHERE NOT EXISTS (SELECT 1 FROM kept_label AS l WHERE l.pair_id = w.pair_id"
        "  AND l.given_by = 'person') UNION SELECT pair_id FROM removed_pair"
    ),
)
# Decisions that are set aside count here too: they only make it look again. The index is named
# because the newest decision may lie far behind the newest event.
_NEWS = """
SELECT coalesce((SELECT max(position) FROM pair), 0),
    max(coalesce((SELECT arrival FROM event INDEXED BY event_decision WHERE kind = 'decision'
                  ORDER BY arrival DESC LIMIT 1), 0),
        coalesce((SELECT arrival FROM event INDEXED BY event_pairing WHERE kind = 'pairing'
                  ORDER BY arrival DESC LIMIT 1), 0)),
    (SELECT pair FROM temp.queue_seen), (SELECT decision FROM temp.queue_seen),
    known.pair, known.pairs, known.share, known.asked, setting.share,
    iif(setting.share IS NULL, 0, (SELECT count(*) FROM pair) + (
        SELECT count(*) FROM event INDEXED BY event_asking WHERE kind = 'asking'
    ))
FROM (SELECT (
    SELECT coalesce((SELECT json_extract(value, '$.value') FROM shared_head
                     WHERE kind = 'setting' AND item = 'random_share'), :share)
    FROM shared_head WHERE kind = 'setting' AND item = 'queue'
        AND json_extract(value, '$.value') = 'useful'
) AS share) AS setting LEFT JOIN temp.queue_known AS known ON known.annotator = :who
"""
# What is few stands first in each join, and the index by pair is named: without statistics SQLite
# would walk the whole order.
_POSITION = """
WITH wanted AS MATERIALIZED (SELECT {wanted} AS pair_id)
SELECT q.pair_id, q.place - (
           SELECT count(*) FROM temp.queue_gone AS gone
           CROSS JOIN temp.queue_order AS before INDEXED BY queue_pair
               ON before.annotator = known.annotator AND before.pair_id = gone.pair_id
           WHERE before.place < q.place
       ),
       known.pairs - (SELECT count(*) FROM temp.queue_gone),
       (SELECT count(*) FROM answered WHERE annotator = known.annotator),
       :after IS NULL OR EXISTS (
           SELECT 1 FROM temp.queue_order WHERE annotator = known.annotator AND pair_id = :after
       )
FROM temp.queue_known AS known CROSS JOIN wanted
LEFT JOIN temp.queue_order AS q INDEXED BY queue_pair
    ON q.annotator = known.annotator AND q.pair_id = wanted.pair_id
WHERE known.annotator = :who
"""
_WAITS = """
    q.annotator = :who AND NOT EXISTS (
        SELECT 1 FROM answered AS l WHERE l.pair_id = q.pair_id AND l.annotator = :who
    ) AND q.pair_id NOT IN (SELECT pair_id FROM temp.queue_gone)
    ORDER BY q.block, q.draw LIMIT 1
"""
_NEXT = f"""coalesce((
    SELECT q.pair_id FROM temp.queue_order AS q WHERE (q.block, q.draw) > (
        SELECT block, draw FROM temp.queue_order WHERE annotator = :who AND pair_id = :after
    ) AND {_WAITS}
), (
    SELECT q.pair_id FROM temp.queue_order AS q WHERE {_WAITS}
))"""  # noqa: S608 - the text above
_SKIPPED = """
SELECT q.pair_id FROM temp.queue_order AS q JOIN answered AS l ON l.pair_id = q.pair_id
    AND l.annotator = q.annotator AND l.verdict = 'skip'
WHERE q.annotator = :who AND q.pair_id NOT IN (SELECT pair_id FROM temp.queue_gone)
    AND q.pair_id NOT IN (SELECT value FROM json_each(:passed)) ORDER BY q.block, q.draw
"""
_NEXT_OR_SKIPPED = f"coalesce({_NEXT}, ({_SKIPPED} LIMIT 1))"
_ANSWERED = """
SELECT pair_id FROM answered JOIN kept_label AS label_head USING (pair_id, annotator)
WHERE annotator = ? AND phase = 'first' ORDER BY at, pair_id
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


class _News(NamedTuple):
    """What a file holds, and what this connection knows of it."""

    last_pair: int
    """Position of the last pair."""
    last_decision: int
    """Arrival of the last decision, or of the last pair made by a key or taken back."""
    seen_pair: int | None
    seen_decision: int | None
    """The same when edits that were taken back were looked for; None before the first time."""
    known_pair: int | None
    known_pairs: int | None
    """The last pair in the annotator's order, and how many are in it."""
    known_share: float | None
    known_asked: int | None
    """What that order rests on: the random share, None in project order; pairs and askings."""
    share: float | None
    """The random share now; None where the project's order is asked for."""
    asked: int
    """Pairs and askings of all judges; 0 in project order, which asks for none."""

    @property
    def stale(self) -> bool:
        """Whether the annotator's order is to be made anew, not only gone on with."""
        return self.known_pair is not None and (
            self.share != self.known_share or self.asked > (self.known_asked or 0) * MORE + BLOCK
        )


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
    who = ids.name(annotator)
    _bring_up_to_date(db, who)
    if passed is None:
        return _position(db, who, _NEXT, after=after)
    return _position(db, who, _NEXT_OR_SKIPPED, after=after, passed=json.dumps(list(passed)))


def skipped(db: Database, annotator: str) -> int:
    """How many pairs wait for this annotator because they were skipped."""
    who = ids.name(annotator)
    _bring_up_to_date(db, who)
    return len(db.execute(_SKIPPED, {"who": who, "passed": "[]"}).fetchall())


def label_at(db: Database, annotator: str, index: int) -> Position:
    """The pair at a place in the annotator's own order, labelled or not.

    Args:
        db: the project.
        annotator: a name.
        index: from 1; the nearest place there is when it lies outside.
    """
    who = ids.name(annotator)
    _bring_up_to_date(db, who)
    row = db.execute(
        "SELECT pair_id FROM temp.queue_order WHERE annotator = ?"
        " AND pair_id NOT IN (SELECT pair_id FROM temp.queue_gone)"
        " ORDER BY block, draw LIMIT 1 OFFSET ?",
        (who, max(0, min(index, total(db)) - 1)),
    ).fetchone()
    return _position(db, who, ":pair", pair=None if row is None else row[0])


def total(db: Database) -> int:
    """How many pairs there are for everybody to label."""
    _bring_up_to_date(db, None)
    counted = "SELECT (SELECT count(*) FROM pair) - (SELECT count(*) FROM temp.queue_gone)"
    return int(db.execute(counted).fetchone()[0])


def position(db: Database, annotator: str, pair_id: str) -> Position:
    """Where a pair stands in the annotator's own order; one that has left it, where it stood.

    Raises:
        WrongId: there is no such pair.
    """
    who = ids.name(annotator)
    _bring_up_to_date(db, who)
    found = _position(db, who, ":pair", pair=pair_id)
    if found.pair_id is None:
        raise WrongId(pair_id, "pair")
    return found


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
    return median(seconds) if seconds else None


def _bring_up_to_date(db: Database, annotator: str | None) -> None:
    """Take in what is new in the file: pairs for the annotator's order, edits taken back."""
    try:
        news = _news(db, annotator)
    except sqlite3.OperationalError:  # the first look of this connection
        for statement in _TEMPORARY:
            db.execute(statement)
        news = _news(db, annotator)
    if (news.last_pair, news.last_decision) != (news.seen_pair, news.seen_decision):
        _look_for_withdrawn(db, news)
    if annotator is not None and news.stale:
        db.execute("DELETE FROM temp.queue_order WHERE annotator = ?", [annotator])
        news = news._replace(known_pair=None, known_pairs=None)
    if annotator is not None and news.last_pair != news.known_pair:
        _add_pairs(db, annotator, news)


def _news(db: Database, annotator: str | None) -> _News:
    asked = {"who": annotator, "share": draws.DEFAULT_SHARE}
    return _News(*db.execute(_NEWS, asked).fetchone())


def _look_for_withdrawn(db: Database, news: _News) -> None:
    db.conn.execute("SAVEPOINT queue_withdrawn")
    db.conn.execute("DELETE FROM temp.queue_withdrawn")
    db.conn.executemany(
        "INSERT INTO temp.queue_withdrawn VALUES (?)",
        ((pair,) for pair in decisions.withdrawn_pairs(db)),
    )
    db.conn.execute("DELETE FROM temp.queue_seen")
    db.conn.execute("INSERT INTO temp.queue_seen VALUES (?, ?)", news[:2])
    db.conn.execute("RELEASE queue_withdrawn")


def _add_pairs(db: Database, annotator: str, news: _News) -> None:
    """Put the new pairs into the order; in project order the last block is drawn anew."""
    seed, known = meta.seed(db, "order"), news.known_pair or 0
    first = known // BLOCK
    asked = news.asked if news.known_asked is None or not known else news.known_asked
    if news.share is None:
        drawn = _in_blocks(annotator, seed, _pairs_behind(db, first * BLOCK))
    elif known:  # behind all the others, until the order is made anew
        first = (news.known_pairs or 0) // BLOCK + 1
        behind = enumerate((pair for _, pair in _pairs_behind(db, known)), first * BLOCK)
        drawn = _in_blocks(annotator, seed, behind)
        first += len(drawn)
    else:
        drawn = _useful_first(db, annotator, seed, news.share)
    db.conn.execute("SAVEPOINT queue_order")
    gone = db.conn.execute(
        "DELETE FROM temp.queue_order WHERE annotator = ? AND block >= ?", (annotator, first)
    )
    before = (news.known_pairs or 0) - gone.rowcount
    db.conn.executemany(
        "INSERT INTO temp.queue_order VALUES (?, ?, ?, ?, ?)",
        ((annotator, *each, place) for place, each in enumerate(drawn, before + 1)),
    )
    db.conn.execute(
        "INSERT OR REPLACE INTO temp.queue_known VALUES (?, ?, ?, ?, ?)",
        (annotator, news.last_pair, before + len(drawn), news.share, asked),
    )
    db.conn.execute("RELEASE queue_order")


def _pairs_behind(db: Database, position: int) -> list[tuple[int, str]]:
    """Pairs behind a position of the project, each with its place from 0."""
    sql = "SELECT position - 1, id FROM pair WHERE position > ? ORDER BY position"
    return list(db.execute(sql, (position,)).fetchall())


def _in_blocks(
    annotator: str, seed: str, placed: Iterable[tuple[int, str]]
) -> list[tuple[int, str, str]]:
    """Block, draw and pair of these places, in the annotator's order."""
    return sorted(
        (place // BLOCK, ids.digest("order", [seed, annotator, pair]), pair)
        for place, pair in placed
    )


def _useful_first(
    db: Database, annotator: str, seed: str, share: float
) -> list[tuple[int, str, str]]:
    """The same with useful pairs first, behind what the annotator has answered already."""
    from store.rounds import usefulness  # the statistics, which the first paint does not wait for

    rows = db.execute(_ANSWERED, [annotator]).fetchall()
    answered = {str(pair): (-1, f"{place:09}", str(pair)) for place, (pair,) in enumerate(rows)}
    waiting = enumerate(usefulness.arranged(db, share))
    rest = [(place, pair) for place, pair in waiting if pair not in answered]
    return [*answered.values(), *_in_blocks(annotator, seed, rest)]


def _position(
    db: Database,
    annotator: str,
    wanted: str,
    *,
    pair: str | None = None,
    after: str | None = None,
    passed: str | None = None,
) -> Position:
    """Where an annotator is.

    Args:
        db: the project.
        annotator: a name in its one form.
        wanted: SQL for the id of the pair, which may use the parameters below.
        pair: an id.
        after: another one.
        passed: some more, as JSON.

    Raises:
        WrongId: there is no pair ``after``.
    """
    asked = {"who": annotator, "pair": pair, "after": after, "passed": passed}
    row = db.execute(_POSITION.format(wanted=wanted), asked).fetchone()
    if row is None:
        return Position(None, 0, 0, 0)
    found, place, whole, done, known = row
    if not known:
        raise WrongId(str(after), "pair")
    # a pair that has left the order stands where it stood
    return Position(found, 0 if found is None else min(place, max(whole, 1)), whole, done)
