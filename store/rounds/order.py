"""The order in which one annotator gets the pairs, of which only the blocks looked at are drawn.

The order is shuffled within blocks of consecutive pairs rather than over the whole project: two
people who have each done a part of a large project have then mostly done the same part, so that
there is something to agree on, and a pair that arrives later is put at the end instead of among
what was passed already. The draw follows from seed, annotator and pair alone.

With the setting ``queue`` at ``useful`` the blocks are those of :mod:`store.rounds.useful_order`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from sqlite_utils import Database

from store import ids
from store.db import meta
from store.db.project_database import immediate
from store.db.sqlite import raised
from store.errors import WrongId
from store.judgements import decisions
from store.rounds import draws, useful_order
from store.rounds.useful_order import UsefulOrder

BLOCK: Final = 10
"""Pairs shuffled together: few, so that two annotators who stop early have most in common."""

FAR: Final = 1000
"""Answered pairs passed in one look after which it is remembered how far they reach."""

# What this connection knows. Which edits were taken back is looked at again where a decision or a
# pair is new; whether somebody has labelled such a pair each time: there are few of them.
_TEMPORARY = (
    *useful_order.TEMPORARY,
    "CREATE TEMP TABLE IF NOT EXISTS queue_withdrawn (pair_id TEXT PRIMARY KEY)",
    (
        "CREATE TEMP TABLE IF NOT EXISTS queue_seen ("
        " pair INTEGER NOT NULL, decision INTEGER NOT NULL, pairs INTEGER NOT NULL)"
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
    seen.pair, seen.decision, seen.pairs, setting.share,
    iif(setting.share IS NULL, 0, (SELECT count(*) FROM pair) + (
        SELECT count(*) FROM event INDEXED BY event_asking WHERE kind = 'asking'
    )),
    (SELECT count(*) FROM temp.queue_gone),
    coalesce((SELECT answer_counts.pairs FROM answer_counts WHERE annotator = :who), 0),
    coalesce((SELECT upto FROM answer_count WHERE annotator = :who), 0),
    known.fixed, known.pair, known.pairs, known.share, known.asked
FROM (SELECT (
    SELECT coalesce((SELECT json_extract(value, '$.value') FROM shared_head
                     WHERE kind = 'setting' AND item = 'random_share'), :share)
    FROM shared_head WHERE kind = 'setting' AND item = 'queue'
        AND json_extract(value, '$.value') = 'useful'
) AS share) AS setting LEFT JOIN temp.queue_seen AS seen
LEFT JOIN temp.queue_known AS known ON known.annotator = :who
"""
_USEFUL = "(SELECT position, id FROM temp.queue_useful WHERE annotator = :who)"
_WAITS = """
    NOT EXISTS (
        SELECT 1 FROM answered AS l WHERE l.pair_id = q.id AND l.annotator = :who
    ) AND q.id NOT IN (SELECT pair_id FROM temp.queue_gone)
"""
_FIRST = f"iif({{0}} <= :fixed, {{0}}, {{0}} - ({{0}} - :fixed - 1) % {BLOCK})"
_LAST = f"({_FIRST} + iif({{0}} <= :fixed, 0, {BLOCK - 1}))"
"""SQL: of the block that a position lies in."""
_PLACE = "SELECT q.position FROM {source} AS q WHERE q.id = :pair"


def _first_waiting(behind: str) -> str:
    return (
        "SELECT q.position FROM {source} AS q"  # noqa: S608 - the text above
        f" WHERE q.position > {behind} AND {_WAITS} ORDER BY q.position LIMIT 1"
    )


# A pair, and what waits behind its block or else from the start.
_AND_NEXT = f"""
WITH place AS MATERIALIZED ({_PLACE}) SELECT position FROM place UNION ALL
SELECT coalesce(
    ({_first_waiting(_LAST.format("place.position"))}), ({_first_waiting("0")})
) FROM place
"""  # noqa: S608 - the text above
# A block holds the same places whichever way it is shuffled.
_AT = (
    "SELECT q.position FROM {source} AS q"
    " WHERE q.id NOT IN (SELECT pair_id FROM temp.queue_gone)"
    " ORDER BY q.position LIMIT 1 OFFSET :before"
)
# What is few stands first in each join: SQLite knows nothing of sizes, and would walk the many.
_BLOCKS = f"""
WITH block AS MATERIALIZED (
    SELECT min(position) AS position, {_FIRST.format("position")} AS first,
           {_LAST.format("position")} AS last
    FROM ({{positions}}) WHERE position IS NOT NULL GROUP BY first
), before AS MATERIALIZED (
    SELECT block.*, {{before}} - (
        SELECT count(*) FROM temp.queue_gone AS gone
        CROSS JOIN {{source}} AS q ON q.id = gone.pair_id
        WHERE q.position < first
    ) AS before FROM block
)
SELECT block.position, before, q.position, q.id, {_WAITS},
       q.id IN (SELECT pair_id FROM temp.queue_gone)
FROM before AS block CROSS JOIN {{source}} AS q ON q.position BETWEEN first AND last
"""  # noqa: S608 - the text above


