"""What lies before one annotator: a pair, its sides, the annotator's own marks, and no more.

The labelling screen reads here alone, so that what it cannot show (who wrote an answer, what
somebody else chose, noted or flagged) never reaches it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from sqlite_utils import Database

from store import ids
from store.items import pairs
from store.judgements import labels, settings
from store.log import current_state
from store.records import Label, PairText, Phase, Verdict
from store.rounds import queue, repeats, rounds
from store.rounds.queue import Position
from store.rounds.rounds import Round


@dataclass(frozen=True, slots=True)
class Lying:
    """One pair as one annotator sees it."""

    text: PairText
    left: str
    """``a`` or ``b``: which stands left (above, on a narrow screen)."""
    index: int
    """Place in the annotator's own order (of the round, in a round), from 1."""
    total: int
    done: int
    """Pairs of the project or the round this annotator has a verdict on, ``skip`` included."""
    mine: Label | None
    """What the annotator did last: the own first-pass label, or the skip; None where the pair is
    in the queue again, so that the old verdict does not suggest the new one.
    """
    note: str | None
    flagged: bool
    """Whether this annotator flagged the pair; other people's flags are not told."""
    pace: float | None
    """Median seconds of this annotator's last labels; None before the first."""
    phase: Phase = Phase.FIRST
    """``repeat`` for a hidden repeat; no screen tells that it is one."""
    round: Round | None = None
    """The formal round this pair is labelled in."""
    strength: bool = False
    """Whether the project asks how much better the better answer is."""

    @property
    def pair_id(self) -> str:
        """Id of the pair."""
        return self.text.id

    @property
    def first(self) -> str:
        """The text that stands left or above."""
        return self.text.a if self.left == "a" else self.text.b

    @property
    def second(self) -> str:
        """The text that stands right or below."""
        return self.text.b if self.left == "a" else self.text.a

    @property
    def seconds_left(self) -> float | None:
        """How long the pairs without a verdict will take at this annotator's own pace."""
        return None if self.pace is None else self.pace * (self.total - self.done)

    def swapped(self, verdict: Verdict) -> Verdict:
        """A verdict on sides (``a`` for left, ``b`` for right) as one on the pair, and back."""
        if self.left == "a" or verdict not in {Verdict.A, Verdict.B}:
            return verdict
        return Verdict.B if verdict is Verdict.A else Verdict.A


def resume(
    db: Database,
    annotator: str,
    *,
    after: str | None = None,
    passed: Collection[str] = (),
) -> Lying | None:
    """The first pair this annotator has no verdict on yet; None when all are done.

    Formal rounds come first, oldest first; where a hidden repeat is due, it comes before both.
    Skipped pairs come at the end: those of a round before the round is left, the others when no
    pair without a verdict is left.

    Args:
        db: the project.
        annotator: a name.
        after: look behind this pair first, and from the start only when nothing is left there.
        passed: skipped pairs that were skipped again and are not wanted now.
    """
    place, round_ = _next(db, annotator, after, passed)
    again = repeats.due(db, annotator)
    if again is not None:
        return _again(db, annotator, again, place)
    return _at(db, annotator, place, round_)


def _next(
    db: Database, annotator: str, after: str | None, passed: Collection[str]
) -> tuple[Position, Round | None]:
    for each in rounds.waiting_for(db, annotator):
        return rounds.label_next(db, each.id, annotator, after=after), each
    skipped = rounds.skipped_next(db, annotator, passed=passed)
    if skipped is not None:
        return skipped[1], skipped[0]
    place = queue.label_next(db, annotator, after=after)
    if place.pair_id is None:
        place = queue.skipped_next(db, annotator, passed=passed)
    return place, None


