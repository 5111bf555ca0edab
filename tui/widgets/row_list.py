"""A list of rows drawn line by line: no widget a row, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

T = TypeVar("T", contravariant=True)


class DrawRow(Protocol[T]):
    """Draws a row for a width, or the head above the rows where there is none."""

    def __call__(self, row: T, width: int, *, current: bool) -> Content:
        """One line of exactly that many cells."""


class RowList(Widget):
    """The rows that are loaded, the cursor among them, and a head above.

    The screen that owns it loads rows before and behind, and moves the cursor.
    """

    DEFAULT_CSS = """
    RowList { height: 1fr; width: 1fr; padding: 0 1; }
    """

    ALLOW_SELECT = False

    cursor: reactive[int] = reactive(0)

    class Chosen(Message):
        """A row was clicked; the second click in a row opens it."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__(id=widget_id)
        self.rows: Sequence[object] = ()
        self.draw: DrawRow[object] | None = None
        """Set by the screen before there are rows."""
        self.draw_head: Callable[[int], Content] = lambda _width: Content("")
        """The head for a width, drawn with the rows so that it stands over their columns."""
        self._top = 0

    @property
    def page(self) -> int:
        """Rows in sight."""
        return max(self.size.height - 1, 1)

    def show(self, rows: Sequence[object], cursor: int) -> None:
        """Show other rows, or the same with more of them."""
        before, longer = self.cursor, len(rows) != len(self.rows)
        self.rows = rows
        self._top += cursor - before  # what stood in sight stays where it stood
        self.cursor = cursor
        self.refresh(layout=longer)  # its height may go by them

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line for each row that is loaded, and the head."""
        del container, viewport, width
        return len(self.rows) + 1

    def validate_cursor(self, cursor: int) -> int:
        """The cursor stays among the rows."""
        return max(min(cursor, len(self.rows) - 1), 0)

    def on_click(self, event: events.Click) -> None:
        """The row under the mouse."""
        index = self._top + event.y - 1
        if event.y >= 1 and index < len(self.rows):
            self.post_message(self.Chosen(index))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves the cursor, as the arrows do."""
        event.stop()
        self.post_message(self.Chosen(min(self.cursor + 3, len(self.rows) - 1)))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel moves the cursor, as the arrows do."""
        event.stop()
        self.post_message(self.Chosen(max(self.cursor - 3, 0)))

    def render(self) -> Content:
        """The head and the rows in sight."""
        draw, width, page = self.draw, self.content_size.width, self.page
        if draw is None or width < 1:
            return Content("")
        self._top = max(min(self._top, self.cursor, len(self.rows) - page), self.cursor - page + 1)
        self._top = max(self._top, 0)
        shown = self.rows[self._top : self._top + page]
        lines = [
            draw(row, width, current=self._top + place == self.cursor)
            for place, row in enumerate(shown)
        ]
        return Content("\n").join([self.draw_head(width).truncate(width), *lines])
