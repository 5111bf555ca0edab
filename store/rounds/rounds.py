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

from store import ids
from store.db.connection import immediate
from store.errors import BadInput, SealedRound, WrongId
from store.log import current_state, events
from store.records import Seal as Seal
from store.rounds import assignments
from store.rounds.queue import Position

BLOCK: Final = 10
"""New common pairs after which the figures of a round opened in blocks move again."""


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
class Progress:
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
    title, who = ids.name(name), tuple(dict.fromkeys(ids.name(a) for a in annotators))
    wanted = sorted(set(pair_ids))
    shut = _seal(seal)
    if len(who) < 2 or not all(who):
        raise BadInput("a round needs at least two annotators with different names")
    if nobody := next(filter(ids.reserved, who), None):
        raise BadInput(f"a round is for people, and '{nobody}' is the name of none")
    if not wanted:
        raise BadInput("a round needs pairs; import or make some first")
    if not 0 <= overlap <= 1:
        raise BadInput("the overlap is a share from 0 to 1")
    with immediate(db):
        if not title or any(other.name == title for other in ordered(db)):
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
        WrongId: there is none.
    """
    for each in ordered(db):
        if round_id in (each.id, each.name):
            return each
    raise WrongId(round_id, "round")


def ordered(db: Database) -> list[Round]:
    """All rounds, oldest first."""
    seals = current_state.latest_of_each(db, "round_seal")
    ends = current_state.latest_of_each(db, "round_end")
    found = []
    for identity, said in current_state.latest_of_each(db, "round").items():
        seal = seals[identity].value["seal"] if identity in seals else said.value["seal"]
        ended = ends[identity].value["state"] if identity in ends else None
        if ended is None and not assignments.empty(db, identity, limit=1):
            ended = "finished"  # the last labels came in by a merge
        found.append(
            Round(
                id=identity,
                name=said.value["name"],
                annotators=tuple(said.value["annotators"]),
                seal=Seal(seal),
                overlap=said.value["overlap"],
                seed=said.value["seed"],
                by=said.annotator,
                at=said.at,
                ended=ended,
            )
        )
    return sorted(found, key=lambda each: (each.at, each.id))


def progress(db: Database, round_id: str) -> list[Progress]:
    """How far everybody is; all that a sealed round tells."""
    rows = db.execute(
        "SELECT round_pair.annotator, count(answered.pair_id), count(*) FROM round_pair"
        " LEFT JOIN answered ON answered.pair_id = round_pair.pair_id"
        "  AND answered.annotator = round_pair.annotator"
        " WHERE round_pair.round_id = ? GROUP BY round_pair.annotator"
        " ORDER BY round_pair.annotator",
        [round_id],
    ).fetchall()
    return [Progress(*row) for row in rows]


def pairs_of(db: Database, round_id: str, annotator: str | None = None) -> list[str]:
    """The pairs of a round; with an annotator theirs alone, in their own order."""
    if annotator is None:
        sql = "SELECT DISTINCT pair_id FROM round_pair WHERE round_id = ? ORDER BY pair_id"
        return [row[0] for row in db.execute(sql, [round_id]).fetchall()]
    sql = "SELECT pair_id FROM round_pair WHERE round_id = ? AND annotator = ? ORDER BY position"
    return [row[0] for row in db.execute(sql, [round_id, ids.name(annotator)]).fetchall()]


def waiting_for(db: Database, annotator: str) -> list[Round]:
    """The rounds in which an annotator still has pairs to label, oldest first."""
    who = ids.name(annotator)
    return [
        each
        for each in ordered(db)
        if each.ended is None
        and who in each.annotators
        and assignments.empty(db, each.id, who, limit=1)
    ]


def label_next(
    db: Database, round_id: str, annotator: str, *, after: str | None = None
) -> Position:
    """The next pair of a round without a first verdict of this annotator, in their own order.

    Args:
        db: the project.
        round_id: whole id of the round.
        annotator: one of the round's.
        after: go on behind this pair, and from the beginning when the end is reached.

    Raises:
        WrongId: the annotator is not in the round, or there is none.
    """
    who = ids.name(annotator)
    row = db.execute(
        "SELECT position FROM round_pair WHERE round_id = ? AND annotator = ? AND pair_id = ?",
        [round_id, who, after],
    ).fetchone()
    here = assignments.first_empty(db, round_id, who, -1 if row is None else row[0])
    if here is None and row is not None:
        here = assignments.first_empty(db, round_id, who, -1)
    own = next((each for each in progress(db, round_id) if each.annotator == who), None)
    if own is None:
        raise WrongId(who, f"annotator of round {round_id[:12]}")
    if here is None:
        return Position(None, 0, own.total, own.done)
    return Position(here.pair_id, here.position + 1, own.total, own.done)


def skipped_next(
    db: Database, annotator: str, *, passed: Iterable[str] = ()
) -> tuple[Round, Position] | None:
    """The first pair that an annotator skipped in a round that is going on, with the round.

    While the others are still at work such a pair can be labelled blind.

    Args:
        db: the project.
        annotator: a name.
        passed: pairs that are not wanted now: they were skipped again.
    """
    who = ids.name(annotator)
    for each in ordered(db):
        if each.ended is None and who in each.annotators:
            here = assignments.first_skipped(db, each.id, who, passed)
            if here is not None:
                own = next(one for one in progress(db, each.id) if one.annotator == who)
                return each, Position(here.pair_id, here.position + 1, own.total, own.done)
    return None


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
    who = [ids.name(name) for name in annotators]
    return frozenset(pair for each in ordered(db) for pair in _hidden(db, each, who))


def guard(db: Database, pair_ids: Iterable[str] | None = None) -> None:
    """Refuse to go on when what a round hides would be told.

    Args:
        db: the project.
        pair_ids: whose labels are about to be told; None for everything that is not left out by
            :func:`hidden_pairs`, which only a sealed round forbids.

    Raises:
        SealedRound: names the round and its progress.
    """
    wanted = None if pair_ids is None else set(pair_ids)
    for each in ordered(db):
        touched = not each.told if wanted is None else wanted & _hidden(db, each, ())
        if touched:
            told = ", ".join(f"{p.annotator} {p.done} of {p.total}" for p in progress(db, each.id))
            raise SealedRound(each.name, told, blocks=each.told)


def _hidden(db: Database, each: Round, annotators: Sequence[str]) -> set[str]:
    """What one round hides of figures between these annotators, or between all of its own."""
    if not each.told:
        return set(pairs_of(db, each.id))
    if each.ended is not None or each.seal is Seal.OPEN:
        return set()
    common = _common(db, each.id, annotators or each.annotators)
    return set(pairs_of(db, each.id)).difference(common[: len(common) // BLOCK * BLOCK])


def _shuffled(pairs: Sequence[str], seed: str, annotator: str) -> list[str]:
    return sorted(pairs, key=lambda pair: ids.digest("round order", [seed, annotator, pair]))


def _common(db: Database, round_id: str, annotators: Sequence[str]) -> list[str]:
    """The pairs of a round that all of these have labelled, in the order they became common."""
    rows = db.execute(
        "SELECT pair_id FROM (SELECT round_pair.pair_id, round_pair.annotator,"
        "  (SELECT min(arrival) FROM sound_event AS event WHERE item = round_pair.pair_id"
        "   AND event.annotator = round_pair.annotator AND kind = 'label' AND phase = 'first'"
        "  ) AS arrived"
        " FROM round_pair JOIN label_head ON label_head.pair_id = round_pair.pair_id"
        "  AND label_head.annotator = round_pair.annotator AND label_head.phase = 'first'"
        " WHERE round_pair.round_id = ?"
        "  AND round_pair.annotator IN (SELECT value FROM json_each(?)))"
        " GROUP BY pair_id HAVING count(*) = ? ORDER BY max(arrived)",
        [round_id, json.dumps(list(annotators)), len(annotators)],
    ).fetchall()
    return [row[0] for row in rows]


def _must_exist(db: Database, pair_ids: Sequence[str]) -> None:
    row: Any = db.execute(
        "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT id FROM pair) LIMIT 1",
        [json.dumps(pair_ids)],
    ).fetchone()
    if row is not None:
        raise WrongId(row[0], "pair")


def _seal(text: Seal | str) -> Seal:
    try:
        return Seal(text)
    except ValueError:
        raise BadInput(f"'{text}' is no seal; there are {', '.join(Seal)}") from None
