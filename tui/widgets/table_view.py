"""The contingency table of two annotators, with margins and a cell cursor."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.keys.common import TABLE
from tui.text import plain
from tui.themes import TERMINAL

NAME_CELLS = 12
"""Longer annotator names are cut; both stand in full in the line above the table."""

COLUMN_CELLS = 6

_SHADES = ((0.75, "█", 43), (0.4, "▓", 32), (0.15, "▒", 20), (0.0, "░", 10))
"""From which share of the fullest cell on, the sign, and how many percent of the accent."""


@dataclass(frozen=True, slots=True)
class Contingency:
    """What the table shows."""

    first: str
    """The annotator of the rows."""
    second: str
    """The annotator of the columns."""
    labels: tuple[str, ...]
    cells: tuple[tuple[int, ...], ...]

    @property
    def row_totals(self) -> tuple[int, ...]:
        """How often the first annotator gave each verdict."""
        return tuple(map(sum, self.cells))

    @property
    def column_totals(self) -> tuple[int, ...]:
        """How often the second annotator gave each verdict."""
        return tuple(sum(column) for column in zip(*self.cells, strict=True))


class TableView(Widget, can_focus=True):
    """Counts by both verdicts; agreement on the diagonal is bold, zeros are dim.

    What ``enter`` does is the screen's business, which calls :meth:`action_choose`.
    """

    DEFAULT_CSS = """
    TableView { width: auto; height: auto; }
    """

    BINDINGS = TABLE

    contingency: reactive[Contingency | None] = reactive(None, layout=True)
    cursor: reactive[tuple[int, int]] = reactive((0, 0))

    @dataclass
    class CellChosen(Message):
        """Enter or a click on a cell: the verdict of each annotator."""

        first: str
        second: str

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cell cursor; it stops at the edges."""
        if self.contingency is None:
            return
        last = len(self.contingency.labels) - 1
        row, column = self.cursor
        self.cursor = (min(max(row + rows, 0), last), min(max(column + columns, 0), last))

    def action_choose(self) -> None:
        """Ask for the items of the cell under the cursor."""
        if self.contingency is not None:
            row, column = self.cursor
            labels = self.contingency.labels
            self.post_message(self.CellChosen(labels[row], labels[column]))

    def on_click(self, event: events.Click) -> None:
        """A click on a cell puts the cursor there; a second one lists its items."""
        table = self.contingency
        offset = event.get_content_offset(self)
        if table is None or offset is None:
            return
        row = offset.y - 1
        column = (offset.x - _head_cells(table)) // COLUMN_CELLS
        if 0 <= row < len(table.labels) and 0 <= column < len(table.labels):
            again = self.cursor == (row, column)
            self.cursor = (row, column)
            if again:
                self.action_choose()

    def render(self) -> Content:
        """The table as lines of text."""
        table = self.contingency
        if table is None:
            return Content("")
        lines = [_header(table)]
        lines += [self._line(table, row) for row in range(len(table.labels))]
        lines.append(_footer(table))
        return Content("\n").join(lines)

    def _line(self, table: Contingency, row: int) -> Content:
        parts: list[Content | tuple[str, str]] = [
            _name(table.first if row == 0 else "", _head_cells(table) - 5),
            (f"{short(table.labels[row]):>5}", ""),
        ]
        most = max(map(max, table.cells), default=0)
        dots = self.app.theme == TERMINAL.name  # its colours cannot be mixed
        for column, count in enumerate(table.cells[row]):
            here = self.has_focus and self.cursor == (row, column)
            style = "reverse" if here else _cell_style(row == column, count, most, dots=dots)
            sign = _shade(count, most)[0] if dots and count else ""
            parts.append((f"{f'{sign}{count:,}':>{COLUMN_CELLS - 1}} ", style))
        parts.append((f" │{table.row_totals[row]:>5}", "$muted"))
        return Content.assemble(*parts)


def short(label: str) -> str:
    """A verdict as a table head: ``bad`` for both_bad."""
    return "bad" if label == "both_bad" else label


def _cell_style(diagonal: bool, count: int, most: int, *, dots: bool) -> str:
    """The more pairs, the stronger the shade; agreement is bold, nothing is dim."""
    if not count:
        return "$muted"
    shade = "" if dots else f"on $accent {_shade(count, most)[1]}%"
    return f"{'bold ' if diagonal else ''}{shade}"


def _shade(count: int, most: int) -> tuple[str, int]:
    return next((sign, percent) for share, sign, percent in _SHADES if count >= share * most)


def _head_cells(table: Contingency) -> int:
    """Cells that the first annotator's name and the verdict take, left of the numbers."""
    widest = max(cell_len(plain(name).plain) + 1 for name in (table.first, table.second))
    return min(widest, NAME_CELLS) + 5


def _name(name: str, cells: int, after: str = "") -> Content:
    return Content(set_cell_size(_cut(name, cells - len(after)) + after, cells))


def _cut(name: str, cells: int) -> str:
    shown = plain(name).plain.replace("\n", " ")
    if cell_len(shown) <= cells:
        return shown
    return set_cell_size(shown, cells - 1).rstrip() + "…"


def _header(table: Contingency) -> Content:
    heads = "".join(f"{short(label):>{COLUMN_CELLS - 1}} " for label in table.labels)
    return Content.assemble(
        _name(table.second, _head_cells(table), ":").stylize("$muted"),
        (heads + " │  all", "$muted"),
    )


def _footer(table: Contingency) -> Content:
    totals = "".join(f"{count:>{COLUMN_CELLS - 1}} " for count in table.column_totals)
    everything = sum(table.column_totals)
    head = " " * (_head_cells(table) - 5) + "  all"
    return Content(f"{head}{totals} │{everything:>5}").stylize("$muted")
