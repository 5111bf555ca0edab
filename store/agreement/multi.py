"""Agreement of any number of annotators: Krippendorff's alpha with holes, and Fleiss' kappa.

Both work on *patterns*: what each annotator said on a pair (None where a label is missing), and
how many pairs have that pattern. There are few patterns, however many pairs there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from store.agreement.figure import Figure, undefined

Metric = Literal["nominal", "ordinal", "interval"]

NOBODY_SHARES = "no pair has two labels or more"
NOBODY_COMPLETE = "no pair has a label from everybody"
SAME_THROUGHOUT = "only one verdict was used throughout, so chance alone explains it"


class Pattern(NamedTuple):
    """One combination of verdicts, one place an annotator, and the number of pairs with it."""

    said: tuple[str | None, ...]
    pairs: int = 1


def alpha(
    patterns: Iterable[Pattern],
    labels: Sequence[str],
    *,
    metric: Metric = "nominal",
    values: Sequence[float] | None = None,
) -> Figure:
    """Krippendorff's alpha (Krippendorff 2011, Computing Krippendorff's alpha-reliability).

    Pairs with a single label say nothing about agreement and are left out.

    Args:
        patterns: what was said, how often.
        labels: all labels in the order of the scale.
        metric: how far two labels are apart; the order matters for ``ordinal``.
        values: for ``interval``, the place of each label on the scale; 0, 1, 2 ... by default.
    """
    k = len(labels)
    coincidences = _coincidences(patterns, labels)
    totals = [sum(row) for row in coincidences]
    n = sum(totals)
    if not n:
        return undefined(NOBODY_SHARES)
    distance = _distances(metric, totals, values if values is not None else range(k))
    cells = [(c, d) for c in range(k) for d in range(k)]
    by_chance = sum(totals[c] * totals[d] * distance[c][d] for c, d in cells)
    if not by_chance:
        return undefined(SAME_THROUGHOUT)
    seen = sum(coincidences[c][d] * distance[c][d] for c, d in cells)
    return Figure(1 - (n - 1) * seen / by_chance)


class Fleiss(NamedTuple):
    """Fleiss' kappa and the number of pairs it rests on."""

    kappa: Figure
    n: int


def fleiss(patterns: Iterable[Pattern]) -> Fleiss:
    """Fleiss' kappa (Fleiss 1971) over the pairs that everybody labelled."""
    complete = [p for p in patterns if None not in p.said]
    n = sum(p.pairs for p in complete)
    if not n:
        return Fleiss(undefined(NOBODY_COMPLETE), 0)
    raters = len(complete[0].said)
    if raters < 2:
        return Fleiss(undefined("one annotator cannot agree or disagree"), n)
    used: Counter[str | None] = Counter()
    agreeing = 0
    for said, pairs in complete:
        votes = Counter(said)
        agreeing += pairs * sum(v * (v - 1) for v in votes.values())
        for label, number in votes.items():
            used[label] += number * pairs
    if len(used) < 2:
        return Fleiss(undefined(SAME_THROUGHOUT), n)
    observed = agreeing / (n * raters * (raters - 1))
    chance = sum(number**2 for number in used.values()) / (n * raters) ** 2
    return Fleiss(Figure((observed - chance) / (1 - chance)), n)


def _coincidences(patterns: Iterable[Pattern], labels: Sequence[str]) -> list[list[float]]:
    """How often each two labels met on one pair, each pair counting once per label it has."""
    place = {label: i for i, label in enumerate(labels)}
    out = [[0.0] * len(labels) for _ in labels]
    for said, pairs in patterns:
        votes = Counter(place[label] for label in said if label is not None)
        given = votes.total()
        if given < 2:
            continue
        for c, number in votes.items():
            for d, other in votes.items():
                out[c][d] += pairs * number * (other - (c == d)) / (given - 1)
    return out


def _distances(
    metric: Metric, totals: Sequence[float], values: Sequence[float]
) -> list[list[float]]:
    """Squared distance between each two labels under the metric."""
    k = range(len(totals))
    if metric == "nominal":
        return [[float(c != d) for d in k] for c in k]
    if metric == "interval":
        return [[float(values[c] - values[d]) ** 2 for d in k] for c in k]

    def ranks_between(c: int, d: int) -> float:
        low, high = min(c, d), max(c, d)
        return sum(totals[low : high + 1]) - (totals[c] + totals[d]) / 2

    return [[ranks_between(c, d) ** 2 for d in k] for c in k]
