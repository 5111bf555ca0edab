"""Figures over the screen, a line each, and the pairs behind the line under the cursor."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NamedTuple

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from textual.widgets.option_list import Option

from tui.text import plain
from tui.widgets.footer import KeysLine
from tui.widgets.lines import Lines
from tui.widgets.rule import Rule
from tui.worker_errors import Bordered

ListPairs = Callable[[str, str, Sequence[str]], Awaitable[None]]
"""Opens the list of pairs behind a figure: whose it is, title, ids."""


class FigureLine(NamedTuple):
    """One line; a heading where nothing is behind it."""

    shown: Content
    note: str = ""
    """What a narrow line has no room for."""
    who: str = ""
    """The person or judge whose verdict stands in the list of pairs."""
    title: str = ""
    pairs: Sequence[str] | None = None


class FiguresScreen(ModalScreen[None], Bordered):
    """Lines of figures; enter lists the pairs behind one.

    Args:
        items: opens that list.
    """

    CSS_PATH = "figures_list.tcss"
    BINDINGS = [
        Binding("enter", "items", "Items", key_display="enter"),
        Binding("escape,q", "close", "Back", key_display="esc"),
    ]

    rule = getters.query_one(Rule)
    sentence = getters.query_one("#sentence", Static)
    note = getters.query_one("#note", Static)
    lines = getters.query_one(Lines)

    def __init__(self, items: ListPairs) -> None:
        super().__init__()
        self._items = items
        self._listed: list[FigureLine] = []

    def compose(self) -> ComposeResult:
        """What it comes to, the figures, a note on the one under the cursor, the keys."""
        yield Rule()
        yield Static(id="sentence", markup=False)
        yield Lines(markup=False)
        yield Static(id="note", markup=False)
        yield KeysLine()

    def on_mount(self) -> None:
        """The figures."""
        self.fill()
        self.lines.focus()

    def fill(self) -> None:
        """Show what is to be shown: by :meth:`show_lines`."""
        raise NotImplementedError

    def show_lines(self, listed: Iterable[FigureLine]) -> None:
        """Show these lines, the first figure under the cursor."""
        self._listed = list(listed)
        self.refresh_bindings()
        self.lines.set_options(
            Option(each.shown, disabled=each.pairs is None) for each in self._listed
        )
        self._make_room()
        self.lines.highlighted = next(
            (place for place, each in enumerate(self._listed) if each.pairs is not None), None
        )

    def on_resize(self) -> None:
        """A narrow line has no room for more of a note."""
        self.call_after_refresh(self._make_room)

    def _make_room(self) -> None:
        """As many rows as the longest note needs: no line moves for the note of another."""
        cells = self.note.content_size.width
        rows = [len(plain(each.note).wrap(cells)) for each in self._listed if each.note and cells]
        self.note.styles.height = max(rows, default=1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where no line has pairs there is nothing to list."""
        if action == "items" and all(each.pairs is None for each in self._listed):
            return None
        return super().check_action(action, parameters)

    def action_items(self) -> None:
        """The pairs of the line."""
        self.lines.action_select()

    def action_close(self) -> None:
        """Back to where one was."""
        self.dismiss()

    def on_option_list_option_highlighted(self, event: Lines.OptionHighlighted) -> None:
        """The note of the line."""
        event.stop()
        self.note.update(plain(self._listed[event.option_index].note, "$muted"))

    def on_option_list_option_selected(self, event: Lines.OptionSelected) -> None:
        """A line was chosen."""
        event.stop()
        line = self._listed[event.option_index]
        self.run_worker(self._items(line.who, line.title, line.pairs or ()), exclusive=True)
