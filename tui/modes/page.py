"""A mode that is one page of text, scrolled as a whole."""

from __future__ import annotations

from textual import getters
from textual.containers import VerticalScroll

from tui.modes.base import ModeScreen


class PageScreen(ModeScreen):
    """Its widgets stand in one ``VerticalScroll``, which the moving keys move."""

    whole = getters.query_one(VerticalScroll)

    def action_scroll(self, lines: int) -> None:
        """Arrows, ``j`` and ``k``."""
        self.whole.scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        """``pgup`` and ``pgdn``."""
        self.whole.scroll_relative(y=pages * self.whole.size.height, animate=False)

    def action_edge(self, end: bool) -> None:
        """``home`` and ``end``."""
        (self.whole.scroll_end if end else self.whole.scroll_home)(animate=False)
