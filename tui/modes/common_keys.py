"""The keys that every mode has: undo, skip, flag, note, go to, origin, guideline, help."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import getters
from textual.content import Content

from store import ids
from store.judgements import labels
from store.judgements.drafts import DraftKind, DraftPlace
from store.log import current_state
from tui.keymap import with_keys
from tui.modes.acting import ActingScreen
from tui.text import one_line
from tui.widgets.note_line import NoteLine

if TYPE_CHECKING:
    from store.log.undo import Undone

JUMP = "#"
"""What the line below is open for when it asks for a number."""


class CommonKeys(ActingScreen):
    """What these keys do, where a mode says nothing else."""

    JUMPS: ClassVar[str] = "number"
    """What ``#`` asks the number of."""
    HELP_TEXT: ClassVar[str] = ""
    """A few plain sentences about the mode, shown by ``?`` above its keys."""

    note_line = getters.query_one(NoteLine)

    async def skip(self) -> None:
        """Go to the next item and leave this one for later."""

    async def undone(self, undone: Undone) -> None:
        """Show the state after an undo; called when it is on disk."""

    async def marked(self) -> None:
        """The item's note or flag has changed; called when it is on disk."""

    async def origin(self) -> Content | None:
        """Where the item came from, in words; None where there is nothing to tell."""
        return None

    async def jump(self, number: int) -> None:
        """Show the item with a number; a mode without items shows it in Browse."""
        await self.app.open_item("browse", f"{JUMP}{number}")

    def action_undo(self) -> None:
        """An event that takes back the last one; nothing is deleted."""
        self.act(self._undo, on_item=False)

    def action_skip(self) -> None:
        """Go on; the item comes back later."""
        self.act(self.skip)

    def action_flag(self) -> None:
        """Set the item aside, or take that back."""
        self.act(self._flag)

    def action_note(self) -> None:
        """Open the line below for a note on the item."""
        if self.item_id is not None and self._is_meant():
            self._open_note(self.item_id)

    def action_jump(self) -> None:
        """Ask for the number."""
        self.note_line.open(JUMP, label=self.JUMPS)

    def action_found(self, step: int) -> None:
        """The next item of a search, or the one before, without the way through Browse."""
        open_found = self.app.session.open_found
        if open_found is not None:
            open_found(step)

    def action_where_from(self) -> None:
        """Show where the item came from, as far as the mode may tell."""
        self.background(self._show_origin, group="sheet")

    def action_guideline(self) -> None:
        """Open the guideline over the mode."""
        from tui.dialogs.guideline import GuidelineScreen  # its editor takes a moment to load

        self.app.push_screen(GuidelineScreen())

    def action_help(self) -> None:
        """Show the mode's sentences and the keys that work now."""
        from tui.dialogs.help import HelpScreen

        self.app.push_screen(HelpScreen(self, with_keys(self.HELP_TEXT, self.app.key_of)))

    def on_note_line_written(self, event: NoteLine.Written) -> None:
        """A note was finished with enter, or a number to go to."""
        if event.item == JUMP:
            self._jump(event.text)
            return
        item = event.item

        async def keep() -> None:
            at = self.services.clock()
            await self.ask(labels.note, item, self.services.annotator, event.text, at)
            self.drafts.drop(DraftPlace(DraftKind.NOTE, item))
            await self.marked()
            self.tell("note kept" if event.text.strip() else "note taken away")

        self.act(keep, on_item=False, decides=False)

    def _jump(self, text: str) -> None:
        number = text.strip().removeprefix("#").replace(",", "")
        if number.isdecimal():
            self.background(partial(self.jump, int(number[:12])), group="item")
        elif number:
            self.tell(f"{self.JUMPS} is a number; {one_line(number, 20)} is none", wrong=True)

    async def _undo(self) -> None:
        from store.log import undo

        at = self.services.clock()
        undone = await self.ask(undo.undo, self.services.annotator, at)
        if undone is None:
            self.tell("nothing to undo")
        else:
            await self.undone(undone)

    async def _flag(self) -> None:
        item = self.item_id
        if item is None:
            return
        own = current_state.Cell("flag", item, ids.name(self.services.annotator), "")
        on = not (await self.ask(current_state.value, own) or {}).get("on")
        await self.ask(labels.flag, item, self.services.annotator, on, self.services.clock())
        await self.marked()
        self.tell("flagged: left out of exports" if on else "flag taken back")

    def _open_note(self, item: str) -> None:
        """Open at once, so that no letter goes astray; the note comes as soon as it is read."""
        place = DraftPlace(DraftKind.NOTE, item)
        draft = self.drafts.get(place)
        self.note_line.open(item, place=place, draft=draft)
        if draft is None:
            self.background(partial(self._fill_in_note, place), group="note")

    async def _fill_in_note(self, place: DraftPlace) -> None:
        notes = await self.ask(labels.notes, place.item)
        self.note_line.fill_in(place, notes.get(self.services.annotator, ""))

    async def _show_origin(self) -> None:
        words = await self.origin()
        if words is not None:
            from tui.dialogs.sheet import Sheet

            await self.app.push_screen(Sheet("Where it came from", words))
