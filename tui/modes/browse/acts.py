"""What mode B does with the rows that are marked: flags, the queue, pairs, categories, removal."""

from __future__ import annotations

from functools import partial

from store.items import categories
from store.judgements import pairing
from store.rounds import relabel
from store.views import browse, marked
from store.views.browse import BrowseRow
from store.views.marked import Removing
from store.views.query import Query, SearchTarget
from tui.messages import ExportThese, LabelStored
from tui.modes.base import ModeScreen
from tui.modes.browse import text as lines

CATEGORY = "category"
"""What the line below is open for, where a category is asked for."""


class ActsOnMarks(ModeScreen):
    """The marks, and the keys that act on all of them, or on the row where nothing is marked."""

    query_: Query
    """What is listed."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen: dict[str, BrowseRow] = {}
        """What ``x`` was pressed on, whatever is listed now."""
        self._removing: Removing | None = None
        """What the same key removes when it is pressed again."""

    def row(self) -> BrowseRow | None:
        """The row under the cursor."""
        raise NotImplementedError

    async def again(self) -> None:
        """Read the rows again, as they are now."""
        raise NotImplementedError

    def marks_changed(self) -> None:
        """Show what is marked now."""
        raise NotImplementedError

    def marked_of(self, *kinds: SearchTarget) -> tuple[BrowseRow, ...]:
        """What is marked of some kinds; the row under the cursor where nothing is marked at all."""
        row = self.row()
        chosen = self.chosen.values() if self.chosen else [row] if row is not None else []
        return tuple(each for each in chosen if each.kind in kinds)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Each act needs a row it can be done to; two marked answers make a pair."""
        answers = self.marked_of(SearchTarget.ANSWER)
        if action in {"category", "export_these", "mark_all"} and self.row() is None:
            return None
        if action == "queue" and not self.marked_of(SearchTarget.PAIR):
            return None
        if action == "pair" and len(answers) != 2:
            return None
        if action == "remove" and not self.marked_of(SearchTarget.PAIR, SearchTarget.PROMPT):
            return None
        return super().check_action(action, parameters)

    def action_flag(self) -> None:
        """Flags all that is marked, or the row; where all are flagged, takes that back."""
        self.act(self._flag_marked)

    def action_queue(self) -> None:
        """One's own labels of the marked pairs out of force, the pairs in the queue."""
        self.act(self._queue)

    def action_pair(self) -> None:
        """The two marked answers as a pair."""
        self.act(self._pair)

    def action_category(self) -> None:
        """Asks for the category."""
        self.note_line.open(CATEGORY, label="category")

    def action_remove(self) -> None:
        """The first press says what it concerns, the second one does it."""
        self.act(self._remove)

    def action_export_these(self) -> None:
        """Mode X with the marked pairs alone."""
        self.act(self._export, decides=False)

    def action_mark_all(self) -> None:
        """Everything that is listed, also what is not loaded."""
        self.act(self._mark_all, decides=False)

    def forget_removal(self) -> None:
        """Another key was pressed, or other rows are marked: nothing is about to be removed."""
        self._removing = None

    async def give_category(self, word: str) -> None:
        """The category that was asked for, to all that is marked."""
        prompt_ids = list(dict.fromkeys(each.prompt_id for each in self.marked_of(*SearchTarget)))
        me, at = self.services.annotator, self.services.clock()
        changed = await self.ask(categories.change, prompt_ids, word, me, at=at)
        await self.again()
        self.tell(lines.categorised(len(changed), len(prompt_ids), word))

    async def _flag_marked(self) -> None:
        items = [each.id for each in self.marked_of(*SearchTarget)]
        at = self.services.clock()
        done = await self.ask(marked.flag, items, self.services.annotator, at=at)
        await self.again()
        self.tell(lines.flagged(done.number, done.on))

    async def _queue(self) -> None:
        chosen = [each.id for each in self.marked_of(SearchTarget.PAIR)]
        me, at = self.services.annotator, self.services.clock()
        queued = await self.ask(relabel.these, chosen, me, at)
        self.post_message(LabelStored())
        await self.again()
        self.tell(lines.queued(len(queued), len(chosen)))

    async def _pair(self) -> None:
        one, other = self.marked_of(SearchTarget.ANSWER)
        if one.prompt_id != other.prompt_id:
            self.tell(
                "a pair is two answers to one prompt; these answer different ones", wrong=True
            )
            return
        at = self.services.clock()
        done = await self.ask(pairing.pair_two, one.id, other.id, self.services.annotator, at=at)
        self._clear_marks()
        await self.again()
        self.tell(done.words, wrong=done.position is None)

    async def _remove(self) -> None:
        items = [each.id for each in self.marked_of(SearchTarget.PAIR, SearchTarget.PROMPT)]
        asked = await self.ask(marked.removing, items)
        key = self.app.key_of("browse.remove")
        if asked != self._removing:
            self._removing = asked
            self.tell(lines.about_to_remove(asked, key))
            return
        self._removing = None
        me, at = self.services.annotator, self.services.clock()
        await self.ask(marked.remove, asked, me, at=at)
        self._clear_marks()
        self.post_message(LabelStored())
        await self.again()
        self.tell(lines.removed(asked))

    async def _export(self) -> None:
        found: dict[str, None] = {}
        for kind in SearchTarget:
            items = [each.id for each in self.marked_of(kind)]
            found |= dict.fromkeys(await self.ask(marked.pairs_of, kind, items))
        kept, closed = await self.ask(marked.to_export, list(found), self.services.annotator)
        if not kept:
            self.tell(lines.nothing_to_export(closed), wrong=True)
            return
        await self.app.switch_mode("export")
        self.app.pass_on(ExportThese(frozenset(kept), closed))

    async def _mark_all(self) -> None:
        find = partial(browse.page, told=False, limit=browse.MOST, at=self.services.clock())
        found = await self.ask(find, self.services.annotator, self.query_)
        self.chosen = {each.id: each for each in found.rows}
        self.marks_changed()
        self.tell(f"the first {browse.MOST:,} are marked" if found.more else "")

    def _clear_marks(self) -> None:
        self.chosen.clear()
        self.marks_changed()
