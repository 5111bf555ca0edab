"""A judge's reliability drawn with block cells: what it said against what people then said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.formatting import coefficient

if TYPE_CHECKING:  # the statistics, not needed for the first paint
    from store.agreement.judge.calibration import ReliabilityBin

CELLS = 40
HEAD = f"{'judge':>6}{'people':>8}  0{'share of a by people':^{CELLS - 2}}1{'n':>6}"


def reliability(bins: Sequence[ReliabilityBin], cells: int = CELLS) -> list[str]:
    """A line a bin, 80 columns with room to spare.

    The bar reaches to the share of ``a`` by people, the thin line is its interval, the stroke is
    the judge's probability: on a calibrated judge the stroke lies within the thin line.
    """
    return [
        f"{coefficient(each.said):>6}{coefficient(each.came):>8}  {_bar(each, cells)}{each.n:>6}"
        for each in bins
    ]


def _bar(each: ReliabilityBin, cells: int) -> str:
    line = [" "] * cells
    low, high = (_cell(end, cells) for end in each.ci95)
    line[low : high + 1] = "─" * (high - low + 1)
    filled = round(each.came * cells)
    line[:filled] = "█" * filled
    line[low:filled] = "▓" * max(0, filled - low)
    line[_cell(each.said, cells)] = "┃"
    return "".join(line)


def _cell(share: float, cells: int) -> int:
    return min(int(share * cells), cells - 1)
