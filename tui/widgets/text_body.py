"""A text that scrolls, wrapped by cells; another text in it moves nothing around it."""

from __future__ import annotations

from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style as VisualStyle
from textual.visual import Visual
from textual.widget import Widget

from tui.widgets.hanging import hang

LEFT, RIGHT = 3, 2
"""Blank cells beside the text; the last of them is the scroll bar's."""

MEASURE = 88
"""Cells a line of text takes at most; longer ones are tiring to read."""

WHEEL = 3
"""Lines one step of the mouse wheel scrolls."""


class _Wrapped(NamedTuple):
    """A text in lines, and what they were wrapped for."""

    content: Content
    width: int
    style: VisualStyle
    lines: list[Strip]


class TextBody(Widget, can_focus=False):
    """Draws and scrolls its lines itself.

    A ``Static`` in a scrolling container has the whole screen laid out anew for every text, which
    was most of the time between a key and the next pair, and between two pieces of a text that is
    being written. Here only these lines are drawn again.
    """

    COMPONENT_CLASSES = {"text-body--bar"}
    DEFAULT_CSS = """
    TextBody { height: 1fr; width: 1fr; }
    TextBody > .text-body--bar { background: $scrollbar; }
    """

    virtual_size: reactive[Size] = reactive(Size(0, 0), repaint=False)
    """As in Textual, but that it asks for another layout and paint of what has just had them."""

    top: reactive[int] = reactive(0)
    """The first line in sight."""

    class Moved(Message):
        """The text or the place in it has changed."""

        def can_replace(self, message: Message) -> bool:
            """Only the newest place counts."""
            return isinstance(message, TextBody.Moved)

    def __init__(self) -> None:
        super().__init__()
        self._content = Content("")
        self._lines: list[Strip] = []
        self._width = self._height = 0
        self._ahead: _Wrapped | None = None
        self._measured: _Wrapped | None = None
        self._home: Content | None = None
        self._stale = True
        self._base = Style()

    @property
    def below(self) -> int:
        """Lines out of sight below the last one in sight."""
        return max(len(self._lines) - self._height - self.top, 0) if self._height else 0

    def update(
        self, content: Content, *, from_top: bool = False, behind: Content | None = None
    ) -> None:
        """Show another text; the place in it is kept as far as the text goes.

        Args:
            content: the text.
            from_top: begin at its first line again.
            behind: a beginning of the text to start behind, also at another width or height, until
                somebody scrolls.
        """
        self._content = content
        self._home = behind
        self._wrap()
        if from_top and behind is None:
            self.top = 0
        self._place()

    def rows(self, width: int) -> int:
        """Rows that show all of the text where the widget is so wide."""
        return len(self._strips(width)) if width > LEFT + RIGHT else 1

    def expect(self, height: int) -> None:
        """Stand as the next layout, which gives it so many rows, will have it."""
        if height != self._height:
            self._height = height
            self._place()

    def prepare(self, content: Content) -> None:
        """Wrap what will probably be shown next, while nobody waits."""
        if self.is_attached and self.size.width > LEFT + RIGHT:
            width, style = self.size.width, self.visual_style
            self._ahead = _Wrapped(content, width, style, self._strips_of(content, width, style))

    def scroll_lines(self, lines: int) -> None:
        """Scroll down (or, below zero, up) by lines."""
        self._home = None
        self.top += lines

    def scroll_edge(self, *, end: bool) -> None:
        """To the last line or the first."""
        self._home = None
        self.top = len(self._lines) if end else 0

    def show_place(self, place: int) -> None:
        """Bring a character of the text into sight, a line below the upper edge."""
        if self.is_attached and self.size.width > LEFT + RIGHT:
            before = self._strips_of(self._content[: place + 1], self.size.width, self.visual_style)
            self.top = max(len(before) - 2, 0)

    def validate_top(self, top: int) -> int:
        """The last line never leaves the lower edge upwards."""
        return max(min(top, len(self._lines) - self._height), 0)

    def watch_top(self) -> None:
        """Say so."""
        self.post_message(self.Moved())

    def render(self) -> Content:
        """The whole text, as it is broken into lines, from which a selection is taken."""
        return hang(self._content, _text_width(self.size.width))

    def on_resize(self) -> None:
        """Wrap for a new width; a new height may be one that was expected."""
        if self._height != self.size.height or self._width != self.size.width:
            self._height = self.size.height
            self._wrap()
            self._place()
            self.post_message(self.Moved())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll by the lines of one notch of the wheel."""
        event.stop()
        self.scroll_lines(WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll back by as many."""
        event.stop()
        self.scroll_lines(-WHEEL)

    def on_click(self, event: events.Click) -> None:
        """A click on the scroll bar goes there."""
        if event.x >= self.size.width - 1 and self.size.height:
            self._home = None
            self.top = event.y * len(self._lines) // self.size.height

    def notify_style_update(self) -> None:
        """Other colours."""
        super().notify_style_update()
        self._stale = True

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw the selection."""
        self._wrap()
        super().selection_updated(selection)

    def render_line(self, y: int) -> Strip:
        """One line of what is in sight."""
        if self._stale:
            self._wrap()
        base, width = self._base, self.size.width
        at = y + self.top
        if at >= len(self._lines):
            return Strip.blank(width, base)
        line = Strip.join([Strip.blank(LEFT, base), self._lines[at]])
        if len(self._lines) <= self.size.height:
            return line.adjust_cell_length(width, base)
        bar = self.get_component_rich_style("text-body--bar") if self._bar(y) else base
        return Strip([*line.adjust_cell_length(width - 1, base), Segment(" ", bar)], width)

    def _bar(self, y: int) -> bool:
        """Whether the scroll bar's thumb is on a row."""
        height, whole = self.size.height, len(self._lines)
        length = max(height * height // whole, 1)
        start = round(self.top * (height - length) / max(whole - height, 1))
        return start <= y < start + length

    def _wrap(self) -> None:
        if not self.is_attached or self.size.width <= LEFT + RIGHT:
            self._width = 0  # hidden: where it comes up at its old size, it is wrapped then
        else:
            before, repaint = len(self._lines), self._stale
            self._width = self.size.width
            self._lines = self._strips(self._width)
            self._base = self.visual_style.rich_style
            self._stale = False
            if repaint or max(before, len(self._lines)) > self.size.height:
                self.refresh()
            else:  # what is blank before and after is not drawn again
                self.refresh(Region(0, 0, self.size.width, max(before, len(self._lines))))

    def _place(self) -> None:
        """Behind the beginning that is passed over, or where it was as far as the text goes."""
        if self._home is not None and self._width:
            self.top = len(self._strips_of(self._home, self._width, self.visual_style))
        else:
            self.top = self.top

    def _strips(self, width: int) -> list[Strip]:
        style = self.visual_style
        if self.text_selection is None:
            for known in (self._measured, self._ahead):
                if (
                    known is not None
                    and known.content is self._content
                    and (known.width, known.style) == (width, style)
                ):
                    self._measured = known
                    return known.lines
        lines = self._strips_of(self._content, width, style)
        if self.text_selection is None:
            self._measured = _Wrapped(self._content, width, style, lines)
        return lines

    def _strips_of(self, content: Content, width: int, style: VisualStyle) -> list[Strip]:
        cells = _text_width(width)
        return Visual.to_strips(self, hang(content, cells), cells, None, style)


def _text_width(width: int) -> int:
    """Cells for a line of text in a widget so wide."""
    return max(min(width - LEFT - RIGHT, MEASURE), 1)
