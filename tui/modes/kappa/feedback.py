"""Human against AI feedback as a sheet; no widget in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from store.agreement.feedback_comparison import Comparison
from store.reporting.comparison import NOTE, SCENARIO, SPREAD, Line, measures, scenario, spread
from tui.text import one_line, plain

NAME_CELLS = 26
"""The widest first column."""


def feedback(found: Comparison) -> Content:
    """Everybody's measures, then who is to judge what, then how verdicts fall."""
    if not found.raters:
        return plain("Nobody has labelled and no model has judged yet.")
    parts: list[Content] = []
    for rater in found.raters:
        kind = "person" if rater.kind == "person" else "AI"
        parts.append(plain(f"{one_line(rater.name, 40)} ({kind})", "bold"))
        parts += [plain(f"  {name:<12}{words}") for name, words in measures(rater)]
        parts.append(plain(""))
    parts += _table(SCENARIO, [scenario(each) for each in found.scenario])
    parts += _table(SPREAD, [spread(each) for each in found.spread])
    return Content("\n").join([*parts, plain(NOTE, "$muted")])


def _table(head: Sequence[str], lines: Sequence[Line]) -> Iterator[Content]:
    """Columns as wide as what is in them, dim where a line tells too little; then a gap."""
    if not lines:
        return
    rows = [
        [one_line(each, NAME_CELLS) for each in cells]
        for cells in (tuple(head), *(line.cells for line in lines))
    ]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    styles = ["$muted", *("dim" if line.few else "" for line in lines)]
    for row, style in zip(rows, styles, strict=True):
        cells = (set_cell_size(each, width) for each, width in zip(row, widths, strict=True))
        yield plain("  ".join(cells).rstrip(), style)
    yield plain("")
