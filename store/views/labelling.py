"""What lies before one annotator: a pair, its sides, the annotator's own marks, and no more.

The labelling screen reads here alone, so that what it cannot show (who wrote an answer, what
somebody else chose, noted or flagged) never reaches it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from sqlite_utils import Database

from store import ids
from store.db.project_database import immediate
from store.errors import WrongId
from store.items import pairs
from store.judgements import corrections, labels, settings
from store.judgements.corrections import Correction
from store.records import Label, Phase, Verdict
from store.rounds import draws, queue, repeats, rounds
from store.rounds.draws import QueueOrder
from store.rounds.queue import Position
from store.rounds.rounds import Round
from store.views.sides import PlacedPair

_OWN = f"""
SELECT {pairs.TEXT},
       json_extract(flag.value, '$.on'), json_extract(remark.value, '$.text'), {queue.RECENT},
       label.*
FROM {pairs.TEXT_FROM}
LEFT JOIN head AS flag ON flag.kind = 'flag' AND flag.item = :pair AND flag.annotator = :who
    AND flag.phase = ''
LEFT JOIN head AS remark ON remark.kind = 'note' AND remark.item = :pair
    AND remark.annotator = :who AND remark.phase = ''
LEFT JOIN (SELECT {labels.COLUMNS} FROM labels_current
           WHERE pair_id = :pair AND annotator = :who AND phase = 'first') AS label
WHERE pair.id = :pair
"""
"""A pair's texts, the annotator's own marks on it, and their pace."""

_ASKED = (settings.STRENGTH, settings.QUEUE, settings.RANDOM_SHARE)


@dataclass(frozen=True, slots=True)
class PairToLabel(PlacedPair):
    """One pair as one annotator sees it."""

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
    order: QueueOrder = draws.PROJECT_ORDER
    """In what order the project shows pairs; in a round they come as the round drew them."""

    @property
    def seconds_left(self) -> float | None:
        """How long the pairs without a verdict will take at this annotator's own pace."""
        return None if self.pace is None else self.pace * (self.total - self.done)


def resume(
    db: Database,
    annotator: str,
    *,
    after: str | None = None,
    passed: Collection[str] = (),
) -> PairToLabel | None:
    """The first pair this annotator has no verdict on yet; None when all are done.

    Formal rounds come first, oldest first; where a hidden repeat is due, it comes before both.
    Skipped pairs come at the end: those of a round before the round is left, the others when no
    pair without a verdict is left.

    Args:
        db: the project.
        annotator: a name.
        after: look behind this pair first, and from the start only when nothing is left there.
            The pair itself has its verdict or is about to get it: where it is the last of the
            rounds, the order of what comes behind them is drawn now.
        passed: skipped pairs that were skipped again and are not wanted now.
    """
    place, round_ = _next(db, annotator, after, passed)
    asked = settings.some(db, *_ASKED, settings.REPEATS)
    again = repeats.due_every(db, annotator, int(asked.get(settings.REPEATS, 0)))
    if again is not None:
        return _again(db, annotator, again, place, asked)
    return _at(db, annotator, place, round_, asked)


def _next(
    db: Database, annotator: str, after: str | None, passed: Collection[str]
) -> tuple[Position, Round | None]:
    mine = rounds.in_order(db, annotator, after=after)
    for each, place in mine:
        if place.pair_id is not None and place.pair_id != after:
            return place, each
    skipped = rounds.skipped_next(db, annotator, mine, passed=passed)
    if skipped is not None:
        return skipped[1], skipped[0]
    return queue.label_next(db, annotator, after=after, passed=passed), None


def at_pair(db: Database, annotator: str, pair_id: str) -> PairToLabel | None:
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
) -> PairToLabel | None:
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
    to_label: PairToLabel,
    annotator: str,
    verdict: Verdict,
    *,
    seconds: float | None,
    strength: int | None = None,
    passed: Collection[str] = (),
    at: str,
) -> PairToLabel | None:
    """Put a verdict on the disk, then hand over the next pair.

    Args:
        db: the project.
        to_label: the pair as it was shown; its sides are stored with the label.
        annotator: who gives it.
        verdict: on the pair (``a``, ``b``), not on the sides.
        seconds: time the pair was looked at.
        strength: 1 better, 2 much better, where the project asks for it.
        passed: skipped pairs that are not wanted now.
        at: UTC time, ISO-8601.
    """
    _store(db, to_label, annotator, verdict, seconds, strength, at)
    return _behind(db, to_label, annotator, passed)


