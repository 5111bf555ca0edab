"""What one search lists in mode B, a page at a time, and the item under the cursor beside it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from textual import getters
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from store.errors import StoreError
from store.items import pairs
from store.views import browse, filter_values
from store.views.browse import BrowseRow
from store.views.listing import Key
from store.views.preview import ItemPreview, preview
from store.views.query import Query, SearchTarget, Sort, parse
from tui.keymap import with_keys
from tui.modes.browse import text as lines
from tui.modes.browse.acts import ActsOnMarks
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.next_step import NextStep, command
from tui.widgets.row_list import RowList
from tui.widgets.rule import Rule

NEAR = 50
"""Rows before the end of those loaded at which more are read."""

SLOW = 0.4
"""Seconds after which a search says that it is under way."""


class ListingScreen(ActsOnMarks):
    """Reads rows as the cursor comes near them; the item beside them is read behind it."""

    rule = getters.query_one("#listed", Rule)
    searched = getters.query_one("#searched", Static)
    both = getters.query_one("#both", Container)
    listed = getters.query_one(RowList)
    pane = getters.query_one("#preview", AnswerPane)
    next_step = getters.query_one(NextStep)

    def __init__(self) -> None:
        super().__init__()
        self.query_: Query = Query()
        """What is listed."""
        self.rows: list[BrowseRow] = []
        self._line = ""
        self._typed = ""
        self._opened = False
        self._searching = False
        self._before = self._behind = False
        self._total: int | None = None
        """Rows of what is listed, as far as they are counted; None before."""
        self._counting = False
        self._shown: ItemPreview | None = None
        self._hits: list[int] = []
        self._hit = -1
        self._from_end = False
        """The next item is looked at from its last hit on: one goes backwards."""

    def compose_mode(self) -> Iterable[Widget]:
        """What is asked for, the rows, the item; or what to do when there is nothing at all."""
        yield Rule(widget_id="listed")
        yield Static(id="searched", markup=False)
        with Container(id="both"):
            yield RowList(widget_id="rows")
            yield AnswerPane(widget_id="preview")
        yield NextStep()

    def both_panes(self) -> Iterable[AnswerPane]:
        """``v`` shows the item alone."""
        return (self.pane,)

    async def _open_first(self) -> None:
        there = await self.ask(pairs.count)
        await self._ask_for("", kind=SearchTarget.PAIR if there else SearchTarget.PROMPT)
        self._opened = True

    async def _ask_for(
        self,
        line: str,
        *,
        kind: SearchTarget | None = None,
        sort: Sort | None = None,
        down: bool | None = None,
    ) -> None:
        """List what a search line asks for; where it cannot be meant, say why and list on."""
        last = self.query_
        down = last.down if down is None else down
        query = parse(line, kind or last.kind, sort or last.sort, down=down)
        problem = query.problem or await self.ask(filter_values.problem, query)
        if problem:
            self.tell(problem, wrong=True)
            return
        if kind is not None and query.kind is not kind:
            self.tell(f"this search can be asked of {lines.NAMES[query.kind].lower()} only")
            return
        before = self._line, self.query_
        self._line, self.query_, self._total = line.strip(), query, None
        self.tell("")
        self._searching = True
        waiting = self.set_timer(SLOW, self._tell_searching)
        try:
            await self._load()
        except StoreError:
            self._line, self.query_ = before
            raise
        finally:
            self._searching = False
            waiting.stop()
            self.tell("")

    def _tell_searching(self) -> None:
        if self._searching:  # a timer that is stopped may be on its way already
            self.tell("searching")

    async def again(self) -> None:
        """The same rows as they are now, the cursor on the item it was on."""
        row, cursor = self.row(), self.listed.cursor
        if not self._opened or row is None:
            await self._load()
            return
        start = self.rows[0].key if self._before else None
        read = await self._page(start=start, including=True, limit=max(len(self.rows), browse.PAGE))
        self.rows, self._behind = list(read.rows), read.more
        places = [each.id for each in self.rows]
        self.listed.show(self.rows, places.index(row.id) if row.id in places else cursor)
        await self._arrived(recount=True)

    async def _load(self, *, backwards: bool = False) -> None:
        """The first page, or the last."""
        read = await self._page(backwards=backwards)
        self.rows = list(read.rows)
        self._before, self._behind = backwards and read.more, not backwards and read.more
        self.listed.show(self.rows, len(self.rows) - 1 if backwards else 0)
        await self._arrived(recount=not backwards)

    async def _page(
        self,
        *,
        start: Key | None = None,
        including: bool = False,
        backwards: bool = False,
        limit: int = browse.PAGE,
    ) -> browse.ResultPage:
        return await self.ask(
            browse.page,
            self.services.annotator,
            self.query_,
            start=start,
            including=including,
            backwards=backwards,
            limit=limit,
            at=self.services.clock(),
        )

    async def _more(self, *, backwards: bool) -> None:
        """The page behind what is loaded, or before it."""
        query, edge = self.query_, self.rows[0 if backwards else -1]
        read = await self._page(start=edge.key, backwards=backwards)
        if query is not self.query_ or not self.rows:
            return
        if backwards:
            self.rows[:0], self._before = read.rows, read.more
            self.listed.show(self.rows, self.listed.cursor + len(read.rows))
        else:
            self.rows += read.rows
            self._behind = read.more
            self.listed.show(self.rows, self.listed.cursor)

    def _move(self, rows: int) -> None:
        """Put the cursor on another row; read more where the loaded ones end."""
        before = self.listed.cursor
        self.listed.cursor += rows
        if self.listed.cursor > len(self.rows) - NEAR and self._behind:
            self.background(partial(self._more, backwards=False), group="page")
        elif self.listed.cursor < NEAR and self._before:
            self.background(partial(self._more, backwards=True), group="page")
        if self.listed.cursor != before:
            self._look()

    async def _arrived(self, *, recount: bool) -> None:
        """Other rows are there: say so, and look at the one under the cursor."""
        anything = bool(self.rows) or bool(self._line)
        for widget in (self.searched, self.both, self.rule):
            widget.display = anything
        self.next_step.display = not anything
        self.listed.set_class(not self.rows, "-empty")  # a head without rows says nothing
        self.searched.update(lines.searched(self._line))
        self.listed.draw_head = partial(lines.head, self.query_)
        if not anything:
            self._tell_next_step()
        if recount:
            self.background(self._count, group="count")
        self._draw_title()
        self._look()

    async def _count(self) -> None:
        """Portion by portion: whatever else is asked of the store comes in between."""
        query = self.query_
        counted = browse.RowCount(len(self.rows), None)
        if self._behind or self._before:
            self._counting |= self._total is None  # else the number before stands until then
            counted = browse.RowCount()
        while counted.upto is not None and query is self.query_:
            counted = await self.ask(browse.count_on, self.services.annotator, query, counted)
            if self._counting:
                self._total = max(counted.number, len(self.rows))
                self._draw_title()
        if query is self.query_:
            self._total, self._counting = counted.number, False
            self._draw_title()

    def marks_changed(self) -> None:
        """Title, rows and keys say what is marked now."""
        self.forget_removal()
        self._draw_title()
        self.listed.refresh()
        self.refresh_bindings()

    def _draw_title(self) -> None:
        self.rule.heading = lines.title(
            self.query_, self._total, len(self.chosen), counting=self._counting
        )

    def _draw_row(self, row: BrowseRow, width: int, *, current: bool) -> Content:
        return lines.row(
            row, width, current=current, marked=row.id in self.chosen, sort=self.query_.sort
        )

    def row(self) -> BrowseRow | None:
        """The row under the cursor."""
        return self.rows[self.listed.cursor] if self.rows else None

    def _look(self) -> None:
        self.forget_removal()
        row = self.row()
        self.item_shown(row.id if row else None)
        self._hits, self._hit = [], -1
        self.background(self._show_item, group="preview")

    async def _show_item(self) -> None:
        row = self.row()
        if row is None:
            self._shown = None
            self.pane.show(
                Content.styled(with_keys(lines.EMPTY, self.app.key_of), "$muted"), title=""
            )
            return
        seen = await self.ask(
            preview, self.services.annotator, row.kind, row.id, at=self.services.clock()
        )
        words = [each.text for each in self.query_.words if not each.without]
        content, hits = lines.shown(seen, words)
        self._shown, self._hits = seen, hits
        self.pane.show(content, title=lines.preview_title(row))
        if hits and self._line:
            self._hit = len(hits) - 1 if self._from_end else 0
            self.call_after_refresh(self.pane.show_place, hits[self._hit])
        self._from_end = False

    def _tell_next_step(self) -> None:
        name = self.services.db_path
        self.next_step.tell(
            "This project is empty: there is nothing to look at yet.",
            [
                ("all.import", "brings in your prompts or pairs"),
                ("mode.home", "opens Home: {home.starter} there adds the starter set"),
                (command("import prompts.txt", name), "brings them in"),
            ],
        )
