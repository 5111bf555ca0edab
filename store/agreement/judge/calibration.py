"""Whether a judge's probabilities mean what they say: Brier score, its parts, ECE, bins.

``y`` is 1 where people prefer ``a``; pairs that people call a tie, or both bad, or are divided
about, stand outside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from store.agreement.intervals import Interval, wilson
from store.agreement.judge.measured import Measured, mean, missing
from store.agreement.over_prompts import DRAWS, SEED, Array, interval

BINS: Final = 10
LEAST: Final = 10
"""Pairs in a bin; with fewer there are fewer bins."""
_ROOM: Final = 2_000_000

Places = NDArray[np.intp]


class ReliabilityBin(NamedTuple):
    """Pairs of about the same probability."""

    said: float
    """Mean probability of ``a``."""
    came: float
    """Share of them on which people prefer ``a``."""
    n: int
    ci95: Interval
    """Of ``came``, by Wilson."""
    pairs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """The probabilities of a judge against people's verdicts."""

    brier: Measured
    reliability: float | None
    """Murphy's (1973) first part over the bins: how far they lie off the diagonal."""
    resolution: float | None
    """How far apart what came lies between bins; brier = reliability - resolution + uncertainty +
    rest."""
    uncertainty: float | None
    """Variance of what people said: the Brier score of always telling their share."""
    rest: float | None
    """What Murphy's parts leave out, because probabilities within a bin differ."""
    ece: Measured
    """Mean distance of the bins from the diagonal, weighted by their pairs."""
    ece_if_calibrated: float | None
    """The ECE that a judge with these probabilities would show on so few pairs if each were
    exactly right, the mean over 2,000 draws of people's verdicts from them."""
    ece_if_calibrated_high: float | None
    """95 % of those draws lie under this: only an ECE above it speaks against the judge."""
    bins: tuple[ReliabilityBin, ...]


def brier_score(p: Array, y: Array) -> float:
    """Mean squared distance of probability and outcome (Brier 1950)."""
    return float(np.mean((p - y) ** 2))


def bin_places(p: Array, *, bins: int = BINS, least: int = LEAST) -> Places:
    """The equal-mass bin of each probability, or of another number.

    Edges are quantiles, as in scikit-learn's ``calibration_curve(strategy="quantile")``; so many
    bins, or as many as leave ``least`` pairs in each that has any.
    """
    for number in range(min(bins, max(1, len(p) // least)), 0, -1):
        edges = np.percentile(p, np.linspace(0, 1, number + 1) * 100)
        places: Places = np.searchsorted(edges[1:-1], p)
        sizes = np.bincount(places)
        if number == 1 or sizes[sizes > 0].min() >= least:
            return places
    return np.zeros(len(p), dtype=np.intp)


def ece(p: Array, y: Array) -> float:
    """Expected calibration error over the bins of :func:`bin_places`."""
    return float(_ece_of(bin_places(p))((p - y)[None, :])[0])


def calibration(
    p: Sequence[float], y: Sequence[int], prompts: Sequence[str], pairs: Sequence[str]
) -> Calibration:
    """All of it, a pair a place of the four lists."""
    n = len(p)
    if n < LEAST:
        few = missing(f"fewer than {LEAST} pairs with a probability and a side by people", n, pairs)
        return Calibration(few, None, None, None, None, few, None, None, ())
    said, came = np.array(p, dtype=float), np.array(y, dtype=float)
    places = bin_places(said)
    bins = tuple(
        _bin(said, came, np.flatnonzero(places == place), pairs) for place in np.unique(places)
    )
    share = float(came.mean())
    reliability = sum(each.n * (each.said - each.came) ** 2 for each in bins) / n
    resolution = sum(each.n * (each.came - share) ** 2 for each in bins) / n
    uncertainty = share * (1 - share)
    brier = mean([*((said - came) ** 2)], prompts, pairs, none="")
    found = ece(said, came)
    drawn = _if_calibrated(said, places)
    return Calibration(
        brier,
        reliability,
        resolution,
        uncertainty,
        brier_score(said, came) - (reliability - resolution + uncertainty),
        Measured(
            found, n, _ece_interval(said, came, places, prompts), None, tuple(pairs), "coefficient"
        ),
        float(drawn.mean()),
        float(np.quantile(drawn, 0.95)),
        bins,
    )


def _bin(said: Array, came: Array, where: Places, pairs: Sequence[str]) -> ReliabilityBin:
    n = len(where)
    hits = int(came[where].sum())
    return ReliabilityBin(
        float(said[where].mean()),
        hits / n,
        n,
        wilson(hits, n) or (0.0, 1.0),
        tuple(pairs[place] for place in where),
    )


def _ece_of(places: Places) -> Callable[[Array], Array]:
    """Rows of differences between probability and outcome to an ECE each."""
    inside = (places[:, None] == np.unique(places)[None, :]).astype(float)
    n = len(places)

    def of(differences: Array) -> Array:
        found: Array = np.abs(differences @ inside).sum(axis=1) / n
        return found

    return of


def _ece_interval(
    said: Array, came: Array, places: Places, prompts: Sequence[str]
) -> Interval | None:
    """Over prompts, the bins' edges as they are."""
    inside = (places[:, None] == np.unique(places)[None, :]).astype(float)
    columns = np.hstack([(said - came)[:, None] * inside, np.ones((len(said), 1))])
    return interval(columns, prompts, lambda sums: np.abs(sums[:, :-1]).sum(axis=1) / sums[:, -1])


def _if_calibrated(said: Array, places: Places) -> Array:
    generator = np.random.default_rng(SEED)
    of = _ece_of(places)
    at_once = max(1, _ROOM // len(said))
    found = []
    for start in range(0, DRAWS, at_once):
        size = min(at_once, DRAWS - start)
        came = generator.random((size, len(said))) < said
        found.append(of(said - came))
    return np.concatenate(found)