def correct(
    db: Database,
    to_label: PairToLabel,
    annotator: str,
    better: Verdict,
    text: str,
    *,
    seconds: float | None,
    strength: int | None = None,
    passed: Collection[str] = (),
    at: str,
) -> tuple[Correction, PairToLabel | None]:
    """Put the correction of the better answer on the disk, then hand over the next pair.

    A verdict that is there stays; where there is none, the corrected answer is the better one.

    Args:
        db: the project.
        to_label: the pair as it was shown.
        annotator: who wrote it.
        better: the answer that was corrected, ``a`` or ``b``.
        text: the whole corrected answer.
        seconds: time the pair was looked at before that.
        strength: as for :func:`give`.
        passed: skipped pairs that are not wanted now.
        at: UTC time, ISO-8601.

    Raises:
        BadInput: the text is blank, or one of the two answers as it is.
    """
    with immediate(db):  # the label first: undo takes the correction back before it
        if to_label.mine is None or to_label.mine.verdict is Verdict.SKIP:
            _store(db, to_label, annotator, better, seconds, strength, at)
        done = corrections.correct(db, to_label.pair_id, better, annotator, text, at=at)
    return done, _behind(db, to_label, annotator, passed)


def _store(
    db: Database,
    to_label: PairToLabel,
    annotator: str,
    verdict: Verdict,
    seconds: float | None,
    strength: int | None,
    at: str,
) -> None:
    labels.give(
        db,
        to_label.pair_id,
        annotator,
        verdict,
        seconds=seconds,
        left=to_label.left,
        strength=strength,
        phase=to_label.phase,
        at=at,
    )


def _behind(
    db: Database, to_label: PairToLabel, annotator: str, passed: Collection[str]
) -> PairToLabel | None:
    after = to_label.pair_id if to_label.phase is Phase.FIRST else None
    return resume(db, annotator, after=after, passed=passed)


def _again(
    db: Database, annotator: str, pair_id: str, place: Position, asked: dict[str, Any]
) -> PairToLabel | None:
    """A hidden repeat: sides swapped, nothing of the first pass, the place of the pair to come."""
    index = place.index or place.total
    here = Position(pair_id, index, place.total, place.done)
    to_label = _at(db, annotator, here, None, asked)
    if to_label is None:
        return None
    left = queue.left_side(db, annotator, pair_id, Phase.REPEAT)
    return replace(to_label, left=left, phase=Phase.REPEAT, mine=None, note=None, flagged=False)


def _own(db: Database, round_: Round, annotator: str) -> list[str]:
    return rounds.pairs_of(db, round_.id, annotator)


def _in_round(db: Database, round_: Round, annotator: str, place: int) -> Position:
    own = _own(db, round_, annotator)
    done = next(
        (p.done for p in rounds.progress(db, round_.id) if p.annotator == ids.name(annotator)), 0
    )
    return Position(own[place], place + 1, len(own), done)


def _at(
    db: Database,
    annotator: str,
    place: Position,
    round_: Round | None,
    asked: dict[str, Any] | None = None,
) -> PairToLabel | None:
    if place.pair_id is None:
        return None
    if asked is None:
        asked = settings.some(db, *_ASKED)
    own = {"pair": place.pair_id, "who": ids.name(annotator)}
    row = db.execute(_OWN, own).fetchone()
    if row is None:
        raise WrongId(place.pair_id, "pair")
    text, (flagged, note, recent, *mine) = pairs.text_of(row[:6]), row[6:]
    return PairToLabel(
        text=text,
        left=queue.left_side(db, annotator, place.pair_id),
        index=place.index,
        total=place.total,
        done=place.done,
        mine=_last_answer(labels.from_row(tuple(mine)) if mine[0] is not None else None),
        note=note or None,
        flagged=bool(flagged),
        pace=queue.median_of(recent),
        round=round_,
        strength=bool(asked.get(settings.STRENGTH)),
        order=draws.of_settings(asked),
    )


def _last_answer(mine: Label | None) -> Label | None:
    if mine is None or mine.answer == "again":
        return None
    return mine._replace(verdict=Verdict.SKIP, strength=None) if mine.answer == "skipped" else mine
