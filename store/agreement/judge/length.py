"""Whether a judge takes the longer answer more often than people do, and beyond their verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from store.agreement.intervals import Z
from store.agreement.judge.judged_pairs import JudgedPair
from store.agreement.judge.logistic import regression
from store.agreement.judge.measured import Measured, mean, missing, share

LEAST: Final = 50
"""Pairs under which the coefficient says nothing."""

UNEQUAL: Final = "no pair of unequal length has a side by the judge"
BOTH: Final = "no pair of unequal length has a side by judge and people"


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


def length_bias(pairs: Sequence[JudgedPair]) -> LengthBias:
    """All of it, over the pairs on which the judge names a side."""
    unequal = [p for p in pairs if p.verdict != "tie" and p.length_a != p.length_b]
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
    )


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
