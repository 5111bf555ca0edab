"""A pair people disagree on: who said what, the answers, the guideline beside them."""

from __future__ import annotations

from collections.abc import Iterable

from textual import getters
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Static

from tui.widgets.guideline_pane import GuidelinePane
from tui.widgets.pair_view import PairView
from tui.widgets.reading import Band, ReadingColumn

GUIDELINE = 52
"""Cells the guideline takes at most beside the answers."""
SAID_WIDE, SAID_STACKED = 5, 3
"""Rows for who said what."""
PARTING = 3
"""Blank rows between its parts."""


class CaseView(PairView):
    """On a narrow screen the guideline takes the place of the answers while one reads it."""

    DEFAULT_CSS = """
    CaseView > #said { padding: 0 3; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    said = getters.query_one("#said", Static)
    guideline = getters.query_one(GuidelinePane)

    def compose(self) -> ComposeResult:
        """The order is that of ``tab``."""
        yield from super().compose()
        yield Static(id="said", markup=False)
        yield GuidelinePane(widget_id="guideline")

    def bands(self) -> Iterable[Band]:
        """Prompt, who said what, answers and guideline."""
        yield [ReadingColumn([self.prompt])]
        yield [ReadingColumn([self.said])]
        yield [ReadingColumn([self.alike])]
        yield from self.answers()

    def answers(self) -> Iterable[Band]:
        """The answers, with the guideline beside or in place of them."""
        every = (self.left, self.right, self.guideline)
        if self.stacked:
            yield from ([ReadingColumn([pane])] for pane in every)
        else:
            yield [
                ReadingColumn([self.left]),
                ReadingColumn([self.right]),
                ReadingColumn([self.guideline], min(GUIDELINE, self.size.width * 3 // 10)),
            ]

    def need(self, widget: Widget, width: int, room: int) -> int:
        """What people said takes a few rows at most."""
        need = super().need(widget, width, room)
        if widget is self.said:
            return min(need, SAID_STACKED if self.stacked else SAID_WIDE)
        if widget is self.guideline and not self.stacked and not self.screen.has_class("-full"):
            # it scrolls: it takes what the others leave, with the rows that part them
            above = self.prompt.rows(self.size.width) + SAID_WIDE + PARTING
            return min(need, max(room - above, self.left.rows(width), self.right.rows(width)))
        return need
