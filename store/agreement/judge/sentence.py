"""What a certificate comes to, in one plain sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from store.agreement.bands import FEW_IN_SLICE
from store.agreement.judge.length import LengthBias
from store.agreement.judge.measured import Measured
from store.agreement.judge.own_text import SelfPreference
from store.agreement.judge.people import Accuracy, Ceiling
from store.agreement.judge.position import PositionBias
from store.agreement.judge.weak import CONFLICT_MOST, KAPPA_LEAST, NOT_CERTIFIED
from store.agreement.judge.written import percent, point
from store.agreement.slices import Slice
from store.names import in_words

SURE: Final = 0.05
"""p under which a place counts as preferred."""
ANSWERS: Final = 0.5
"""Median probability of the letters under which the model does not answer the question."""
NEAR: Final = 0.1
"""How far under people's kappa a judge may be and still count as good as a second person."""

MATERIAL: Final = 0.1
"""How far the judge's share must lie from people's to be named: less comes by chance too often."""

Part = tuple[str, Slice, Measured]
"""A category, its agreement and its accuracy."""


def sentence(
    weak: Sequence[str],
    position: PositionBias,
    together: Measured,
    ceiling: Ceiling,
    accuracy: Accuracy,
    length: LengthBias,
    own_text: SelfPreference,
    categories: Sequence[Part],
) -> str:
    """The plainest thing that is true, with its figure; what must be known beside it behind it."""
    if position.mass is not None and position.mass < ANSWERS:
        return (
            "this model does not answer the question: its two letters have a probability of"
            f" {point(position.mass)} together"
        )
    conflict = position.conflict.value
    if conflict is not None and conflict > CONFLICT_MOST:
        return f"this model cannot judge these pairs: {_place(position)}"
    biases = "; ".join(_biases(position, length, own_text))
    if weak:
        if weak[0].startswith(NOT_CERTIFIED):
            return "; ".join([weak[0], *([f"so far {biases}"] if biases else [])])
        said = f"{weak[0]}; {biases}" if biases else weak[0]
        return f"this model cannot judge these pairs: {said}"
    parts = [_praise(together, ceiling, accuracy)]
    if poor := _exceptions(categories):
        parts[0] += f", except {poor}"
    return "; ".join([*parts, *([f"but {biases}"] if biases else [])])


def _place(position: PositionBias) -> str:
    share = position.first
    conflict = percent(position.conflict.value)
    if share.value is None or position.first_p is None or position.first_p >= SURE:
        return f"its orders conflict on {conflict} of them"
    first = share.value > 0.5
    taken = percent(share.value if first else 1 - share.value)
    return (
        f"it prefers the {'first' if first else 'second'} place in {taken} of the"
        f" pairs whose orders conflict ({conflict} of {position.conflict.n})"
    )


def _biases(position: PositionBias, length: LengthBias, own: SelfPreference) -> Iterator[str]:
    """What the judge surely prefers for no good reason."""
    if _surely(own.more) and (own.more.value or 0.0) > 0:
        yield (
            f"it takes its own text in {percent(_of_both(own.people, own.more))} of the pairs with"
            f" another's, people in {percent(own.people.value)}"
        )
    if _surely(length.more):
        longer = (length.more.value or 0.0) > 0
        judge, people = _of_both(length.people, length.more), length.people.value or 0.0
        yield (
            f"it takes the {'longer' if longer else 'shorter'} answer in"
            f" {percent(judge if longer else 1 - judge)}, people in"
            f" {percent(people if longer else 1 - people)}"
        )
    if position.first_p is not None and position.first_p < SURE and position.first.value:
        first = position.first.value > 0.5
        taken = percent(position.first.value if first else 1 - position.first.value)
        yield (
            f"it takes the {'first' if first else 'second'} place in {taken} of the"
            f" {position.first.n} pairs whose orders conflict"
        )


def _surely(more: Measured) -> bool:
    ends = more.ci95
    return (
        more.value is not None
        and ends is not None
        and abs(more.value) >= MATERIAL
        and not ends[0] <= 0 <= ends[1]
    )


def _of_both(people: Measured, more: Measured) -> float:
    """The judge's share on the pairs where people's stands beside it."""
    return (people.value or 0.0) + (more.value or 0.0)


def _praise(together: Measured, ceiling: Ceiling, accuracy: Accuracy) -> str:
    difference = ceiling.difference
    if difference.value is None or difference.ci95 is None or ceiling.people.n < FEW_IN_SLICE:
        ends = together.ci95
        return (
            f"agrees with people (kappa {point(together.value)}"
            + (f", {point(ends[0])} to {point(ends[1])}" if ends else "")
            + f", n {together.n}; right on {percent(accuracy.decided.value)} of the pairs with a"
            " side); too few pairs have verdicts of two people to hold it against"
        )
    figures = (
        f"kappa {point(ceiling.judge.value)} against {point(ceiling.people.value)} between people"
    )
    good = difference.ci95[1] >= 0 and difference.value >= -NEAR
    return f"{'as good as' if good else 'not as good as'} a second person ({figures})"


def _exceptions(categories: Sequence[Part]) -> str:
    """The categories in which the judge is under the floor."""
    found = [
        in_words(value)
        for value, part, accuracy in categories
        if part.n >= FEW_IN_SLICE
        and (
            (accuracy.ci95 is not None and accuracy.ci95[0] <= 0.5)
            or (
                part.kappa.value is not None
                and part.kappa.value < KAPPA_LEAST
                and part.counts.disagreed * 10 > part.n
            )
        )
    ]
    return ", ".join(found)
