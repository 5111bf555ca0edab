"""The texts of one item, each as high as it needs to be as far as the rows go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from textual.content import Content
from textual.geometry import NULL_SPACING, Offset, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget
from textual.widgets import Static

from tui.formatting import counted
from tui.row_layout import Claim, shared
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.editor import Editor
from tui.widgets.header import WIDE
from tui.widgets.prompt_pane import PromptPane
from tui.widgets.text_body import LEFT, MEASURE, RIGHT

COLUMN = LEFT + MEASURE + RIGHT
"""Cells for a text at its full measure."""
VERY_WIDE = 190
"""Columns above which the texts stand in the middle instead of far apart."""
NARROWEST = 20
"""Columns below which no text can be read."""


class ReadingColumn(NamedTuple):
    """Widgets one above the other."""

    widgets: Sequence[Widget]
    most: int | None = None
    """Cells it takes at most; None for an even share."""


Band = Sequence[ReadingColumn]
"""Columns side by side."""


class _Bands(Layout):
    name = "bands"

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        del children, greedy  # the view knows its widgets
        assert isinstance(parent, ReadingView)
        return parent.arranged(size)


class ReadingView(Widget):
    """Shares its rows among its panes: nothing is cut while rows stand empty.

    The prompt takes what it needs up to half of them before the others take more than a line.
    Where there is not even a line for each text, :attr:`cramped` holds and words stand there
    instead.
    """

    DEFAULT_CSS = """
    ReadingView { height: 1fr; width: 1fr; }
    ReadingView > Static { height: auto; }
    ReadingView > #below { padding: 0 3; }
    """

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__(id=widget_id)
        self._layout = _Bands()
        self.cramped = False
        """There is no row for some text."""
        self._regions: list[tuple[Widget, Region]] = []
        self._together = False
        self._missing = 0
        self._below = Content("")

    @property
    def layout(self) -> Layout:
        """Not a style: style sheets know the layouts of Textual alone."""
        return self._layout

    def on_mount(self) -> None:
        """Panes ask for other rows when their texts change."""
        for pane in self.query(AnswerPane):
            pane.refit = self.fit

    # What a view says of itself

    def bands(self) -> Iterable[Band]:
        """From top to bottom; what is not displayed is passed over."""
        return ()

    def need(self, widget: Widget, width: int, room: int) -> int:
        """Rows that show all of a widget."""
        if isinstance(widget, AnswerPane):
            return room if self.screen.has_class("-full") else widget.rows(width)
        if isinstance(widget, Static):
            inner = max(width - widget.gutter.width, 1)
            return widget.get_content_height(Size(inner, room), self.app.size, inner)
        return room

    def claim(self, widget: Widget, width: int, room: int) -> Claim:
        """What a widget asks for."""
        need = self.need(widget, width, room)
        if isinstance(widget, Static):
            return Claim(need, need)
        # half of the rows are for the question, and half for the text that a person writes
        return Claim(need, first=room // 2 if isinstance(widget, PromptPane | Editor) else 0)

    # What stands in the rows that no text needs

    def tell_below(self, lines: Content) -> None:
        """Words for free rows, in a ``Static`` named ``below`` that stands in no band."""
        self.query_one("#below", Static).update(lines)
        self._below = lines
        self.fit()

    def place_below(self, size: Size, bottom: int, lines: int) -> tuple[int, int]:
        """Top and rows of these words; no rows hide them.

        Args:
            size: of the view.
            bottom: the row behind the last text.
            lines: of the words.
        """
        return bottom + 1, min(size.height - bottom - 1, lines)

    # What it uses

    @property
    def stacked(self) -> bool:
        """The answers stand one above the other."""
        return self.app.size.width < WIDE

    def fit(self) -> None:
        """Share the rows anew where the texts ask for it."""
        if self._together or not self.is_attached or not self.size:
            return
        regions = self._shares(self.size)
        if regions != self._regions:
            # a widget that asks for a layout has its parent arrange its children anew, not itself
            self.children[0].refresh(layout=True, repaint=False)
            for widget, region in regions:
                if isinstance(widget, AnswerPane):
                    widget.expect(region.height)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Other texts are shown in here: rows are shared once, behind the last of them."""
        self._together = True
        try:
            yield
        finally:
            self._together = False
        self.fit()

    def arranged(self, size: Size) -> ArrangeResult:
        """Where each widget stands in a space of this size."""
        self._regions = self._shares(size)
        cramped = not self._regions and any(child.display for child in self.children)
        if cramped is not self.cramped:
            self.cramped = cramped
            self.call_later(self.screen.refresh_bindings)
        return [
            WidgetPlacement(region, Offset(), NULL_SPACING, widget)
            for widget, region in self._regions
        ]

    def render(self) -> Content:
        """Nothing, or why nothing is shown."""
        if not self.cramped:
            return Content("")
        more = counted(self._missing, "more row") if self._missing else "more columns"
        return Content.styled(
            f"{' ' * LEFT}Too small to show both answers: verdicts wait for {more}.", "$warning"
        )

    def _parted(self, bands: Sequence[Band], rows: Sequence[int], room: int) -> Sequence[int]:
        """A long text area gives a row to part each text from the next: no pane moves for it."""
        gaps = len(bands) - 1
        for at, band in enumerate(bands):
            written = any(isinstance(w, Editor) for column in band for w in column.widgets)
            if written and sum(rows) == room and rows[at] - gaps > room // 2:
                return [*rows[:at], rows[at] - gaps, *rows[at + 1 :]]
        return rows

    def _shares(self, size: Size) -> list[tuple[Widget, Region]]:
        self._missing = 0
        if size.width < NARROWEST:
            return []
        bands = [kept for band in self.bands() if (kept := _displayed(band))]
        most = max((_most(band) for band in bands), default=0)
        width = min(size.width, most) if size.width > VERY_WIDE else size.width
        left = (size.width - width) // 2
        widths = [_widths(band, width) for band in bands]
        claims = [
            [
                [self.claim(widget, cells, size.height) for widget in column.widgets]
                for column, cells in zip(band, columns, strict=True)
            ]
            for band, columns in zip(bands, widths, strict=True)
        ]
        of_bands = [_band_claim(columns) for columns in claims]
        rows = shared(size.height, of_bands)
        if rows is None:
            self._missing = sum(claim.least for claim in of_bands) - size.height
            return []
        given = self._parted(bands, rows, size.height)
        found = []
        for at, (y, height) in enumerate(zip(_tops(size.height, given), given, strict=True)):
            x = left
            for column, cells, wanted in zip(bands[at], widths[at], claims[at], strict=True):
                found += _column(column, Region(x, y, cells, height), wanted)
                x += cells
        if self._below and found and not self.screen.has_class("-full"):
            bottom = max(region.bottom for _, region in found)
            y, height = self.place_below(size, bottom, self._below.plain.count("\n") + 1)
            if height > 0:
                below = Region(found[0][1].x, y, found[0][1].width, height)
                found.append((self.query_one("#below", Static), below))
        return found


