"""Mode B: every pair, prompt and answer; found by words and filters, opened in its mode."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from textual.content import Content
from textual.events import Resize

from store.errors import SealedRound
from store.items import pairs
from store.log.undo import Undone
from store.views import adjudication, browse, out, search_index
from store.views.query import SearchTarget, Sort, without_sort
from tui.keys.looking import BROWSE
from tui.messages import LabelStored, StartSearch
from tui.modes.browse import text as lines
from tui.modes.browse.acts import CATEGORY
from tui.modes.browse.listing import ListingScreen
from tui.modes.common_keys import JUMP
from tui.search_suggester import SearchSuggester
from tui.widgets.note_line import NoteLine
from tui.widgets.row_list import RowList

WIDE_LIST = 140
"""Columns of the screen from which the list has three fifths of them."""

SEARCH = "search"
"""What the line below is open for, where it is no note."""


class BrowseScreen(ListingScreen):
    """The rows of one search, a page at a time, and the item under the cursor beside them.

    Everything shown comes from :mod:`store.views`, which leaves out what this annotator must not
    know yet.
    """

    MODE = "browse"
    CSS_PATH = "style.tcss"
    HELP_TEXT = lines.HELP
    JUMPS = "number"
    BINDINGS = BROWSE

    async def on_mount(self) -> None:
        """How a row is drawn."""
        self.listed.draw = self._draw_row  # type: ignore[assignment]  # rows are ours
        self.next_step.display = False

    def on_resize(self, event: Resize) -> None:
        """From some width on the list has the larger part."""
        self.set_class(event.size.width >= WIDE_LIST, "-wide")

    def on_screen_resume(self) -> None:
        """Opened: the pairs, or the prompts where there are none. Back: the same, read again."""
        self.background(self._open_first if not self._opened else self.again, group="rows")
        self.background(self._read_in, group="index")

    async def other_work(self) -> None:
        """Somebody else wrote: the rows may say something else now."""
        await self.again()
        await self._read_in()

    def on_start_search(self, _event: StartSearch) -> None:
        """``/`` was pressed in another mode."""
        self.action_search()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Most keys need a row; two marked answers make a pair; the rest is what is listed."""
        if action == "leave":
            return bool(self.has_class("-full") or self.chosen or self._line)
        if action in {"open", "mark", "next_hit"} and self.item_id is None:
            return None
        return super().check_action(action, parameters)

    def action_search(self) -> None:
        """The line as it was typed last, also where it was not understood."""
        self.note_line.open(SEARCH, self._typed, label="/", suggester=SearchSuggester())

    def action_open(self) -> None:
        """The item in the mode it belongs to."""
        self.act(self._open)

    def action_mark(self) -> None:
        """Marks the row, or takes the mark back, and goes on."""
        row = self.row()
        if row is not None:
            if self.chosen.pop(row.id, None) is None:
                self.chosen[row.id] = row
            self.marks_changed()
            self._move(1)

    def action_turn(self) -> None:
        """Pairs, prompts, answers; filters that cannot be asked of them are told."""
        kinds = list(SearchTarget)
        kind = kinds[(kinds.index(self.query_.kind) + 1) % len(kinds)]
        self.background(partial(self._ask_for, self._line, kind=kind), group="rows")

    def action_order(self) -> None:
        """By the next column."""
        sorts = [each for each in Sort if each is not Sort.LABELS or lines.labelled(self.query_)]
        at = sorts.index(self.query_.sort) if self.query_.sort in sorts else 0
        self._order_by(sorts[(at + 1) % len(sorts)], down=False)

    def action_reverse(self) -> None:
        """The same column the other way round."""
        self._order_by(self.query_.sort, down=not self.query_.down)

    def _order_by(self, sort: Sort, *, down: bool) -> None:
        """In place of what the search line says of the order."""
        ask = partial(self._ask_for, without_sort(self._line), sort=sort, down=down)
        self.background(ask, group="rows")

    def action_next_hit(self, step: int) -> None:
        """The next place that holds the words, here or in the next row."""
        at = self._hit + step
        if 0 <= at < len(self._hits):
            self._hit = at
            self.pane.show_place(self._hits[at])
        else:
            self._from_end = step < 0
            self._move(step)

    def action_scroll(self, lines: int) -> None:
        """Arrows, ``j`` and ``k``: through the rows, or through the item where it is picked."""
        if self._reads_item():
            super().action_scroll(lines)
        else:
            self._move(lines)

    def action_page(self, pages: int) -> None:
        """``pgup`` and ``pgdn``."""
        if self._reads_item():
            super().action_page(pages)
        else:
            self._move(pages * max(self.listed.page - 1, 1))

    def action_edge(self, end: bool) -> None:
        """The first and the last row of all."""
        if self._reads_item():
            super().action_edge(end)
        else:
            self.background(partial(self._load, backwards=end), group="rows")

    def action_leave(self) -> None:
        """Out of the full screen; then the marks, then the search are taken away."""
        if self.has_class("-full"):
            super().action_leave()
        elif self.chosen:
            self.chosen.clear()
            self.marks_changed()
        elif self._line:
            self._typed = ""
            self.background(partial(self._ask_for, ""), group="rows")

    async def skip(self) -> None:
        """``space``: the next row."""
        self._move(1)

    async def go_to(self, item_id: str) -> None:
        """``#41``, asked for in a mode that has no numbers of its own."""
        await self.jump(int(item_id.removeprefix(JUMP)))

    async def jump(self, number: int) -> None:
        """The row with a number, in project order; the next one where it is not listed."""
        self.background(partial(self._show_number, number), group="rows")

    async def _show_number(self, number: int) -> None:
        if not self._opened:
            await self._open_first()
        start = await self.ask(browse.key_of, self.services.annotator, self.query_, number)
        if start is None:
            self.tell(f"nothing listed here has the number {number:,} or comes after it")
            return
        read = await self._page(start=start, including=True)
        self.rows, self._before, self._behind = list(read.rows), True, read.more
        self.listed.show(self.rows, 0)
        await self._arrived(recount=True)
        await self._more(backwards=True)
        near = self.rows[self.listed.cursor].number
        self.tell("" if near == number else f"{number:,} is not listed; the next one is {near:,}")

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """A click; on the row with the cursor it opens the item."""
        if event.index == self.listed.cursor and self.item_id is not None:
            self.action_open()
        else:
            self._move(event.index - self.listed.cursor)

    def on_note_line_written(self, event: NoteLine.Written) -> None:
        """A search was finished with enter; a note is the base's."""
        if event.item == SEARCH:
            event.prevent_default()
            self._typed = event.text
            self.background(partial(self._ask_for, event.text), group="rows")
        elif event.item == CATEGORY:
            event.prevent_default()
            if event.text.strip():
                self.act(partial(self.give_category, event.text))

    async def undone(self, undone: Undone) -> None:
        """The rows again, as they are now."""
        self.post_message(LabelStored())
        await self.again()
        self.tell(f"undone: the last {undone.kind}")

    async def marked(self) -> None:
        """A note has changed: the rows tell it."""
        await self.again()

    async def origin(self) -> Content | None:
        """What is known of the item; who wrote the answers only where it may be told."""
        row, seen = self.row(), self._shown
        if row is None or seen is None:
            return None
        return lines.known(row, seen)

    def _reads_item(self) -> bool:
        """Whether the moving keys are for the item: it is picked, or stands alone."""
        return self.has_class("-full") or self.focused is self.pane

    # What keys do

    def _open_found(self, step: int) -> None:
        """A key of the mode where the last row was opened: the next row, in its mode."""
        before = self.listed.cursor
        self._move(step)
        if self.listed.cursor == before:
            self.app.say(f"the {'last' if step > 0 else 'first'} item found is this one")
        else:
            self.background(self._open, group="found")

    async def _open(self) -> None:
        row = self.row()
        if row is None:
            return
        self.app.session.open_found = self._open_found if self._line else None
        if row.kind is SearchTarget.PAIR:
            judged = not row.closed and row.id in (await self.ask(adjudication.agenda)).pair_ids
            await self.app.open_item("judge" if judged else "label", row.id)
        elif row.status == "imported":
            first = next(iter(await self.ask(pairs.of_prompt, row.prompt_id)), None)
            if first is None:
                self.tell("an imported answer without a pair: there is no mode it opens in")
            else:
                await self.app.open_item("label", first.id)
        else:
            # of a closed prompt not the answer's own chain: that would say which one is revised
            item = row.prompt_id if row.closed else row.id
            await self.app.open_item("revise", item)

    # The index

    async def _read_in(self) -> None:
        """Read the texts for searching, a few at a time; say how far it is."""
        await self.ask(search_index.mend)
        coverage = await self.ask(search_index.coverage)
        while not coverage.complete:
            self.status.doing = lines.reading(coverage)
            coverage = await self.ask(search_index.read_in)
        self.status.doing = ""
        if await self.ask(pairs.count) <= out.SOON:
            with suppress(SealedRound):  # nothing is told of it then
                await self.ask(out.work_out)
                await self._show_item()
