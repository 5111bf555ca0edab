"""The strength scale: five points from "a is much better" to "b is much better".

Labels given while the project asked for strength carry 1 (better) or 2 (much better); a tie is
the middle. Both bad has no place on the scale: it stands outside the weighted figures and is
counted. So are verdicts given before the scale was switched on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlite_utils import Database

from store.agreement.counts import Counts, Said, tabulate
from store.agreement.figure import Figure
from store.agreement.intervals import Interval, dirichlet
from store.agreement.kappa import kappa
from store.agreement.tables import spoken, tally

SCALE = ("much_a", "a", "tie", "b", "much_b")
"""The scale in its order, which the weights go by; a point that nobody used is still a step."""

BOTH_BAD = "both_bad"
UNSTATED = "unstated"


@dataclass(frozen=True, slots=True)
class Strength:
    """Agreement on the strength scale."""

    counts: Counts
    """Five by five, over the common pairs that both placed on the scale."""
    both_bad: int
    """Common pairs outside because one of the two, or both, called both answers bad."""
    unstated: int
    """Common pairs outside because a preference came without a strength."""
    quadratic: Figure
    """Weighted kappa with squared distances: the headline."""
    linear: Figure
    nominal: Figure

    def interval(self, seed: int = 0) -> Interval | None:
        """95 % interval of the quadratic kappa, from the Dirichlet posterior; None without one."""
        return dirichlet(self.counts.table, weights="quadratic", seed=seed)


def strength(db: Database, first: str, second: str, *, round_id: str | None = None) -> Strength:
    """Agreement of two annotators on the strength scale."""
    lines = spoken(db, (first, second), coding="strength", round_id=round_id)
    placed: Counter[Said] = Counter()
    outside: Counter[str] = Counter()
    for said, number in tally(lines, first, second).items():
        points = tuple(map(_point, said))
        reason = next((why for why in (BOTH_BAD, UNSTATED) if why in points), None)
        if reason is None:
            placed[points[0], points[1]] += number
        elif None not in points:
            outside[reason] += number
    counts = tabulate(placed, SCALE)
    return Strength(
        counts,
        both_bad=outside[BOTH_BAD],
        unstated=outside[UNSTATED],
        quadratic=kappa(counts.table, "quadratic"),
        linear=kappa(counts.table, "linear"),
        nominal=kappa(counts.table),
    )


def _point(said: str | None) -> str | None:
    """The point on the scale of a verdict with its strength, such as ``a 2``."""
    if said is None:
        return None
    verdict, _, force = said.partition(" ")
    if verdict in ("tie", BOTH_BAD):
        return verdict
    return {"1": verdict, "2": f"much_{verdict}"}.get(force, UNSTATED)
