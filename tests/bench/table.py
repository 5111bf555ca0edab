"""The rows that ``make bench`` prints: a figure, its baseline in the same run, and the target."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One measured figure."""

    figure: str
    """What was measured."""
    ours: str
    baseline: str
    ratio: float | None
    """Ours as a multiple of the baseline; None where there is nothing to divide."""
    target: float | None = None
    """The ratio to stay at or under; None where nothing is promised."""

    @property
    def met(self) -> bool | None:
        """Whether the target was met; None without one."""
        if self.ratio is None or self.target is None:
            return None
        return self.ratio <= self.target


def told(rows: list[BenchRow]) -> list[BenchRow]:
    """Say on stderr what is measured so far, as a whole part may take half an hour."""
    for row in rows:
        print(f"  {row.figure}: {row.ours} against {row.baseline}", file=sys.stderr, flush=True)
    return rows


def milliseconds(seconds: float) -> str:
    """A time as it is printed: three digits that mean something."""
    value = 1000 * seconds
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.3g} ms"


def time_of(call: Callable[[], object], *, repeats: int) -> float:
    """Median seconds of a call."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return median(taken)


def percentile(values: Iterable[float], share: float) -> float:
    """The value that so large a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def rendered(rows: Iterable[BenchRow]) -> str:
    """The rows as a table of plain text."""
    cells = [("figure", "ours", "baseline", "ratio", "target", "")]
    for row in rows:
        ratio = "-" if row.ratio is None else f"{row.ratio:.3g}"
        target = "-" if row.target is None else f"{row.target:g}"
        verdict = {True: "met", False: "missed", None: ""}[row.met]
        cells.append((row.figure, row.ours, row.baseline, ratio, target, verdict))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for line in cells:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)
