"""A pair over the screen: what is known of it, its prompt, both answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import getters
from textual.app import ComposeResult
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from store.records import PairText
from tui.keys.common import PAIR_SHEET
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.footer import KeysLine
from tui.widgets.pair_view import PairView
from tui.widgets.reading import Band, ReadingColumn
from tui.widgets.scrolling import Scrolls


class KnownPairView(PairView):
    """A pair with what is known of it above the answers."""

    DEFAULT_CSS = """
    KnownPairView > #known { padding: 0 3; }
    """

    known = getters.query_one("#known", Static)

    def compose(self) -> ComposeResult:
        """The words, then as every pair."""
        yield Static(id="known", markup=False)
        yield from super().compose()

    def bands(self) -> Iterable[Band]:
        """What is known stands first."""
        yield [ReadingColumn([self.known])]
        yield from super().bands()


class PairSheet(Scrolls, ModalScreen[None]):
    """A pair to read; any of its closing keys leads back.

    Args:
        title: the words above the prompt.
        text: the pair, its answers as a and b.
        known: what everybody said of it, a line each.
    """

    DEFAULT_CSS = """
    PairSheet { background: $background; layout: vertical; }
    PairSheet > KeysLine { dock: bottom; }
    """

    AUTO_FOCUS = ""
    BINDINGS = PAIR_SHEET

    view = getters.query_one(KnownPairView)

    def __init__(self, title: str, text: PairText, known: Sequence[Content] = ()) -> None:
        super().__init__()
        self._heading = title
        self._text = text
        self._known = known

    def compose(self) -> ComposeResult:
        """The pair, the keys."""
        yield KnownPairView(("a", "b"))
        yield KeysLine()

    def on_mount(self) -> None:
        """Fill the panes."""
        self.view.known.display = bool(self._known)
        self.view.known.update(Content("\n").join(self._known))
        text = self._text
        self.view.show_pair(text.messages, text.a, text.b, title=self._heading)
        self.refresh_bindings()

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Only a conversation has turns."""
        return action != "turns" or (self.is_mounted and self.view.prompt.earlier > 0)

    def action_close(self) -> None:
        """Back to where one was."""
        self.dismiss()

    def action_turns(self) -> None:
        """Unfold the earlier turns, or fold them."""
        self.view.prompt.fold()

    def scrolling(self) -> Sequence[AnswerPane]:
        """The picked pane, or both answers."""
        picked = self.focused
        return [picked] if isinstance(picked, AnswerPane) else [self.view.left, self.view.right]
