"""How many more common pairs until the interval of kappa is as narrow as one wants it.

The half-width of the interval falls with the square root of n, so that n' = n (h / w)^2 common
pairs give the half-width w where n give h, if the table keeps its proportions.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

from store.agreement.figure import Figure, as_number, as_numbers, short, undefined
from store.agreement.intervals import Interval

WIDTH: Final = 0.1
"""The half-width that is wanted where nobody says another."""


class Power(NamedTuple):
    """What it takes to know kappa to plus or minus :attr:`wanted`."""

    wanted: float
    """Half-width of the 95 % interval that is asked for."""
    half_width: Figure
    """The half-width now; undefined where there is no interval."""
    more: int | None
    """Further common pairs; 0 where the interval is narrow enough, None where it is unknown."""
    then: Interval | None
    """The interval at that many pairs, were kappa to stay what it is."""

    def words(self) -> str:
        """One line, for the command, mode K and the report."""
        if self.more is None:
            return f"how many more pairs the interval needs is unknown: {self.half_width.reason}"
        if not self.more or self.then is None:
            return f"the interval is narrow enough (half-width under {short(self.wanted)})"
        ends = " to ".join(map(short, self.then))
        pairs = "pair" if self.more == 1 else "pairs"
        return f"about {self.more:,} more common {pairs} until the interval is as narrow as {ends}"

    def as_json(self) -> dict[str, Any]:
        """Under fixed names, as ``agree --json`` has it."""
        return {
            "wanted": self.wanted,
            "half_width": as_number(self.half_width.value),
            "more": self.more,
            "ci95": as_numbers(self.then),
            "undefined": self.half_width.reason,
        }


def power(kappa: Figure, ends: Interval | None, n: int, wanted: float = WIDTH) -> Power:
    """The further pairs that a half-width takes.

    Args:
        kappa: as it is now.
        ends: its 95 % interval; None where kappa is undefined.
        n: common pairs.
        wanted: half of the width that is asked for, over 0.
    """
    if kappa.value is None or ends is None:
        return Power(wanted, undefined(kappa.reason or "kappa has no interval"), None, None)
    half = (ends[1] - ends[0]) / 2
    # a ratio of whole numbers may come out a little over: 100.00000000000001 pairs are 100
    more = max(0, math.ceil(round(n * (half / wanted) ** 2, 6)) - n)
    then = max(-1.0, kappa.value - wanted), min(1.0, kappa.value + wanted)
    return Power(wanted, Figure(half), more, then)
