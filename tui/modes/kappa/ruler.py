"""Kappa on a ruler from 0 to 1: the bands, the interval and the figure in it."""

from __future__ import annotations

from textual.content import Content

from store.agreement.bands import Band, band

EDGES = ((0.0, Band.LOW), (0.4, Band.WEAK), (0.6, Band.GOOD), (0.8, Band.GOLDEN))
"""Where each band begins; the ruler begins at 0, kappa may not."""

CELLS = 60
"""Cells between 0 and 1."""


def ruler(value: float, interval: tuple[float, float] | None, cells: int = CELLS) -> Content:
    """Two lines: the bands with their names, the interval with the figure in it.

    What lies below 0 is drawn at its edge, with an arrow.

    Args:
        value: kappa.
        interval: its ends, where there is one.
        cells: between 0 and 1.
    """
    return Content("\n").join((_bands(value, cells), _mark(value, interval, cells)))


def _bands(value: float, cells: int) -> Content:
    now = band(value)
    starts = [_cell(edge, cells) for edge, _ in EDGES] + [cells]
    parts: list[Content | tuple[str, str]] = [("0 ", "$muted")]
    for at, (_, name) in enumerate(EDGES):
        width = starts[at + 1] - starts[at] - (at > 0)
        words = f" {name.value} ".center(width, "─")[:width]
        if at:
            parts.append(("┃", "$muted"))
        parts.append((words, "bold $foreground" if name is now else "$muted"))
    parts.append((" 1", "$muted"))
    return Content.assemble(*parts)


def _mark(value: float, interval: tuple[float, float] | None, cells: int) -> Content:
    line = [" "] * cells
    if interval is not None:
        low, high = (_place(end, cells) for end in interval)
        line[low : high + 1] = "─" * (high - low + 1)
        line[low] = "◂" if interval[0] < 0 else "├"
        line[high] = "┤"
    line[_place(value, cells)] = "◂" if value < 0 else "●"
    return Content.assemble("  ", ("".join(line).rstrip(), "$accent"))


def _cell(value: float, cells: int) -> int:
    return round(value * cells)


def _place(value: float, cells: int) -> int:
    """The cell of a value, inside the ruler."""
    return min(max(_cell(value, cells), 0), cells - 1)
