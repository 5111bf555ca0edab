"""What all modes share: the lines above and below, the common keys, the way a key acts.

A key acts on the item that was on the screen when it was pressed, and once however long it is
held: :meth:`ModeScreen.act` drops repeats of a held key, keys that were typed before the item was
painted or too soon after, and keys that come while an earlier one is still being written to the
disk. A key that is dropped says so in the footer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, ParamSpec, TypeVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key, Paste, Resize, ScreenResume
from textual.message import Message
from textual.widget import Widget
from textual.worker import Worker

from engine import netlock
from store import ids
from store.db import meta
from store.judgements import labels
from store.judgements.drafts import DraftKind, DraftPlace
from store.log import current_state
from tui import worker_errors
from tui.drafts import Drafts, since
from tui.formatting import brief
from tui.key_repeat import REPEAT, UNEVEN
from tui.keymap import display, with_keys
from tui.keys.common import COMMON, ITEM_ACTIONS
from tui.messages import AgreementMoved, CameBack, EngineSaid, FileDoubted, GoTo, OtherWork
from tui.modes import registry
from tui.modes.reading import ReadingKeys
from tui.services import Services
from tui.sides import by_place
from tui.text import one_line
from tui.widgets.footer import KeysLine, StatusLine
from tui.widgets.header import WIDE, Header
from tui.widgets.next_step import NextStep
from tui.widgets.note_line import NoteLine
from tui.widgets.prompt_pane import PromptPane
from tui.widgets.reading import VERY_WIDE, ReadingView

if TYPE_CHECKING:
    from store.log.undo import Undone

P = ParamSpec("P")
T = TypeVar("T")

JUMP = "#"
"""What the line below is open for when it asks for a number."""

LONG = 1.0
"""Seconds after which what somebody waits for is named."""

PAGE = 160
"""Cells of a page of figures or lines in the middle of a very wide screen."""


class ModeScreen(ReadingKeys):
    """One mode of the app.

    A mode fills :meth:`compose_mode`, calls :meth:`item_shown` whenever another item has been put
    into its panes, and runs everything a key does through :meth:`act`.
    """

    MODE: ClassVar[str] = ""
    """Id in the registry of modes; bindings whose id begins with it come first in the footer."""
    JUMPS: ClassVar[str] = "number"
    """What ``#`` asks the number of."""
    HELP_TEXT: ClassVar[str] = ""
    """A few plain sentences about the mode, shown by ``?`` above its keys."""

    AUTO_FOCUS = ""
    BINDINGS = COMMON

    header = getters.query_one(Header)
    status = getters.query_one(StatusLine)
    keys_line = getters.query_one(KeysLine)
    note_line = getters.query_one(NoteLine)

    def __init__(self) -> None:
        super().__init__()
        self.item_id: str | None = None
        """What a key acts on; None while there is nothing."""
        self._views: tuple[ReadingView, ...] = ()
        self._prompts: tuple[PromptPane, ...] = ()
        self._next_steps: tuple[NextStep, ...] = ()
        self._conversation = False
        """The prompt shown has earlier turns."""
        self._painted_at: float | None = None
        self._acting = False
        self._shown_since = 0.0
        self._away_since: float | None = None
        self._announced = False
        """It was said that this screen will be shown first."""

    def post_message(self, message: Message) -> bool:
        """Textual says twice that a screen is shown first, and styles all of it anew each time."""
        if isinstance(message, ScreenResume) and not self.is_mounted:
            if self._announced:
                return False
            self._announced = True
            message.refresh_styles = False  # its widgets have taken theirs when they were mounted
        return super().post_message(message)

    # What a mode says of itself

    def compose_mode(self) -> Iterable[Widget]:
        """The widgets between header and footer."""
        return ()

    async def skip(self) -> None:
        """Go to the next item and leave this one for later."""

    async def undone(self, undone: Undone) -> None:
        """Show the state after an undo; called when it is on disk."""

    async def marked(self) -> None:
        """The item's note or flag has changed; called when it is on disk."""

    async def origin(self) -> Content | None:
        """Where the item came from, in words; None where there is nothing to tell."""
        return None

    async def first_look(self) -> None:
        """Fill the panes before anything is painted: asked of the mode the app opens in."""

    def text_places(self) -> Iterable[tuple[DraftPlace, str]]:
        """The texts that can be written on the item shown, each with the id of its key."""
        if self.item_id is not None:
            yield DraftPlace(DraftKind.NOTE, self.item_id), "all.note"

    async def go_to(self, item_id: str) -> None:
        """Show an item that was picked in mode B."""

    async def jump(self, number: int) -> None:
        """Show the item with a number; a mode without items shows it in Browse."""
        await self.app.open_item("browse", f"{JUMP}{number}")

    async def other_work(self) -> None:
        """Another process wrote to the project: read again what may have changed."""

    # What a mode uses

    @property
    def services(self) -> Services:
        """Store, engine, clock."""
        return self.app.services

    @property
    def drafts(self) -> Drafts:
        """This annotator's unfinished texts."""
        return self.app.session.drafts

    async def ask(
        self, fn: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The result of a store function, run on the store thread.

        Raises:
            StoreError: as the function says; :meth:`act` and :meth:`background` show it.
        """
        return await self.services.store.call(fn, *args, **kwargs)

    @property
    def stacked(self) -> bool:
        """Answers stand one above the other here."""
        return self.app.size.width < WIDE

    @property
    def cramped(self) -> bool:
        """The screen is too small to show both answers."""
        return any(view.cramped for view in self._views if view.display)

    def page_cells(self, width: int) -> int:
        """Cells of a page of figures or lines, which stands in the middle of a very wide screen."""
        side = (width - PAGE) // 2 if width > VERY_WIDE else 0
        self.query_one("#mode").styles.padding = (0, side)
        return width - 2 * side

    @property
    def nothing_here(self) -> bool:
        """Instead of an item it is told what to do."""
        return any(each.display for each in self._next_steps)

    def worded(self, binding: Binding) -> Binding:
        """A binding with the words that hold for how the answers stand."""
        if not self.stacked:
            return binding
        return replace(
            binding,
            description=by_place(binding.description, stacked=True),
            tooltip=by_place(binding.tooltip, stacked=True),
        )

    def tell(self, words: str, *, wrong: bool = False) -> None:
        """Say at the right of the footer what was done, or in its place what went wrong."""
        self.status.told = words
        self.status.wrong = wrong

    def item_shown(self, item_id: str | None) -> None:
        """The panes now hold this item; keys act on it once it is painted."""
        conversation = any(pane.earlier for pane in self._prompts)
        changed = (self.item_id is None, conversation) != (item_id is None, self._conversation)
        if changed or item_id is None:  # also where there was none: what to do instead is told now
            self._conversation = conversation
            self.refresh_bindings()
        if item_id != self.item_id:
            self.item_id = item_id
            self.next_item()
        self._painted_at = None
        self.call_after_refresh(self._mark_painted, item_id)

    def seconds_on_item(self) -> float:
        """Seconds since the item was painted."""
        return round(max(self.services.stopwatch() - self._shown_since, 0.0), 2)

    @property
    def may_act(self) -> bool:
        """True when the key being handled was typed after the item was painted."""
        return self._painted_at is not None and self.app.input_time >= self._painted_at

    def act(
        self,
        work: Callable[[], Awaitable[None]],
        *,
        on_item: bool = True,
        decides: bool = True,
    ) -> None:
        """Do what a key asks for, unless the key was meant for something else.

        Args:
            work: what to do; its store and engine errors become one line in the footer.
            on_item: the key acts on the item shown. It is dropped when the item was not yet
                painted when it was typed, or when there is none.
            decides: something is decided by it: see :meth:`decide`.
        """
        if decides:
            self.decide(partial(self._begin, work), on_item=on_item)
        elif not on_item or self._is_meant():
            self._begin(work)

    def decide(self, do: Callable[[], None], *, on_item: bool = True) -> None:
        """Do something for a key that decides: once for each press, and not too soon.

        Args:
            do: called at once, or a moment later where only that tells a press from a repeat.
            on_item: it is about the item shown, which must have been painted for the project's
                minimum time.
        """
        presses = self.app.presses
        within = min(UNEVEN, self.app.session.minimum_seconds) if on_item else REPEAT
        if not presses.is_repeat(within) and on_item and not self._is_meant(long=True):
            return
        item_id, key = self.item_id, presses.key

        def still_there() -> None:
            if self.item_id == item_id and self.is_current:
                do()

        presses.once(still_there, lambda: self.drop("held down", key), within=within)

    def drop(self, why: str, key: str = "") -> None:
        """Say that a key did not count.

        Args:
            why: the reason, in a few words.
            key: the key; the one being handled when empty.
        """
        shown = display(key or self.app.presses.key)
        self.status.dropped = f"{shown} did not count: {why}"

    def background(self, work: Callable[[], Awaitable[None]], *, group: str) -> Worker[None]:
        """Run something that no key waits for; a newer one of its group takes its place."""
        return self.run_worker(partial(self.in_words, work), group=group, exclusive=True)

    @contextmanager
    def taking_long(self, words: str) -> Iterator[None]:
        """Say in the status line what takes more than a second, until it is done."""
        before = self.status.doing
        timer = self.set_timer(LONG, lambda: setattr(self.status, "doing", words))
        try:
            yield
        finally:
            timer.stop()
            if self.status.doing == words:
                self.status.doing = before

    def _is_meant(self, *, long: bool = False) -> bool:
        """Whether the key being handled is meant for the item shown; says why it is not.

        Args:
            long: the item must have been there for the minimum time.
        """
        if self.item_id is None:
            return False
        if not self.may_act:
            self.drop("typed before the item was here")
            return False
        least = self.app.session.minimum_seconds
        if long and self.app.input_time - (self._painted_at or 0.0) < least:
            self.drop(f"the item was here for less than {brief(least)}")
            return False
        return True

    def _begin(self, work: Callable[[], Awaitable[None]]) -> None:
        """Start what a key asks for, unless the key before it is not done yet."""
        if self._acting:
            self.drop("the key before is still being stored")
            return
        self._acting = True
        self.status.dropped = ""
        if self.status.wrong:
            self.tell("")
        waiting = self.set_timer(0.15, self._mark_unsaved)
        self.run_worker(self._act(work, waiting.stop), group="act")

    # Life

    def compose(self) -> ComposeResult:
        """Header, the mode's own widgets, footer."""
        yield Header(self.services.db_path.name, self.services.annotator, self.MODE)
        with Vertical(id="mode"):
            yield from self.compose_mode()
        with Vertical(id="footer"):
            yield NoteLine()
            yield StatusLine()
            yield KeysLine()

    async def on_mount(self) -> None:
        """Take over what is remembered; keys ask for views and prompts too often to search."""
        self._views = tuple(self.query(ReadingView))
        self._prompts = tuple(self.query(PromptPane))
        self._next_steps = tuple(self.query(NextStep))
        self.set_class(self.app.size.width < WIDE, "-narrow")
        self._tell_server()
        self.background(self._recall_shield, group="shield")
        if not self.app.session.settled:
            await self.in_words(self.first_look)

    def on_other_work(self, _event: OtherWork) -> None:
        """The app saw another process commit."""
        self.background(self.other_work, group="other")

    def on_came_back(self, _event: CameBack) -> None:
        """After ``fg``: no key counts before the item is painted anew."""
        self._painted_at = None
        self.call_after_refresh(self._mark_painted, self.item_id, again=True)

    def on_go_to(self, event: GoTo) -> None:
        """An item was picked in mode B, for this mode."""
        self.background(partial(self.go_to, event.item_id), group="item")

    def on_engine_said(self, _event: EngineSaid) -> None:
        """The engine may just have been made."""
        self._tell_server()

    def on_file_doubted(self, _event: FileDoubted) -> None:
        """What was found stays in the footer."""
        self._tell_server()

    def on_agreement_moved(self, _event: AgreementMoved) -> None:
        """Kappa in the header follows everybody's labels."""
        self.header.agreement = self.app.agreement.headline

    def on_screen_suspend(self) -> None:
        """Time spent elsewhere is no time on the item."""
        self._away_since = self.services.stopwatch()
        self.app.session.settle()  # nobody waits for the first item here any more

    def on_screen_resume(self) -> None:
        """The clock of the item goes on; the header may have changed meanwhile."""
        if self._away_since is not None:
            self._shown_since += self.services.stopwatch() - self._away_since
            self._away_since = None
        self.header.agreement = self.app.agreement.headline
        self._tell_server()

    def on_resize(self, event: Resize) -> None:
        """Wide screens get side by side."""
        self.set_class(event.size.width < WIDE, "-narrow")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that cannot do anything here are absent; those that cannot now are dim."""
        if super().check_action(action, parameters) is False:
            return False
        if action in ITEM_ACTIONS and not registry.BY_ID[self.MODE].has_items:
            return False
        if action == "leave":
            return self.has_class("-full")
        if action == "found":
            return self.app.session.open_found is not None
        if action == "turns":
            return self.item_id is not None and self._conversation
        if action in ITEM_ACTIONS and self.item_id is None:
            return None
        if action in {"full", "shield"} and self.nothing_here:
            return None
        return True

    def on_key(self, event: Key) -> None:
        """A key that waits for an item is not dropped without a word."""
        active = self.active_bindings.get(event.key)
        if active and not active.enabled and active.binding.show and not self.nothing_here:
            self.drop("there is nothing for it here now")

    def on_paste(self, _event: Paste) -> None:
        """A paste with no text open goes nowhere, and says so."""
        if self.open_text is None:
            self.drop("no text is open for it", "paste")

    # The common keys

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

    # The rest

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

    async def _act(self, work: Callable[[], Awaitable[None]], stop: Callable[[], None]) -> None:
        try:
            await self.in_words(work)
        finally:
            stop()
            self._acting = False
            self.status.unsaved = False

    async def in_words(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run something; what goes wrong becomes a line in the footer."""
        with worker_errors.inside(self.app):
            await work()

    def _tell_server(self) -> None:
        engine = self.services.engine
        self.status.server = (engine.server if engine else None) or ""
        closed = netlock.state()
        self.status.network = "" if closed is netlock.Network.OPEN else closed.value
        self.status.doubt = self.app.session.upkeep.found

    def _mark_unsaved(self) -> None:
        self.status.unsaved = self._acting

    def _mark_painted(self, item_id: str | None, *, again: bool = False) -> None:
        if item_id == self.item_id:
            self._painted_at = self.services.input_clock.now()
            if not again:
                self._shown_since = self.services.stopwatch()
            self.app.session.settle()
            self._offer_drafts()

    def _offer_drafts(self) -> None:
        """Say that a text was begun on this item."""
        for place, binding_id in self.text_places():
            draft = self.drafts.get(place)
            if draft is not None:
                words = f"your unfinished {place.kind} from {since(draft)} is here"
                self.tell(f"{words}: {self.app.key_of(binding_id)} goes on with it")
                return

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

    async def _recall_shield(self) -> None:
        stored = await self.ask(meta.get, f"shield:{self.services.annotator}")
        self.put_shield(on=stored == "on")

    async def remember(self, key: str, value: str) -> None:
        """Keep something of this annotator in the project file."""
        await self.in_words(partial(self.ask, meta.put, key, value))