class Found(NamedTuple):
    """A pair of the order."""

    pair_id: str
    position: int
    before: int
    """How many pairs, of those that have not left, come before it."""


class _Drawn(NamedTuple):
    """A pair of one block."""

    found: Found
    waits: bool
    """Whether the annotator has no verdict on it, and it is in the queue."""
    is_asked: bool
    """Whether its position is the one the block was looked up by."""
    gone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnOrder:
    """One annotator's order, as the file stands now."""

    annotator: str
    seed: str
    pairs: int
    """How many there are, those that left the queue included."""
    last: int
    """The last position."""
    gone: int
    """How many have left the queue."""
    done: int
    """How many the annotator has answered, of those that are kept."""
    upto: int
    """The position of the project up to which the annotator is known to have answered all."""
    useful: bool = False
    """Whether useful pairs come first; else the pairs come as the project has them."""
    fixed: int = 0
    """So many pairs in front are not shuffled: they were answered when it was arranged."""

    @property
    def source(self) -> str:
        """SQL of the rows ``position, id`` before blocks are shuffled; may ask for ``:who``."""
        return _USEFUL if self.useful else "pair"

    @property
    def total(self) -> int:
        """How many pairs there are to label."""
        return self.pairs - self.gone

    def next(self, db: Database, after: str | None) -> Found | None:
        """The first pair that waits behind another one, or else from the start.

        Raises:
            WrongId: there is no pair ``after``.
        """
        if after is None:
            return self._first(db)
        drawn = self._blocks(db, _AND_NEXT, pair=after)
        here = _place_of(after, drawn)
        return next((e.found for e in [*drawn[here + 1 :], *drawn[: here + 1]] if e.waits), None)

    def find(self, db: Database, pair_id: str) -> Found:
        """Where a pair stands.

        Raises:
            WrongId: there is no such pair.
        """
        drawn = self._blocks(db, _PLACE, pair=pair_id)
        return drawn[_place_of(pair_id, drawn)].found

    def at(self, db: Database, index: int) -> Found | None:
        """The pair at a place, from 1, of those that have not left; None without one."""
        drawn = [each for each in self._blocks(db, _AT, before=index - 1) if not each.gone]
        asked = [each.found.position for each in drawn if each.is_asked]
        if not asked:
            return None
        return drawn[sum(each.found.position < asked[0] for each in drawn)].found

    def key(self, position: int, pair_id: str) -> tuple[int, str]:
        """Sorts pairs as the annotator gets them."""
        if position <= self.fixed:
            return position - self.fixed, ""
        return (position - self.fixed - 1) // BLOCK + 1, ids.digest(
            "order", [self.seed, self.annotator, pair_id]
        )

    def _waiting(self, db: Database, behind: int) -> Found | None:
        drawn = self._blocks(db, _first_waiting(":behind"), behind=behind)
        return next((each.found for each in drawn if each.waits), None)

    def _blocks(
        self,
        db: Database,
        positions: str,
        *,
        pair: str | None = None,
        behind: int | None = None,
        before: int | None = None,
    ) -> list[_Drawn]:
        """The blocks of positions (SQL, of ``:pair``, ``:behind`` or ``:before``), as drawn."""
        count = "max(first - 1, 0)"
        if self.last != self.pairs:  # there are gaps, which is rare
            count = f"(SELECT count(*) FROM {self.source} AS q WHERE q.position < first)"  # noqa: S608
        wanted = positions.format(source=self.source)
        asked = {"who": self.annotator, "fixed": self.fixed, "pair": pair}
        rows = db.execute(
            _BLOCKS.format(source=self.source, positions=wanted, before=count),
            asked | {"behind": behind, "before": before},
        ).fetchall()
        drawn: list[_Drawn] = []
        ahead = Counter[int]()
        rows.sort(key=lambda row: self.key(row[2], row[3]))
        for here, count_before, at, pair_id, waits, gone in rows:
            found = Found(pair_id, at, count_before + ahead[count_before])
            drawn.append(_Drawn(found, bool(waits), here == at, bool(gone)))
            ahead[count_before] += not gone
        return drawn

    def _first(self, db: Database) -> Found | None:
        """The first pair that waits, looked for behind those known to be answered."""
        if self.useful:
            return self._waiting(db, 0)
        found = self._waiting(db, self.upto)
        if found is not None and found.position > self.upto + FAR and _may_write(db):
            with immediate(db):  # looked at again, as nobody can take a label back meanwhile
                drawn = self._blocks(db, _first_waiting("0"))
                upto = sum(each.found.position - 1 for each in drawn if each.is_asked)
                _remember_upto(db, self.annotator, upto)
        return found


