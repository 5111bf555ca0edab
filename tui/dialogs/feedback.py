"""Human against AI feedback over the screen: every figure a line, and the pairs behind each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from textual.binding import Binding
from textual.content import Content

from store.agreement.feedback_figures import FeedbackComparison
from store.reporting.comparison import (
    EVERYBODY,
    NOTES,
    SCENARIO,
    SPREAD,
    Measure,
    ReportLine,
    measures,
    scenario,
    spread,
    spread_title,
    spreads,
    weighed,
)
from tui.dialogs.figures_list import FigureLine, FiguresScreen, ListPairs
from tui.text import one_line, plain

NAME_CELLS = 20
"""The widest first column."""
CROWD = "Right: how often the likeliest verdict is given, all raters weighed (Dawid and Skene)."


class FeedbackScreen(FiguresScreen):
    """People and judges one below the other, then who is to judge what, then how verdicts fall.

    Args:
        found: what is told.
        items: opens the list of the pairs behind a figure.
    """

    BINDINGS = [Binding("h", "close", show=False)]

    def __init__(self, found: FeedbackComparison, items: ListPairs) -> None:
        super().__init__(items)
        self._found = found

    def fill(self) -> None:
        """All of it."""
        self.rule.heading = "Human and AI feedback"
        self.sentence.display = not self._found.raters
        if not self._found.raters:
            self.sentence.update(plain("Nobody has labelled and no model has judged yet."))
        self.show_lines(_lines(self._found))


def _lines(found: FeedbackComparison) -> Iterator[FigureLine]:
    crowd = weighed(found)
    for rater in found.raters:
        kind = "person" if rater.kind == "person" else "AI"
        yield FigureLine(plain(f"{one_line(rater.name, 40)} ({kind})", "bold"))
        told = measures(rater)
        told += [crowd[rater.name]] if rater.name in crowd else []
        yield from (_measure(each, rater.name) for each in told)
    if crowd:
        yield FigureLine(plain("all raters weighed", "bold"))
        yield _measure(crowd[EVERYBODY], "")
    yield from _table(
        "Who is to judge what",
        SCENARIO,
        [
            (
                scenario(each),
                f"{each.advice}. {NOTES['use']}",
                each.judge,
                f"{each.person} differs",
                each.differing,
            )
            for each in found.scenario
        ],
    )
    for who, parts in spreads(found).items():
        of = "" if who == "people" else who
        yield from _table(
            spread_title(one_line(who, 60)),
            SPREAD,
            [(spread(each), "", of, "labelled", each.pairs) for each in parts],
        )


def _measure(each: Measure, who: str) -> FigureLine:
    note = CROWD if each.key == "right" else NOTES.get(each.key, "")
    return FigureLine(plain(f"  {each.name:<12}{each.words}"), note, who, each.title, each.pairs)


def _table(
    title: str,
    head: Sequence[str],
    lines: Sequence[tuple[ReportLine, str, str, str, Sequence[str]]],
) -> Iterator[FigureLine]:
    """Columns as wide as what is in them, dim where a line tells too little."""
    if not lines:
        return
    rows = [
        [one_line(each, NAME_CELLS) for each in cells]
        for cells in (tuple(head), *(line[0].cells for line in lines))
    ]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    shown = [
        "  ".join(set_cell_size(each, width) for each, width in zip(row, widths, strict=True))
        for row in rows
    ]
    yield FigureLine(Content(""))
    yield FigureLine(plain(title, "bold"))
    yield FigureLine(plain(shown[0].rstrip(), "$muted"))
    for text, (line, note, who, title, pairs) in zip(shown[1:], lines, strict=True):
        style = "$muted" if line.few else ""
        where = f"{line.cells[0]} · {title}"
        yield FigureLine(plain(text.rstrip(), style), note, who, where, pairs)
