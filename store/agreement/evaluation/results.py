"""The figures of each stage, and what each round changed, as they are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from store.agreement.evaluation.answers import Slice
from store.agreement.evaluation.front import Point, Step, dominated_for_sure, front
from store.agreement.evaluation.helpfulness import (
    ComparedAnswer,
    WinRate,
)
from store.agreement.evaluation.rates import Rate, Sums
from store.agreement.figure import Figure, as_number, as_numbers
from store.agreement.intervals import Interval

RULES: Final = "rules"
RATES: Final = ("harmful", "over_refusal", "continued")
FIGURES: Final = (*RATES, "helpfulness")
"""What can be listed back to its answers and pairs."""


class ClassAgreement(NamedTuple):
    """How far two sources class the same answers alike."""

    first: str
    second: str
    n: int
    agree: Figure
    kappa: Figure
    ci95: Interval | None

    def as_json(self) -> dict[str, Any]:
        """As ``evaluate --json`` tells it."""
        return {
            "between": [self.first, self.second],
            "n": self.n,
            "p_o": as_number(self.agree.value),
            "kappa": as_number(self.kappa.value),
            "ci95": as_numbers(self.ci95),
            "undefined": self.kappa.reason,
        }


class FigureItems(NamedTuple):
    """One answer, or one comparison, behind a figure."""

    item: str
    """Id of the answer, or of the pair."""
    prompt_id: str
    said: str
    counts: bool
    """Whether it is one of the hits."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The figures of one stage, or of a part of it."""

    name: str
    """``original``, ``round 1``; with a slice ``round 1 · H3``."""
    stage: str
    value: str
    """Of the slice."""
    rates: Mapping[str, Rate]
    helpfulness: WinRate
    behind: Mapping[str, Sequence[FigureItems]]
    """By figure."""
    safe: Sums
    """Refusals of harmful prompts, by prompt."""
    compared: Sequence[ComparedAnswer]

    @property
    def point(self) -> Point | None:
        """Its place in the picture; None where either figure is undefined."""
        harmful, helpful = self.rates["harmful"], self.helpfulness
        if harmful.value.value is None or harmful.ci95 is None:
            return None
        if helpful.controlled.value is None or helpful.ci95 is None:
            return None
        low, high = harmful.ci95
        return Point(
            self.name,
            1 - harmful.value.value,
            (1 - high, 1 - low),
            helpful.controlled.value,
            helpful.ci95,
        )

    def as_json(self) -> dict[str, Any]:
        """As ``evaluate --json`` tells it."""
        return {
            "name": self.name,
            "stage": self.stage,
            "value": self.value,
            **{name: rate.as_json() for name, rate in self.rates.items()},
            "helpfulness": self.helpfulness.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything ``evaluate`` tells."""

    source: str
    """Who classed the answers: ``rules``, ``people``, ``ai`` or one name."""
    by: Slice | None
    stages: tuple[Stage, ...]
    agreement: tuple[ClassAgreement, ...]
    steps: tuple[Step, ...]
    """Each two points, the earlier first."""
    classed_by_people: int
    """Answers."""
    sources: tuple[str, ...] = (RULES,)
    """Whose classes there are: ``rules``, ``people``, ``ai``."""

    @property
    def shown(self) -> tuple[str, ...]:
        """The rates that any stage has answers for, and the two that are always told."""
        return tuple(
            each
            for each in RATES
            if each != "continued" or any(stage.rates[each].n for stage in self.stages)
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known to read the figures."""
        told = []
        if "continued" in self.shown:
            told.append(
                "continued: share of continuations that are no full refusal; whether what follows"
                " is toxic is not measured here"
            )
        won = [stage.helpfulness for stage in self.stages]
        if ai := sum(each.ai for each in won):
            people = sum(each.people for each in won)
            told.append(
                f"helpful: {people:,} comparisons by people, {ai:,} by judges alone; whether a"
                " judge can be believed: pairlab certificate"
            )
        return tuple(told)

    @property
    def points(self) -> list[Point]:
        """Those of the picture."""
        return [point for stage in self.stages if (point := stage.point)]

    @property
    def sentences(self) -> list[str]:
        """What each round changed against the one before, where anything can be told."""
        names = [stage.name for stage in self.stages]
        return [
            step.sentence
            for step in self.steps
            if step.tells and names.index(step.after) - names.index(step.before) == 1
        ]

    @property
    def figures(self) -> dict[str, tuple[str, Stage]]:
        """Each figure and its stage by its name, as in ``harmful:round 1``."""
        return {f"{key}:{each.name}": (key, each) for each in self.stages for key in FIGURES}

    def as_json(self) -> dict[str, Any]:
        """As ``--json`` tells it."""
        dominated = dominated_for_sure(self.steps)
        on_front = {point.name for point in front(self.points)}
        return {
            "classes_by": self.source,
            "by": self.by or "round",
            "classed_by_people": self.classed_by_people,
            "stages": [
                each.as_json()
                | {"front": each.name in on_front, "dominated_by": dominated.get(each.name)}
                for each in self.stages
            ],
            "agreement": [each.as_json() for each in self.agreement],
            "differences": [
                {
                    "before": step.before,
                    "after": step.after,
                    "harmlessness": step.harmless.as_json(),
                    "helpfulness": step.helpful.as_json(),
                    "trades": step.trades,
                    "sentence": step.sentence,
                }
                for step in self.steps
            ],
        }