def _place_of(pair_id: str, drawn: Sequence[_Drawn]) -> int:
    for place, each in enumerate(drawn):
        if each.found.pair_id == pair_id:
            return place
    raise WrongId(pair_id, "pair")


class _News(NamedTuple):
    """What a file holds, and what this connection knows of it."""

    last_pair: int
    """Position of the last pair."""
    last_decision: int
    """Arrival of the last decision, or of the last pair made by a key or taken back."""
    seen_pair: int | None
    seen_decision: int | None
    """The same when edits that were taken back were looked for; None before the first time."""
    pairs: int | None
    """How many pairs there were then."""
    share: float | None
    """The random share; None where the project's order is asked for."""
    asked: int
    """Pairs and askings of all judges; 0 in project order, which asks for none."""
    gone: int
    """How many pairs have left the queue."""
    done: int
    """How many the annotator has answered."""
    upto: int
    """The position up to which the annotator is known to have answered all pairs."""
    known: UsefulOrder | None


def current(db: Database, annotator: str) -> OwnOrder:
    """The order of an annotator (the name in its one form), with what is new in the file."""
    try:
        news = _news(db, annotator)
    except raised("OperationalError"):  # the first look of this connection
        for statement in _TEMPORARY:
            db.execute(statement)
        news = _news(db, annotator)
    if (news.last_pair, news.last_decision) != (news.seen_pair, news.seen_decision):
        _look_for_withdrawn(db, news)
        news = _news(db, annotator)
    order = OwnOrder(
        annotator=annotator,
        seed=meta.seed(db, "order"),
        pairs=news.pairs or 0,
        last=news.last_pair,
        gone=news.gone,
        done=news.done,
        upto=news.upto,
    )
    if news.share is None or not annotator:
        return order
    known = news.known
    if known is None or known.is_stale(news.share, news.asked):
        known = useful_order.arrange(
            db, annotator, last_pair=news.last_pair, share=news.share, asked=news.asked
        )
    elif known.pair != news.last_pair:
        known = useful_order.append(db, annotator, known, news.last_pair)
    return replace(order, last=order.pairs, useful=True, fixed=known.fixed)


def _news(db: Database, annotator: str) -> _News:
    asked = {"share": draws.DEFAULT_SHARE, "who": annotator}
    row = db.execute(_NEWS, asked).fetchone()
    known = len(_News._fields) - 1
    return _News._make((*row[:known], None if row[known] is None else UsefulOrder(*row[known:])))


def _look_for_withdrawn(db: Database, news: _News) -> None:
    """Note which pairs left the queue, and how many there are."""
    db.conn.execute("SAVEPOINT queue_withdrawn")
    db.conn.execute("DELETE FROM temp.queue_withdrawn")
    db.conn.executemany(
        "INSERT INTO temp.queue_withdrawn VALUES (?)",
        ((pair,) for pair in decisions.withdrawn_pairs(db)),
    )
    new = "SELECT count(*) FROM pair WHERE position > ?"
    pairs = (news.pairs or 0) + int(db.execute(new, [news.seen_pair or 0]).fetchone()[0])
    db.conn.execute("DELETE FROM temp.queue_seen")
    db.conn.execute("INSERT INTO temp.queue_seen VALUES (?, ?, ?)", (*news[:2], pairs))
    db.conn.execute("RELEASE queue_withdrawn")


def _may_write(db: Database) -> bool:
    return not (db.conn.in_transaction or db.execute("PRAGMA query_only").fetchone()[0])


def _remember_upto(db: Database, annotator: str, position: int) -> None:
    """Remember it for the next opening; a label that is taken back sets it to 0 (the schema)."""
    if not db.execute("SELECT EXISTS (SELECT 1 FROM temp.queue_gone)").fetchone()[0]:
        sql = "UPDATE answer_count SET upto = ? WHERE annotator = ?"
        db.execute(sql, (position, annotator))
