"""What lies before the one who rules: the disagreements, one case at a time, and what came of it.

Whoever opens a case sees what others chose; that is remembered, so that a first label of theirs
given or changed afterwards is marked informed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sqlite_utils import Database

from store.db.project_database import immediate
from store.items import pairs
from store.judgements import disagreements, guidelines, labels, rulings
from store.judgements.disagreements import Order
from store.judgements.rulings import Cause, Ruling
from store.records import Label, Verdict
from store.rounds import queue, rounds
from store.rounds.rounds import RoundProgress
from store.views.sides import PlacedPair


class Agenda(NamedTuple):
    """The disagreements in the order in which they come up."""

    pair_ids: tuple[str, ...] = ()
    ruled: frozenset[str] = frozenset()

    def after(self, pair_id: str | None, *, step: int = 1) -> str | None:
        """The neighbour of a case, ruled or not; None at either end."""
        if pair_id not in self.pair_ids:
            return self.pair_ids[0] if self.pair_ids else None
        at = self.pair_ids.index(pair_id) + step
        return self.pair_ids[at] if 0 <= at < len(self.pair_ids) else None

    def open_after(self, pair_id: str | None) -> str | None:
        """The next case without a ruling, from the start again at the end; None when all are."""
        at = self.pair_ids.index(pair_id) + 1 if pair_id in self.pair_ids else 0
        turned = self.pair_ids[at:] + self.pair_ids[:at]
        return next((each for each in turned if each not in self.ruled), None)


@dataclass(frozen=True, slots=True)
class Case(PlacedPair):
    """One disagreement as the one who rules sees it."""

    said: tuple[Label, ...]
    """First-pass labels of people, by annotator, ``skip`` left out.

    A model's label is not told here: the one who rules may not have labelled the pair.
    """
    hasty: frozenset[str]
    """Annotators who took less time than reading the texts takes."""
    versions: dict[str, int]
    """The guideline version each annotator's label was made under, where it is known."""
    ruling: Ruling | None
    """The ruling that stands."""


@dataclass(frozen=True, slots=True)
class RulingSummary:
    """What the rulings have come to."""

    total: int
    ruled: int
    gained: int
    """Disagreements that have a chosen and a rejected answer now."""
    ties: int
    both_bad: int
    causes: dict[Cause, int]
    against: int
    """Rulings that went against the one who asks."""


def agenda(db: Database, order: Order = Order.ALIKE) -> Agenda:
    """All disagreements that may be shown, with those that are ruled on."""
    found = disagreements.ordered(db, order=order)
    return Agenda(
        tuple(each.pair_id for each in found),
        frozenset(each.pair_id for each in found if each.ruling is not None),
    )


def case(db: Database, viewer: str, pair_id: str, at: str) -> Case:
    """One disagreement; that the viewer saw it is recorded.

    Raises:
        WrongId: there is no such pair.
        SealedRound: it belongs to a round that is still sealed.
    """
    rounds.guard(db, [pair_id])
    with immediate(db):
        labels.record_shown(db, pair_id, viewer, at)
        text = pairs.text(db, pair_id)
        said = disagreements.first_labels(db, pair_id)
        numbers = {each.id: each.version for each in guidelines.history(db)}
        return Case(
            text=text,
            left=queue.left_side(db, viewer, pair_id),
            said=said,
            hasty=frozenset(
                each.annotator for each in said if disagreements.is_hasty(text, each.seconds)
            ),
            versions={
                each.annotator: numbers[each.guideline_id]
                for each in said
                if each.guideline_id in numbers
            },
            ruling=rulings.standing(db, pair_id),
        )


def outcome(db: Database, viewer: str) -> RulingSummary:
    """What the rulings on today's disagreements have changed."""
    found = disagreements.ordered(db, order=Order.PROJECT)
    verdicts = [each.ruling.verdict for each in found if each.ruling is not None]
    causes: dict[Cause, int] = {}
    for each in found:
        if each.ruling is not None and each.ruling.cause is not None:
            causes[each.ruling.cause] = causes.get(each.ruling.cause, 0) + 1
    return RulingSummary(
        total=len(found),
        ruled=len(verdicts),
        gained=sum(each in (Verdict.A, Verdict.B) for each in verdicts),
        ties=verdicts.count(Verdict.TIE),
        both_bad=verdicts.count(Verdict.BOTH_BAD),
        causes=dict(sorted(causes.items(), key=lambda item: -item[1])),
        against=len(rulings.against(db, viewer)),
    )


def waiting(db: Database) -> list[tuple[str, list[RoundProgress]]]:
    """The rounds whose disagreements are still closed, with their progress."""
    return [(each.name, rounds.progress(db, each.id)) for each in rounds.sealed(db)]
