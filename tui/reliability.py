"""A judge drawn with block cells: its reliability, and the pull of length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.formatting import coefficient

if TYPE_CHECKING:  # the statistics, not needed for the first paint
    from store.agreement.intervals import Interval
    from store.agreement.judge.calibration import ReliabilityBin
    from store.agreement.judge.length import LengthBin

CELLS = 40
LENGTH_HEAD = f"{'longer by':>11}{'':>3}  0{'share of the longer by judge':^{CELLS - 2}}1{'n':>6}"
LENGTH_NOTE = "bar: the judge takes the longer; line: its interval; stroke: people take it"
HEAD = f"{'judge':>6}{'people':>8}  0{'share of a by people':^{CELLS - 2}}1{'n':>6}"


def reliability(bins: Sequence[ReliabilityBin], cells: int = CELLS) -> list[str]:
    """A line a bin, 80 columns with room to spare.

    The bar reaches to the share of ``a`` by people, the thin line is its interval, the stroke is
    the judge's probability: on a calibrated judge the stroke lies within the thin line.
    """
    return [
        f"{coefficient(each.said):>6}{coefficient(each.came):>8}"
        f"  {_bar(each.came, each.ci95, each.said, cells)}{each.n:>6}"
        for each in bins
    ]


def length_pull(bins: Sequence[LengthBin], cells: int = CELLS) -> list[str]:
    """A line a bin: how often the longer answer wins, by how many times as long it is."""
    return [
        f"{times(each):>14}  {_bar(each.judge, each.ci95, each.people, cells)}{each.n:>6}"
        for each in bins
    ]


def times(each: LengthBin) -> str:
    """How many times as long: ``1.2 to 1.5 x``."""
    low, high = f"{each.low:.2g}", f"{each.high:.2g}"
    return f"{low} x" if low == high else f"{low} to {high} x"


def _bar(filled_to: float, ends: Interval, stroke: float | None, cells: int) -> str:
    line = [" "] * cells
    low, high = (_cell(end, cells) for end in ends)
    line[low : high + 1] = "─" * (high - low + 1)
    filled = round(filled_to * cells)
    line[:filled] = "█" * filled
    line[low:filled] = "▓" * max(0, filled - low)
    if stroke is not None:
        line[_cell(stroke, cells)] = "┃"
    return "".join(line)


def _cell(share: float, cells: int) -> int:
    return min(int(share * cells), cells - 1)
