"""Formal rounds: a set of pairs given to named annotators, sealed until all of them are done.

A live kappa tells each annotator what the other chose. So in a sealed round (the default) nothing
but progress is told before everybody has finished; figures may be opened in blocks of ten common
pairs, or fully, by a choice that is itself recorded.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlite_utils import Database

from store import ids, names
from store.db.project_database import immediate
from store.errors import BadInput, SealedRound, WrongId
from store.log import events
from store.records import Seal as Seal
from store.rounds import assignments, presence
from store.rounds.queue import Position

BLOCK: Final = 10
"""New common pairs after which the figures of a round opened in blocks move again."""


_ROUND: Final = ("id", "name", "annotators", "seal", "overlap", "seed", "by", "at", "ended")
_COLUMNS: Final = "round_id, name, annotators, seal, overlap, seed, made_by, at, ended"
"""Of ``round_now``, in the order of :data:`_ROUND`."""

_ORDERED = f"SELECT {_COLUMNS} FROM round_now ORDER BY at, round_id"  # noqa: S608
_MINE = f"""
WITH mine AS MATERIALIZED (
    SELECT {_COLUMNS}, coalesce((
               SELECT position FROM open_place WHERE open_place.round_id = round_now.round_id
                   AND annotator = :who AND position > (
                       SELECT position FROM kept_place AS here
                       WHERE here.round_id = round_now.round_id AND here.annotator = :who
                           AND here.pair_id = :after
                   ) ORDER BY position LIMIT 1
           ), (
               SELECT position FROM open_place WHERE open_place.round_id = round_now.round_id
                   AND annotator = :who ORDER BY position LIMIT 1
           )) AS place,
           (SELECT count(*) FROM open_place WHERE open_place.round_id = round_now.round_id
               AND annotator = :who) AS waiting,
           (SELECT count(*) FROM kept_place WHERE kept_place.round_id = round_now.round_id
               AND annotator = :who) AS total
    FROM round_now WHERE iif(:round IS NULL, ended IS NULL, round_id = :round)
)
SELECT {_COLUMNS}, place, (
           SELECT pair_id FROM kept_place AS round_pair WHERE round_pair.round_id = mine.round_id
               AND annotator = :who AND position = place
       ) AS pair_id, total, total - waiting AS done
