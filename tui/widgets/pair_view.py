"""A prompt and two answers to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import getters
from textual.app import ComposeResult
from textual.events import Resize
from textual.widgets import Static

from store.records import Message
from tui.sides import by_place
from tui.text import plain
from tui.unseen_text import hardly_differ
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.prompt_pane import PromptPane
from tui.widgets.reading import Band, ReadingColumn, ReadingView


class PairView(ReadingView):
    """Side by side on a wide screen, one above the other on a narrow one.

    Args:
        titles: the words above the answers; None for ``1 Left`` and ``2 Right``, which are
            ``1 Upper`` and ``2 Lower`` where they stand so.
    """

    DEFAULT_CSS = """
    PairView > #alike { padding: 0 3; color: $warning; }
    """

    prompt = getters.query_one("#prompt", PromptPane)
    left = getters.query_one("#left", AnswerPane)
    right = getters.query_one("#right", AnswerPane)
    alike = getters.query_one("#alike", Static)

    def __init__(
        self, titles: tuple[str, str] | None = None, *, widget_id: str | None = None
    ) -> None:
        super().__init__(widget_id=widget_id)
        self._titles = titles

    def compose(self) -> ComposeResult:
        """The order is that of ``tab``."""
        yield PromptPane(widget_id="prompt")
        yield Static(id="alike", markup=False)
        yield AnswerPane(widget_id="left")
        yield AnswerPane(widget_id="right")

    def bands(self) -> Iterable[Band]:
        """Prompt, answers."""
        yield [ReadingColumn([self.prompt])]
        yield [ReadingColumn([self.alike])]
        yield from self.answers()

    def answers(self) -> Iterable[Band]:
        """The two answers as they stand."""
        columns = (ReadingColumn([self.left]), ReadingColumn([self.right]))
        yield from [[column] for column in columns] if self.stacked else [columns]

    def on_mount(self) -> None:
        """Nothing to say of the answers yet."""
        self.alike.display = False
        self._name_sides()

    def on_resize(self, _event: Resize) -> None:
        """The answers may stand another way now."""
        self._name_sides()

    def show_pair(
        self,
        messages: Sequence[Message],
        first: str,
        second: str,
        *,
        title: str | None = None,
        aside: str = "",
    ) -> None:
        """Show a prompt and its answers, and say so where these can hardly be told apart."""
        words = hardly_differ(first, second)
        self.alike.display = bool(words)
        if words:
            self.alike.update(plain(f"The answers {words}."))
        with self.together():
            self.prompt.show_prompt(messages, title=title, aside=aside)
            self.left.show_answer(first)
            self.right.show_answer(second)

    def _name_sides(self) -> None:
        first, second = self._titles or ("1 Left", "2 Right")
        self.left.title = by_place(first, stacked=self.stacked)
        self.right.title = by_place(second, stacked=self.stacked)