def _column(
    column: ReadingColumn, region: Region, claims: Sequence[Claim]
) -> list[tuple[Widget, Region]]:
    """Where the widgets of a column stand.

    The last one reaches down to the end of its band, so that columns side by side stay where they
    are when only which of them is the longest changes.
    """
    rows = shared(region.height, claims) or [region.height]
    tops = _tops(region.height, rows)
    rows = [*rows[:-1], region.height - tops[-1]]
    return [
        (widget, Region(region.x, region.y + top, region.width, height))
        for widget, top, height in zip(column.widgets, tops, rows, strict=True)
    ]


def _band_claim(columns: Sequence[Sequence[Claim]]) -> Claim:
    """What a band asks for, from what the widgets in each of its columns ask for."""
    return Claim(
        need=max(sum(c.need for c in claims) + len(claims) - 1 for claims in columns),
        least=max(sum(min(c.least, c.need) for c in claims) for claims in columns),
        first=max(sum(c.first for c in claims) for claims in columns),
    )


def _displayed(band: Band) -> Band:
    """What is shown of a band: a pane that came back behind an editor may still be ``-away``."""
    columns = (
        ReadingColumn(
            [w for w in each.widgets if w.display and not w.has_class("-away")], each.most
        )
        for each in band
    )
    return [column for column in columns if column.widgets]


def _most(band: Band) -> int:
    """Cells in which all columns of a band stand at their full measure."""
    return sum(column.most or COLUMN for column in band)


def _widths(band: Band, width: int) -> list[int]:
    """Cells of each column; those that are bounded give the rest away."""
    cells = [min(width // len(band), column.most or width) for column in band]
    free = [at for at, column in enumerate(band) if column.most is None] or [0]
    spare = width - sum(cells)
    for place, at in enumerate(free):
        cells[at] += spare // len(free) + (place < spare % len(free))
    return cells


def _tops(room: int, rows: Sequence[int]) -> list[int]:
    """First row of each; a blank row parts them where there is room for all such rows."""
    gap = 1 if room - sum(rows) >= len(rows) - 1 else 0
    return [sum(rows[:at]) + at * gap for at in range(len(rows))]
