"""The keys that scroll, for every screen with panes."""

from __future__ import annotations

from collections.abc import Iterable

from tui.widgets.answer_pane import AnswerPane


class Scrolls:
    """A screen says which panes scroll together; the bindings call these."""

    def scrolling(self) -> Iterable[AnswerPane]:
        """The panes that the keys move now."""
        return ()

    def action_scroll(self, lines: int) -> None:
        """Arrows, ``j`` and ``k``."""
        for pane in self.scrolling():
            pane.scroll_lines(lines)

    def action_page(self, pages: int) -> None:
        """By the page of the lowest pane, so that none skips a line."""
        panes = list(self.scrolling())
        for pane in panes:
            pane.scroll_lines(pages * min(each.page for each in panes))

    def action_edge(self, end: bool) -> None:
        """``home`` and ``end``."""
        for pane in self.scrolling():
            pane.scroll_end_or_home(end=end)
