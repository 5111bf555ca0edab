"""A sheet of text over the screen: where an item came from, a log."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.screen import ModalScreen

from tui.keys.common import SHEET
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.footer import KeysLine
from tui.widgets.scrolling import Scrolls


class Sheet(Scrolls, ModalScreen[None]):
    """Text to read; scrolls like every pane, and any of its closing keys leads back."""

    DEFAULT_CSS = """
    Sheet { align: center middle; background: $background; }
    Sheet > AnswerPane { max-width: 104; padding: 1 0 0 0; }
    Sheet > KeysLine { dock: bottom; }
    """

    BINDINGS = SHEET

    def __init__(self, title: str, content: Content, *, at_end: bool = False) -> None:
        super().__init__()
        self._pane = AnswerPane(title)
        self._content = content
        self._at_end = at_end

    def compose(self) -> ComposeResult:
        """The text, the keys."""
        yield self._pane
        yield KeysLine()

    def on_mount(self) -> None:
        """Fill the pane."""
        self._pane.show(self._content)
        if self._at_end:
            self.call_after_refresh(self._pane.scroll_end_or_home, end=True)

    def action_close(self) -> None:
        """Back to where one was."""
        self.dismiss()

    def scrolling(self) -> tuple[AnswerPane]:
        """The one pane."""
        return (self._pane,)
