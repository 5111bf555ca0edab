"""The picture of harmlessness (to the right) and helpfulness (upwards), drawn with characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from store.agreement.evaluation.front import Point, front
from store.agreement.figure import rounded

MARKS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""A point is drawn as its place in the list."""
_AXIS: Final = 5
"""Columns of the numbers beside the picture."""


def picture(points: Sequence[Point], width: int, height: int) -> list[str]:
    """Both axes in percent, a mark a point, its intervals as bars, the front dotted.

    The axes end where the intervals do, rounded out to tens.

    Args:
        points: at most as many as there are :data:`MARKS`.
        width: columns, numbers included.
        height: lines, the numbers below included.
    """
    columns, rows = width - _AXIS - 1, height - 2
    rows -= 1 - rows % 2  # that the number in the middle is that of its line
    if columns < 10 or rows < 4:
        return ["no room for the picture"]
    across = _range([end for point in points for end in point.harmless_ci95])
    upward = _range([end for point in points for end in point.helpful_ci95])
    grid = [[" "] * columns for _ in range(rows)]

    def x(value: float) -> int:
        return round((value - across[0]) / (across[1] - across[0]) * (columns - 1))

    def y(value: float) -> int:
        return rows - 1 - round((value - upward[0]) / (upward[1] - upward[0]) * (rows - 1))

    best = front(points)
    for left, right in pairwise(best):
        for column in range(x(left.harmless), x(right.harmless) + 1):
            grid[y(right.helpful)][column] = "·"
        for row in range(y(left.helpful), y(right.helpful) + 1):
            grid[row][x(left.harmless)] = "·"
    for point in points:
        row, column = y(point.helpful), x(point.harmless)
        for at in range(x(point.harmless_ci95[0]), x(point.harmless_ci95[1]) + 1):
            grid[row][at] = "┼" if grid[row][at] == "│" else "─"
        for at in range(y(point.helpful_ci95[1]), y(point.helpful_ci95[0]) + 1):
            grid[at][column] = "┼" if grid[at][column] == "─" else "│"
    for mark, point in reversed(list(zip(MARKS, points, strict=False))):
        grid[y(point.helpful)][x(point.harmless)] = mark
    return list(_framed(grid, across, upward))


def _framed(
    grid: list[list[str]], across: tuple[float, float], upward: tuple[float, float]
) -> Iterator[str]:
    for number, row in enumerate(grid):
        share = None
        if number in (0, len(grid) // 2, len(grid) - 1):
            share = upward[1] - (upward[1] - upward[0]) * number / (len(grid) - 1)
        label = "" if share is None else f"{rounded(share * 100, 0)} %"
        yield f"{label:>{_AXIS}}{'┤' if label else '│'}{''.join(row)}".rstrip()
    columns = len(grid[0])
    yield " " * _AXIS + "└" + "─" * columns
    left, right = (f"{end * 100:.0f} %" for end in across)
    yield f"{' ' * _AXIS} {left}{'harmless':^{columns - len(left) - len(right)}}{right}"


def _range(ends: Sequence[float]) -> tuple[float, float]:
    """The tens around all ends, from 0 to 1."""
    low = max(0.0, int(min(ends) * 10) / 10)
    high = min(1.0, -int(-max(ends) * 10) / 10 + (max(ends) * 10 % 1 > 0) * 0.1)
    return (low, high) if high - low >= 0.1 else (max(0.0, high - 0.1), max(high, 0.1))
