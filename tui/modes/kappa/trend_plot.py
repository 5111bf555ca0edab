"""Kappa over the order of labelling, in braille dots, with the guideline's versions marked."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from store.agreement.trend import GuidelineMark, TrendPoint

SCALES = ((1.0, 0.8, 0.6, 0.4), (1.0, 0.6, 0.2, -0.2))
"""Marks of the axis, top down: as a rule, and where some kappa is below the last of them."""

STEPS = (4, 3, 2, 1)
"""Rows from mark to mark, the larger picture first."""

WIDEST, NARROWEST = 96, 18
"""Cells of the picture."""
AXIS = 5
"""Cells before it."""

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Braille bits of a cell: its two columns, top down."""

Marks = Sequence[GuidelineMark]


class TrendPlot(Widget):
    """The picture, as wide as there is room for."""

    DEFAULT_CSS = """
    TrendPlot { height: auto; width: 1fr; }
    """

    step: reactive[int] = reactive(STEPS[0], layout=True)
    """Rows from mark to mark."""
    points: reactive[tuple[TrendPoint, ...]] = reactive(())
    marks: reactive[tuple[GuidelineMark, ...]] = reactive(())

    @property
    def tells(self) -> bool:
        """Kappa is known at two points at least."""
        return sum(point.kappa.value is not None for point in self.points) > 1

    def render(self) -> Content:
        """The picture with its axes."""
        cells = min(self.content_size.width - AXIS, WIDEST)
        if not self.tells or cells < NARROWEST:
            return Content("")
        return plot(self.points, self.marks, cells, self.step)


def height(step: int) -> int:
    """Rows of the picture with the axis of pairs and the versions below it."""
    return step * (len(SCALES[0]) - 1) + 3


def plot(points: Sequence[TrendPoint], marks: Marks, cells: int, step: int) -> Content:
    """The picture: a line through the points, which stand at the end of their stretch.

    Args:
        points: kappa by stretch, two at least; where it is undefined the line has a gap.
        marks: from which common pair on another version of the guideline held.
        cells: width of the picture itself.
        step: rows from mark to mark of the axis.
    """
    total = points[-1].upto
    where = {_cell(mark.after, total, cells): mark.version for mark in marks if mark.after < total}
    known = [point.kappa.value for point in points if point.kappa.value is not None]
    scale = SCALES[min(known, default=1.0) < SCALES[0][-1]]
    grid = [[0] * cells for _ in range(height(step) - 2)]
    _trace(grid, points, total, scale)
    lines = []
    for row, bits in enumerate(grid):
        axis = f"{scale[row // step]:.1f}".replace("0.", ".") if row % step == 0 else ""
        parts: list[tuple[str, str]] = [(f"{axis:>3} {'┤' if axis else '│'}", "$muted")]
        for at, dots in enumerate(bits):
            if dots:
                parts.append((chr(0x2800 + dots), "$accent"))
            else:
                parts.append(("┊" if at in where else " ", "$rule"))
        lines.append(Content.assemble(*parts))
    return Content("\n").join([*lines, _pairs_axis(total, cells), _versions(where, cells)])


def _trace(
    grid: list[list[int]], points: Sequence[TrendPoint], total: int, scale: Sequence[float]
) -> None:
    """Set the dots of the line."""
    width, dots, most, least = len(grid[0]) * 2, len(grid) * 4, scale[0], scale[-1]
    before: tuple[int, int] | None = None
    for point in points:
        value = point.kappa.value
        if value is None:
            before = None
            continue
        share = (max(value, least) - least) / (most - least)
        # the marks of the axis stand in the middle of the first and the last row
        now = round(point.upto / total * (width - 1)), round(2 + (1 - share) * (dots - 5))
        for x, y in _between(before or now, now):
            grid[y // 4][x // 2] |= _DOTS[x % 2][y % 4]
        before = now


def _between(one: tuple[int, int], other: tuple[int, int]) -> list[tuple[int, int]]:
    """The dots of a straight line."""
    steps = max(abs(other[0] - one[0]), abs(other[1] - one[1]), 1)
    return [
        (
            round(one[0] + (other[0] - one[0]) * step / steps),
            round(one[1] + (other[1] - one[1]) * step / steps),
        )
        for step in range(steps + 1)
    ]


def _pairs_axis(total: int, cells: int) -> Content:
    """How many common pairs there were: at the half, and at the end."""
    half, words = f"{total // 2:,}", f"{total:,} pairs"
    line = ["─"] * cells
    middle = (cells - len(half)) // 2
    if middle + len(half) + 1 < cells - len(words):
        line[middle : middle + len(half)] = half
    line[cells - len(words) :] = words
    return Content.styled(f"    └{''.join(line)}", "$muted")


def _versions(where: dict[int, int], cells: int) -> Content:
    """``v2`` under each mark that has room."""
    line = [" "] * cells
    for at, version in sorted(where.items()):
        words = f"v{version}"
        if at + len(words) <= cells and not "".join(line[max(at - 1, 0) : at + 2]).strip():
            line[at : at + len(words)] = words
    return Content.styled(f"     {''.join(line)}".rstrip() or " ", "$muted")


def _cell(after: int, total: int, cells: int) -> int:
    return min(round(after / total * (cells - 1)), cells - 1)