FROM mine WHERE total > 0 ORDER BY at, round_id
"""  # noqa: S608 - names written above
# In a round opened in blocks the pairs that all of the annotators have labelled are told, in the
# order in which they became common, as far as they fill whole blocks.
_HIDDEN = """
WITH ongoing AS MATERIALIZED (
    SELECT round_id, seal, iif(:who = '[]', annotators, :who) AS who
    FROM round_now WHERE ended IS NULL AND seal <> 'open'
), common AS (
    SELECT round_id, pair_id,
           row_number() OVER (PARTITION BY round_id ORDER BY max(arrived)) AS place,
           count(*) OVER (PARTITION BY round_id) AS pairs
    FROM (
        SELECT ongoing.round_id, ongoing.who, round_pair.pair_id, (
                   SELECT min(arrival) FROM sound_event AS event
                   WHERE item = round_pair.pair_id AND event.annotator = round_pair.annotator
                       AND kind = 'label' AND phase = 'first'
               ) AS arrived
        FROM ongoing JOIN kept_place AS round_pair USING (round_id)
        JOIN kept_label AS label_head USING (pair_id, annotator)
        WHERE ongoing.seal = 'blocks' AND label_head.phase = 'first'
            AND round_pair.annotator IN (SELECT value FROM json_each(ongoing.who))
    ) GROUP BY round_id, pair_id HAVING count(*) = json_array_length(who)
)
SELECT round_id, pair_id FROM ongoing JOIN kept_place USING (round_id) WHERE seal = 'sealed'
UNION
SELECT round_id, pair_id FROM ongoing JOIN kept_place USING (round_id)
WHERE seal = 'blocks' AND (round_id, pair_id) NOT IN (
    SELECT round_id, pair_id FROM common WHERE place <= pairs / :block * :block
)
"""


@dataclass(frozen=True, slots=True)
class Round:
    """A round as it was set up, and how it stands."""

    id: str
    name: str
    annotators: tuple[str, ...]
    seal: Seal
    overlap: float
    """Share of the pairs that all annotators get; the rest is divided among them."""
    seed: str
    by: str
    """Who set it up."""
    at: str
    ended: str | None
    """``finished`` when all were done, ``closed`` when somebody ended it before, else None."""

    @property
    def told(self) -> bool:
        """True when anything but progress may be shown."""
        return self.ended is not None or self.seal is not Seal.SEALED


@dataclass(frozen=True, slots=True)
class RoundProgress:
    """How far one annotator is in a round."""

    annotator: str
    done: int
    total: int

    @property
    def finished(self) -> bool:
        """True when every pair of this annotator has a verdict, ``skip`` included."""
        return self.done == self.total


def create(
    db: Database,
    name: str,
    pair_ids: Iterable[str],
    annotators: Iterable[str],
    *,
    seal: Seal | str = Seal.SEALED,
    overlap: float = 1.0,
    seed: str | int,
    by: str,
    at: str,
) -> Round:
    """Give a set of pairs to annotators, each in an order of their own.

    Args:
        db: the project.
        name: how the round is called; no other round has it.
        pair_ids: what is labelled.
        annotators: at least two names.
        seal: what may be told while it goes on.
        overlap: share of the pairs that everybody gets, 0 to 1; the others go to one each.
        seed: draws the shared pairs and the orders.
        by: who sets it up.
        at: UTC time, ISO-8601.

    Raises:
        BadInput: a name is taken or blank, fewer than two annotators, no pairs, no such seal.
        WrongId: a pair that does not exist.
    """
    title = ids.name(name)
    who = presence.all_spelled(db, annotators)
    wanted = sorted(set(pair_ids))
    shut = _seal(seal)
    if len(set(map(names.seen, who))) < max(len(who), 2):
        raise BadInput("a round needs at least two annotators with names that look different")
    if wrong := next(filter(None, map(names.problem, who)), None):
        raise BadInput(f"a round is for people: a name {wrong}")
    if not wanted:
        raise BadInput("a round needs pairs; import or make some first")
    if not 0 <= overlap <= 1:
        raise BadInput("the overlap is a share from 0 to 1")
    with immediate(db):
        if not names.seen(title) or names.find(title, [other.name for other in ordered(db)]):
            raise BadInput(f"a round needs a name of its own; '{title}' is blank or taken")
        _must_exist(db, wanted)
        value = {
            "name": title,
            "annotators": list(who),
            "seal": shut.value,
            "overlap": overlap,
            "seed": str(seed),
            "assigned": assigned(wanted, who, overlap, str(seed)),
        }
        identity = ids.digest("round", [value, at])
        events.append(db, "round", identity, by, value, at=at)
        return get(db, identity)


def assigned(
    pairs: Sequence[str], annotators: Sequence[str], overlap: float, seed: str
) -> dict[str, list[str]]:
    """Who gets which pairs, in which order.

    Args:
        pairs: ids.
        annotators: names.
        overlap: share of the pairs that everybody gets, 0 to 1; the rest is dealt out evenly.
        seed: draws the shared pairs and the orders.
    """
    drawn = sorted(pairs, key=lambda pair: ids.digest("round draw", [seed, pair]))
    shared = round(overlap * len(drawn))
    given = {
        who: [*drawn[:shared], *drawn[shared + place :: len(annotators)]]
        for place, who in enumerate(annotators)
    }
    return {who: _shuffled(theirs, seed, who) for who, theirs in given.items()}


def get(db: Database, round_id: str) -> Round:
    """The round of this id or name.

    Raises:
        NoSuchName: there is none; a name that comes near is told.
    """
    there = {each.name: each for each in ordered(db)}
    by_id = {each.id: each for each in there.values()}
    return by_id.get(round_id) or there[names.resolve(round_id, there, "round")]


def ordered(db: Database) -> list[Round]:
    """All rounds, oldest first."""
    return [_round(row) for row in db.execute(_ORDERED).fetchall()]


def progress(db: Database, round_id: str) -> list[RoundProgress]:
    """How far everybody is; all that a sealed round tells."""
    rows = db.execute(
        "SELECT round_pair.annotator, count(answered.pair_id), count(*)"
        " FROM kept_place AS round_pair"
        " LEFT JOIN answered ON answered.pair_id = round_pair.pair_id"
        "  AND answered.annotator = round_pair.annotator"
        " WHERE round_pair.round_id = ? GROUP BY round_pair.annotator"
        " ORDER BY round_pair.annotator",
        [round_id],
    ).fetchall()
    return [RoundProgress(*row) for row in rows]


def pairs_of(db: Database, round_id: str, annotator: str | None = None) -> list[str]:
    """The pairs of a round; with an annotator theirs alone, in their own order."""
    if annotator is None:
        sql = "SELECT DISTINCT pair_id FROM kept_place WHERE round_id = ? ORDER BY pair_id"
        return [row[0] for row in db.execute(sql, [round_id]).fetchall()]
    sql = "SELECT pair_id FROM kept_place WHERE round_id = ? AND annotator = ? ORDER BY position"
    return [row[0] for row in db.execute(sql, [round_id, ids.name(annotator)]).fetchall()]


def in_order(
    db: Database, annotator: str, *, after: str | None = None, round_id: str | None = None
) -> list[tuple[Round, Position]]:
    """The rounds that an annotator takes part in and that go on, oldest first, with the next pair.

    That is the next one without a first verdict of this annotator, in their own order; None
    where only others have pairs to label yet.

    Args:
        db: the project.
        annotator: a name.
        after: go on behind this pair, and from the beginning when the end is reached.
        round_id: this round alone, also when it has ended.
    """
    wanted = {"who": ids.name(annotator), "after": after, "round": round_id}
    rows = db.execute(_MINE, wanted).fetchall()
    return [(_round(row), _position_in(row[len(_ROUND) :])) for row in rows]


def label_next(
    db: Database, round_id: str, annotator: str, *, after: str | None = None
) -> Position:
    """The next pair of one round, as :func:`in_order` finds it, also of one that has ended.

    Raises:
        WrongId: the annotator is not in the round, or there is none.
    """
    found = in_order(db, annotator, after=after, round_id=round_id)
    if not found:
        raise WrongId(ids.name(annotator), f"annotator of round {round_id[:12]}")
    return found[0][1]


def skipped_next(
    db: Database,
    annotator: str,
    mine: Sequence[tuple[Round, Position]],
    *,
    passed: Iterable[str] = (),
) -> tuple[Round, Position] | None:
    """The first pair that an annotator skipped in a round that is going on, with the round.

    While the others are still at work such a pair can be labelled blind.

    Args:
        db: the project.
        annotator: a name.
        mine: the annotator's rounds, from :func:`in_order`.
        passed: pairs that are not wanted now: they were skipped again.
    """
    if not mine:
        return None
    own = [each.id for each, _ in mine]
    found = assignments.first_skipped(db, own, ids.name(annotator), passed)
    if found is None:
        return None
    round_id, here = found
    each, place = mine[own.index(round_id)]
    return each, Position(here.pair_id, here.position + 1, place.total, place.done)


def unseal(db: Database, round_id: str, seal: Seal | str, by: str, at: str) -> Round:
    """Change what is told about a round; the choice is recorded with who made it."""
    with immediate(db):
        each = get(db, round_id)
        events.append(db, "round_seal", each.id, by, {"seal": _seal(seal).value}, at=at)
        return get(db, each.id)


def close(db: Database, round_id: str, by: str, reason: str, at: str) -> Round:
    """End a round that will not be finished; labels given later in it are not blind.

    Raises:
        BadInput: no reason is given.
    """
    if not reason.strip():
        raise BadInput("ending a round early needs a reason; it goes into the report")
    with immediate(db):
        each = get(db, round_id)
        if each.ended is None:
            value = {"state": "closed", "reason": reason.strip()}
            events.append(db, "round_end", each.id, by, value, at=at)
        return get(db, each.id)


def sealed(db: Database) -> list[Round]:
    """The rounds of which nothing but progress may be told now."""
    return [each for each in ordered(db) if not each.told]


def hidden_pairs(db: Database, annotators: Sequence[str] = ()) -> frozenset[str]:
    """The pairs that no figure between annotators may count now.

    Those of sealed rounds, and in a round opened in blocks those after the last full block of
    :data:`BLOCK` pairs that the annotators (all of the round when none are named) have in common.
    """
    return frozenset(pair for _, pair in _hidden(db, annotators))


def guard(db: Database, pair_ids: Iterable[str] | None = None) -> None:
    """Refuse to go on when what a round hides would be told.

    Args:
        db: the project.
        pair_ids: whose labels are about to be told; None for everything that is not left out by
            :func:`hidden_pairs`, which only a sealed round forbids.

    Raises:
        SealedRound: names the round and its progress.
    """
    if pair_ids is None:
        touched = {each.id for each in sealed(db)}
    else:
        wanted = set(pair_ids)
        touched = {round_id for round_id, pair in _hidden(db) if pair in wanted}
    if not touched:
        return
    each = next(each for each in ordered(db) if each.id in touched)
    told = ", ".join(f"{p.annotator} {p.done} of {p.total}" for p in progress(db, each.id))
    raise SealedRound(each.name, told, blocks=each.told)


def _hidden(db: Database, annotators: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Round and pair of all that rounds hide of figures between these annotators."""
    who = json.dumps([ids.name(name) for name in annotators])
    return list(db.execute(_HIDDEN, {"who": who, "block": BLOCK}).fetchall())


def _round(row: tuple[Any, ...]) -> Round:
    said = dict(zip(_ROUND, row, strict=False))
    return Round(**said | {"annotators": tuple(json.loads(row[2])), "seal": Seal(row[3])})


def _position_in(row: tuple[Any, ...]) -> Position:
    place, pair_id, total, done = row
    return Position(pair_id, 0 if place is None else place + 1, total, done)


def _shuffled(pairs: Sequence[str], seed: str, annotator: str) -> list[str]:
    return sorted(pairs, key=lambda pair: ids.digest("round order", [seed, annotator, pair]))


def _must_exist(db: Database, pair_ids: Sequence[str]) -> None:
    row: Any = db.execute(
        "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT id FROM kept_pair) LIMIT 1",
        [json.dumps(pair_ids)],
    ).fetchone()
    if row is not None:
        raise WrongId(row[0], "pair")


def _seal(text: Seal | str) -> Seal:
    try:
        return Seal(text)
    except ValueError:
        raise BadInput(f"'{text}' is no seal; there are {', '.join(Seal)}") from None
