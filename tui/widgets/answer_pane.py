"""A pane of text under its title: scrolls, fills while a model writes, keeps its size."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive

from tui.text import one_line, plain
from tui.unseen_text import nothing_to_see
from tui.widgets.rule import Rule
from tui.widgets.text_body import LEFT, MEASURE, RIGHT, TextBody

CURSOR = "▍"
"""Stands where a model is writing."""


class AnswerPane(Vertical, can_focus=True):
    """One text with a title in the rule above it.

    Fill it with :meth:`show` or, while the text is still growing, :meth:`stream`. The pane does
    not change its size or its place by itself: a :class:`~tui.widgets.reading.ReadingView` shares
    its rows among its panes. What is out of sight is counted in the rule.
    """

    DEFAULT_CSS = """
    AnswerPane { height: 1fr; width: 1fr; }
    AnswerPane.-shield > TextBody { color: $muted; }
    """

    BLANK = True  # what rule and text leave free of it is background

    virtual_size: reactive[Size] = reactive(Size(0, 0), repaint=False)
    """As in Textual, but that it asks for another layout and paint of what has just had them."""

    shielded: reactive[bool] = reactive(default=False)
    """Only the first line is shown, dimmed."""
    rendered: reactive[bool] = reactive(default=False)
    """Markdown in a text is drawn."""

    def __init__(self, title: str = "", *, widget_id: str | None = None) -> None:
        super().__init__(id=widget_id)
        self._rule = Rule(title)
        self._body = TextBody()
        self._content = Content("")
        self._bare: str | None = None
        """The text before it became content, where it was given so."""
        self._ahead: tuple[str | Content, Content] = ("", self._content)
        self._aside = ""
        self.writing = False
        """The text is still growing."""
        self.refit: Callable[[], None] | None = None
        """Called when the pane may need more or fewer rows than before."""

    def compose(self) -> ComposeResult:
        """The title, the text."""
        yield self._rule
        yield self._body

    def on_text_body_moved(self, event: TextBody.Moved) -> None:
        """Count what is out of sight whenever the text or the place in it changes."""
        event.stop()
        self._count_hidden()

    @property
    def title(self) -> str:
        """The words in the rule above the text."""
        return self._rule.heading

    @title.setter
    def title(self, title: str) -> None:
        self._rule.heading = title

    def mark_done(self, share: float) -> None:
        """Draw so much of the rule heavy, from 0 to 1."""
        self._rule.done = share

    @property
    def text(self) -> str:
        """What the pane holds, shielded or not, as it is drawn (marks included)."""
        return self._content.plain

    def rows(self, width: int) -> int:
        """Rows that show the title and all of the text where the pane is so wide."""
        return 2 if self.shielded else 1 + max(self._body.rows(width), 1)

    def expect(self, rows: int) -> None:
        """Stand at once as the next layout, which gives the pane so many rows, will have it."""
        self._body.expect(rows - 1)
        self._count_hidden()

    def prepare(self, text: str | Content) -> None:
        """Make ready what will probably be shown next, while nobody waits."""
        content = plain(text) if isinstance(text, str) else text
        self._ahead = (text, content)
        self._body.prepare(content)

    def show(
        self,
        text: str | Content,
        *,
        title: str | None = None,
        aside: str = "",
        top: bool = True,
        behind: Content | None = None,
    ) -> None:
        """Show a text.

        Args:
            text: a str from anywhere (it goes through :func:`tui.text.plain`), or content that
                has already been through it.
            title: new words for the rule; None keeps the old ones.
            aside: dim words at the right end of the rule.
            top: begin at the first line again.
            behind: a beginning of the text to start behind.
        """
        self.writing = False
        self._put(text, title=title, aside=aside, top=top, behind=behind)

    def show_answer(self, text: str, *, aside: str = "") -> None:
        """Show an answer; where there is nothing to see, words say so."""
        words = nothing_to_see(text)
        self.show(Content.styled(words, "italic $muted") if words else text, aside=aside)

    @property
    def aside(self) -> str:
        """The dim words at the right end of the rule, without what is out of sight."""
        return self._aside

    def remark(self, aside: str) -> None:
        """Other dim words at the right end of the rule; the text stays."""
        self._aside = aside
        self._count_hidden()

    def stream(self, text: str, *, title: str | None = None) -> None:
        """Show a text that is still being written; the place in it is kept."""
        content = Content.assemble(plain(text), (CURSOR, "$accent"))
        self.writing = True
        self._put(content, title=title, aside="writing", top=False)

    def scroll_lines(self, lines: int) -> None:
        """Scroll down (or, below zero, up) by lines."""
        self._body.scroll_lines(lines)

    @property
    def page(self) -> int:
        """Lines of nearly a pane, so that a line or two stay for the eye."""
        return max(self._body.size.height - 2, 1)

    def show_place(self, place: int) -> None:
        """Bring a character of the text into sight."""
        self._body.show_place(place)

    def scroll_end_or_home(self, *, end: bool) -> None:
        """To the last line or the first."""
        self._body.scroll_edge(end=end)

    def watch_shielded(self, shielded: bool) -> None:
        """Draw the text anew, whole or not."""
        self.set_class(shielded, "-shield")
        self._fill()

    def watch_rendered(self) -> None:
        """Draw the text anew, with its Markdown or without."""
        self._fill()

    def on_focus(self) -> None:
        """A picked pane says so in its rule."""
        self._rule.add_class("-picked")
        self._rule.refresh()

    def on_blur(self) -> None:
        """As before."""
        self._rule.remove_class("-picked")
        self._rule.refresh()

    def _read(self, text: str | Content) -> Content:
        if isinstance(text, Content):
            return text
        known, content = self._ahead
        return content if text == known else plain(text)

    def _put(
        self,
        text: str | Content,
        *,
        title: str | None,
        aside: str,
        top: bool,
        behind: Content | None = None,
    ) -> None:
        self._content = self._read(text)
        self._bare = text if isinstance(text, str) else None
        self._aside = aside
        if title is not None:
            self.title = title
        self._fill(from_top=top, behind=behind)

    def _fill(self, *, from_top: bool = False, behind: Content | None = None) -> None:
        if self.shielded and self._content.plain.strip():
            first = one_line(self._content.plain, max(self._body.size.width - 8, 20))
            self._body.update(Content(first), from_top=from_top)
        elif self.rendered and self._bare:
            from tui.markdown import rendered  # its parser is not needed before

            width = min(self._body.size.width - LEFT - RIGHT, MEASURE)
            self._body.update(rendered(self._bare, max(width, 20)), from_top=from_top)
        else:
            self._body.update(self._content, from_top=from_top, behind=behind)
        if self.refit is not None:
            self.refit()
        self._count_hidden()

    def _count_hidden(self) -> None:
        above, below = self._body.top, self._body.below
        more = " ".join(
            (*([f"{above} ↑"] if above else ()), *([f"{below} more ↓"] if below else ()))
        )
        shield = "shielded" if self.shielded else ""
        self._rule.aside = " · ".join(part for part in (self._aside, shield, more) if part)
