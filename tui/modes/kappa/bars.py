"""Kappa as a bar from 0 to 1 that fades over its interval."""

from __future__ import annotations

from textual.content import Content

CELLS = 16
"""Cells from 0 to 1."""


def bar(value: float | None, interval: tuple[float, float] | None, cells: int = CELLS) -> Content:
    """Full to the interval's low end, lighter to the figure, faint to the high end.

    Args:
        value: kappa; below 0 nothing is full.
        interval: its ends, where there is one.
        cells: between 0 and 1.
    """
    if value is None:
        return Content.styled("·" * cells, "$rule")
    low, high = interval or (value, value)
    sure, figure, edge = (_cells(end, cells) for end in (low, value, high))
    edge = max(edge, figure)
    return Content.assemble(
        ("█" * sure, "$accent"),
        ("▓" * (figure - sure), "$accent"),
        ("░" * (edge - figure), "$accent"),
        ("·" * (cells - edge), "$rule"),
    )


def _cells(value: float, cells: int) -> int:
    return min(max(round(value * cells), 0), cells)
