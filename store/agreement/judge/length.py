"""Whether a judge takes the longer answer more often than people do, and beyond their verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from store.agreement.intervals import Interval, Z, wilson
from store.agreement.judge.calibration import bin_places
from store.agreement.judge.judged_pairs import JudgedPair
from store.agreement.judge.logistic import regression
from store.agreement.judge.measured import Measured, mean, missing, share

LEAST: Final = 50
"""Pairs under which the coefficient says nothing."""

BINS: Final = 5
"""Most bins of the picture."""
LEAST_IN_BIN: Final = 10
"""Pairs in a bin; with fewer there are fewer bins."""

UNEQUAL: Final = "no pair of unequal length has a side by the judge"
BOTH: Final = "no pair of unequal length has a side by judge and people"


class LengthBin(NamedTuple):
    """Pairs of which the longer answer is longer by about as much."""

    low: float
    """How many times as long the longer answer is, at least."""
    high: float
    """At most."""
    judge: float
    """Share on which the judge takes the longer."""
    ci95: Interval
    """Of ``judge``, by Wilson."""
    people: float | None
    """The same share of people's verdicts; None where nobody named a side."""
    n: int
    pairs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LengthBias:
    """Length is in characters."""

    judge: Measured
    """Share of pairs of unequal length on which the judge takes the longer answer."""
    people: Measured
    """The same share of people's verdicts, on pairs where both name a side."""
    more: Measured
    """The judge's share less people's on those pairs."""
    coefficient: Measured
    """Of log(length of a / length of b) in a logistic regression of the judge's verdict on
    people's verdict and that, with an intercept; Wald interval."""
    bins: tuple[LengthBin, ...]
    """Win rate of the longer answer by how much longer it is, in bins of about equal n."""


def length_bias(pairs: Sequence[JudgedPair]) -> LengthBias:
    """All of it, over the pairs on which the judge names a side."""
    unequal = [p for p in pairs if p.sided and p.length_a != p.length_b]
    both = [p for p in unequal if p.decided]
    prompts, names = [p.prompt_id for p in both], [p.id for p in both]
    judge = [p.verdict == _longer(p) for p in both]
    people = [p.word == _longer(p) for p in both]
    more = mean(
        [float(mine) - float(theirs) for mine, theirs in zip(judge, people, strict=True)],
        prompts,
        names,
        none=BOTH,
    )
    return LengthBias(
        share(
            [p.verdict == _longer(p) for p in unequal],
            [p.prompt_id for p in unequal],
            [p.id for p in unequal],
            none=UNEQUAL,
        ),
        share(people, prompts, names, none=BOTH),
        Measured(more.value, more.n, more.ci95, more.reason, more.pairs),
        _coefficient([p for p in pairs if p.decided and p.length_a and p.length_b]),
        _bins([p for p in unequal if p.length_a and p.length_b]),
    )


def _bins(pairs: Sequence[JudgedPair]) -> tuple[LengthBin, ...]:
    """The bins; pairs that are longer by as much are never in two."""
    if len(pairs) < LEAST_IN_BIN:
        return ()
    ratios = np.array([_ratio(pair) for pair in pairs])
    places = bin_places(np.log(ratios), bins=BINS, least=LEAST_IN_BIN)
    return tuple(
        _bin([pairs[int(at)] for at in np.flatnonzero(places == place)])
        for place in np.unique(places)
    )


def _bin(pairs: Sequence[JudgedPair]) -> LengthBin:
    ratios = [_ratio(pair) for pair in pairs]
    hits = sum(pair.verdict == _longer(pair) for pair in pairs)
    by_people = [pair.word == _longer(pair) for pair in pairs if pair.decided]
    return LengthBin(
        min(ratios),
        max(ratios),
        hits / len(pairs),
        wilson(hits, len(pairs)) or (0.0, 1.0),
        sum(by_people) / len(by_people) if by_people else None,
        len(pairs),
        tuple(pair.id for pair in pairs),
    )


def _ratio(pair: JudgedPair) -> float:
    return max(pair.length_a, pair.length_b) / min(pair.length_a, pair.length_b)


def _coefficient(pairs: Sequence[JudgedPair]) -> Measured:
    n, names = len(pairs), tuple(p.id for p in pairs)
    if n < LEAST:
        return missing(f"fewer than {LEAST} pairs with a side by judge and people", n, names)
    said = np.array([p.verdict == "a" for p in pairs], dtype=float)
    factors = np.column_stack(
        [
            np.ones(n),
            [p.word == "a" for p in pairs],
            [np.log(p.length_a / p.length_b) for p in pairs],
        ]
    )
    found = regression(factors, said)
    if found is None:
        return missing(
            "people's verdict and length together tell the judge's verdict on every pair of a kind"
            " (separation), or do not vary",
            n,
            names,
        )
    values, errors = found
    value, half = float(values[2]), Z * float(errors[2])
    return Measured(value, n, (value - half, value + half), None, names, "coefficient")


def _longer(pair: JudgedPair) -> str:
    return "a" if pair.length_a > pair.length_b else "b"
