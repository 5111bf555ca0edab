"""What a kappa means in action: a band, and what the app says about it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

FEW = 50
"""Fewer common pairs than this: the interval is so wide that the band says little."""

FEW_IN_SLICE = 30
"""Fewer common pairs than this in a slice: it is shown grey."""

TOO_FEW = "too few to tell"


class Band(StrEnum):
    """The four bands of kappa."""

    GOLDEN = "golden"
    GOOD = "good"
    WEAK = "weak"
    LOW = "low"


GOOD_ABOVE = 0.6
"""A kappa above this is good for training."""

_ABOVE = ((0.8, Band.GOLDEN), (GOOD_ABOVE, Band.GOOD), (0.4, Band.WEAK))

_ADVICE = {
    Band.GOLDEN: "golden: these labels can serve as a reference",
    Band.GOOD: "good for training",
    Band.WEAK: "weak: review the confusing items before training on these labels",
    Band.LOW: "stop: these labels train no model; mend the guideline, then label again",
}


def band(kappa: float | None) -> Band | None:
    """The band of a kappa; a value on a boundary takes the lower band, no kappa has none."""
    if kappa is None:
        return None
    # A kappa of exactly .8 may arrive as .8000000000000002, which is still on the boundary.
    exact = round(kappa, 12)
    return next((name for above, name in _ABOVE if exact > above), Band.LOW)


def advice(kappa: float | None, n: int) -> str | None:
    """What to do about this kappa, in one line.

    Args:
        kappa: the kappa, or None where it is undefined.
        n: common pairs; below :data:`FEW` the advice begins with "too few to tell".
    """
    name = band(kappa)
    if name is None:
        return None
    if n < FEW:
        return f"{TOO_FEW} (n {n}, under {FEW}); so far {name.value}"
    return _ADVICE[name]


def is_few(n: int) -> bool:
    """Whether the band must be shown with "too few to tell" beside it."""
    return n < FEW


def stops(kappa: float | None, n: int) -> bool:
    """Whether the labels are held back from export: band low over enough common pairs."""
    return n >= FEW and band(kappa) is Band.LOW


def where(disagreements: Sequence[tuple[str, int]], *, most: int = 3) -> str:
    """Where two annotators disagree most, as ``look-alike (9 of 17), harmful (5 of 17)``.

    Args:
        disagreements: slice and number of disagreements in it.
        most: how many slices to name.
    """
    total = sum(number for _, number in disagreements)
    worst = sorted(disagreements, key=lambda part: (-part[1], part[0]))[:most]
    return ", ".join(f"{name} ({number} of {total})" for name, number in worst if number)