def at_pair(db: Database, annotator: str, pair_id: str) -> Lying | None:
    """One pair, wherever it stands in the annotator's own order.

    Raises:
        WrongId: there is no such pair.
    """
    for each in rounds.ordered(db):
        if each.ended is None and pair_id in (own := _own(db, each, annotator)):
            return _at(db, annotator, _in_round(db, each, annotator, own.index(pair_id)), each)
    return _at(db, annotator, queue.position(db, annotator, pair_id), None)


def at_place(
    db: Database, annotator: str, index: int, *, round_: Round | None = None
) -> Lying | None:
    """The pair at a place (from 1) of the annotator's own order; None where there is none.

    Args:
        db: the project.
        annotator: a name.
        index: from 1; the nearest place there is when it lies outside.
        round_: in this round; in the whole project when None.
    """
    if round_ is None:
        return _at(db, annotator, queue.label_at(db, annotator, index), None)
    last = len(_own(db, round_, annotator)) - 1
    return _at(
        db, annotator, _in_round(db, round_, annotator, min(max(index - 1, 0), last)), round_
    )


def give(
    db: Database,
    lying: Lying,
    annotator: str,
    verdict: Verdict,
    *,
    seconds: float | None,
    strength: int | None = None,
    passed: Collection[str] = (),
    at: str,
) -> Lying | None:
    """Put a verdict on the disk, then hand over the next pair.

    Args:
        db: the project.
        lying: the pair as it was shown; its sides are stored with the label.
        annotator: who gives it.
        verdict: on the pair (``a``, ``b``), not on the sides.
        seconds: time the pair was looked at.
        strength: 1 better, 2 much better, where the project asks for it.
        passed: skipped pairs that are not wanted now.
        at: UTC time, ISO-8601.
    """
    labels.give(
        db,
        lying.pair_id,
        annotator,
        verdict,
        seconds=seconds,
        left=lying.left,
        strength=strength,
        phase=lying.phase,
        at=at,
    )
    after = lying.pair_id if lying.phase is Phase.FIRST else None
    return resume(db, annotator, after=after, passed=passed)


def _again(db: Database, annotator: str, pair_id: str, place: Position) -> Lying | None:
    """A hidden repeat: sides swapped, nothing of the first pass, the place of the pair to come."""
    index = place.index or place.total
    lying = _at(db, annotator, Position(pair_id, index, place.total, place.done), None)
    if lying is None:
        return None
    left = queue.left_side(db, annotator, pair_id, Phase.REPEAT)
    return replace(lying, left=left, phase=Phase.REPEAT, mine=None, note=None, flagged=False)


def _own(db: Database, round_: Round, annotator: str) -> list[str]:
    return rounds.pairs_of(db, round_.id, annotator)


def _in_round(db: Database, round_: Round, annotator: str, place: int) -> Position:
    own = _own(db, round_, annotator)
    done = next(
        (p.done for p in rounds.progress(db, round_.id) if p.annotator == ids.name(annotator)), 0
    )
    return Position(own[place], place + 1, len(own), done)


def _at(db: Database, annotator: str, place: Position, round_: Round | None) -> Lying | None:
    if place.pair_id is None:
        return None
    who = ids.name(annotator)
    flag = current_state.value(db, current_state.Cell("flag", place.pair_id, who, ""))
    note = current_state.value(db, current_state.Cell("note", place.pair_id, who, ""))
    return Lying(
        text=pairs.text(db, place.pair_id),
        left=queue.left_side(db, annotator, place.pair_id),
        index=place.index,
        total=place.total,
        done=place.done,
        mine=_last_answer(labels.mine(db, place.pair_id, annotator)),
        note=(note or {}).get("text") or None,
        flagged=bool((flag or {}).get("on")),
        pace=queue.pace(db, annotator),
        round=round_,
        strength=bool(settings.get(db, settings.STRENGTH, default=False)),
    )


def _last_answer(mine: Label | None) -> Label | None:
    if mine is None or mine.answer == "again":
        return None
    return replace(mine, verdict=Verdict.SKIP, strength=None) if mine.answer == "skipped" else mine
