"""Agreement on a part of the pairs, and which part to look at first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from store.agreement import kappa, statistics
from store.agreement.bands import FEW_IN_SLICE, GOOD_ABOVE
from store.agreement.counts import Counts
from store.agreement.figure import Figure, as_number, as_numbers
from store.agreement.intervals import Interval, smoothed_wald, wilson
from store.agreement.tables import By

MANY: Final = 0.1
"""Share of disagreements that a part surely exceeds before anyone is sent there: one in ten."""


@dataclass(frozen=True, slots=True)
class ComparedPairs:
    """What two annotators said about the same pairs, and figures of it."""

    counts: Counts
    figures: dict[str, Figure] = field(hash=False)
    """Statistics of :data:`store.agreement.statistics.STATISTICS`, by key."""
    ci95: Interval | None
    """Smoothed Wald interval of kappa; None where it is undefined."""

    @property
    def n(self) -> int:
        """Common pairs."""
        return self.counts.n

    @property
    def kappa(self) -> Figure:
        """Cohen's kappa, the headline."""
        return self.figures[statistics.KAPPA]

    @property
    def q(self) -> int:
        """Verdicts that either used, two at least: PABAK and AC1 are over so many."""
        return kappa.used(self.counts.table)


@dataclass(frozen=True, slots=True)
class Slice(ComparedPairs):
    """Agreement on a part of the pairs, with the statistics that slices show."""

    by: By
    value: str

    @property
    def few(self) -> bool:
        """Whether the slice is too small to tell anything."""
        return self.n < FEW_IN_SLICE

    @property
    def undefined(self) -> dict[str, str]:
        """Why the figures that are null are; that of kappa stands under the slice's own name."""
        return statistics.reasons(
            (
                f"slices.{self.value}" + f".{key}" * (key != statistics.KAPPA),
                figure,
            )
            for key, figure in self.figures.items()
        )

    def as_json(self) -> dict[str, Any]:
        """One element of ``slices`` in ``agree --json``."""
        others = {
            key: as_number(figure.value)
            for key, figure in self.figures.items()
            if key != statistics.KAPPA
        }
        return {
            "by": self.by,
            "value": self.value,
            "n": self.n,
            "kappa": as_number(self.kappa.value),
            "ci95": as_numbers(self.ci95),
            **others,
            "q": self.q,
        }


def of_part(by: By, value: str, table: Counts) -> Slice:
    """The figures of a part of the pairs."""
    figures = statistics.part_figures(table.table)
    undefined = figures[statistics.KAPPA].value is None
    return Slice(table, figures, None if undefined else smoothed_wald(table.table), by, value)


def look_first(slices: Sequence[Slice]) -> Slice | None:
    """The slice where most is surely to be gained by talking, or None.

    Kappa alone would point at slices where one verdict is rare: 59 of 60 agree, kappa 0. So a
    slice counts when the two surely disagree on more than :data:`MANY` of its pairs (lower end of
    the Wilson interval) and kappa is not surely good; first is the one with the greatest lower
    end.
    """
    telling = [
        (_surely_disagreed(part), part)
        for part in slices
        if not part.few and (part.ci95 is None or part.ci95[0] <= GOOD_ABOVE)
    ]
    lowest, worst = max(telling, key=lambda each: each[0], default=(0.0, None))
    return worst if lowest > MANY else None


def _surely_disagreed(part: Slice) -> float:
    ends = wilson(part.counts.disagreed, part.n)
    return ends[0] if ends else 0.0
