"""A short list of choices in columns, each with its key; what holds stands reversed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual.content import Content
from textual.events import Click
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from tui.keymap import key_name, key_of


class Option(NamedTuple):
    """One choice."""

    words: str
    value: str
    binding: str
    """Id of the key that chooses it."""


class ChoiceColumn(NamedTuple):
    """Choices of which one may hold."""

    heading: str
    options: tuple[Option, ...]


class ChoiceList(Widget):
    """Columns side by side, each with a heading; a click on a choice is its key."""

    DEFAULT_CSS = """
    ChoiceList { height: auto; padding: 0 3; color: $muted; background: $background; }
    """

    ALLOW_SELECT = False

    chosen: reactive[frozenset[str]] = reactive(frozenset)
    """The values that hold."""

    def __init__(self, columns: Sequence[ChoiceColumn], *, widget_id: str | None = None) -> None:
        super().__init__(id=widget_id)
        self._columns = tuple(columns)

    def on_click(self, event: Click) -> None:
        """A click on an option is its key."""
        binding = event.style.meta.get("binding")
        if binding is not None:
            self.app.simulate_key(key_name(self, binding))

    def render(self) -> Content:
        """The headings, then a row for each place in the columns."""
        rows = max(len(column.options) for column in self._columns)
        lines = [self._line([column.heading for column in self._columns], "$muted")]
        for place in range(rows):
            cells = [
                self._drawn(column.options[place]) if place < len(column.options) else Content("")
                for column in self._columns
            ]
            lines.append(self._line(cells))
        return Content("\n").join(lines)

    def _line(self, cells: Sequence[str | Content], style: str = "") -> Content:
        """One row, each cell as wide as its column."""
        parts = []
        for column, cell in zip(self._columns, cells, strict=True):
            content = Content.styled(cell, style) if isinstance(cell, str) else cell
            width = max(cell_len(column.heading), *(cell_len(o.words) + 5 for o in column.options))
            parts.append(content.pad_right(max(width + 3 - content.cell_length, 0)))
        return Content("").join(parts).truncate(self.content_size.width)

    def _drawn(self, option: Option) -> Content:
        holds = option.value in self.chosen
        entry = Content.assemble(
            (f" {key_of(self, option.binding)} ", "bold $accent"),
            (f"{option.words} ", "bold $accent" if holds else "$foreground"),
        )
        if holds:
            entry = entry.stylize("reverse")
        return entry.stylize(Style.from_meta({"binding": option.binding}))
