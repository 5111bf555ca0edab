"""The way a key acts in every mode: on what was on the screen when it was pressed, and once.

A key acts on the item that was on the screen when it was pressed, and once however long it is
held: :meth:`ActingScreen.act` drops repeats of a held key, keys that were typed before the item was
painted or too soon after, and keys that come while an earlier one is still being written to the
disk. A key that is dropped says so in the footer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from textual import getters
from textual.worker import Worker

from store.db import meta
from store.judgements.drafts import DraftKind, DraftPlace
from tui import worker_errors
from tui.drafts import Drafts, since
from tui.formatting import brief
from tui.key_repeat import REPEAT, UNEVEN
from tui.keymap import display
from tui.messages import CameBack
from tui.modes.reading import ReadingKeys
from tui.services import Services
from tui.widgets.footer import StatusLine
from tui.widgets.header import WIDE
from tui.widgets.prompt_pane import PromptPane

P = ParamSpec("P")
T = TypeVar("T")

LONG = 1.0
"""Seconds after which what somebody waits for is named."""


class ActingScreen(ReadingKeys):
    """A screen with an item, whose keys act on it through :meth:`act`."""

    status = getters.query_one(StatusLine)

    def __init__(self) -> None:
        super().__init__()
        self.item_id: str | None = None
        """What a key acts on; None while there is nothing."""
        self._prompts: tuple[PromptPane, ...] = ()
        self._conversation = False
        """The prompt shown has earlier turns."""
        self._painted_at: float | None = None
        self._acting = False
        self._shown_since = 0.0

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

    def tell(self, words: str, *, wrong: bool = False) -> None:
        """Say at the right of the footer what was done, or in its place what went wrong."""
        self.status.told = words
        self.status.wrong = wrong

    @property
    def stacked(self) -> bool:
        """Answers stand one above the other here."""
        return self.app.size.width < WIDE

    def text_places(self) -> Iterable[tuple[DraftPlace, str]]:
        """The texts that can be written on the item shown, each with the id of its key."""
        if self.item_id is not None:
            yield DraftPlace(DraftKind.NOTE, self.item_id), "all.note"

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

    async def in_words(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run something; what goes wrong becomes a line in the footer."""
        with worker_errors.inside(self.app):
            await work()

    def on_came_back(self, _event: CameBack) -> None:
        """After ``fg``: no key counts before the item is painted anew."""
        self._painted_at = None
        self.call_after_refresh(self._mark_painted, self.item_id, again=True)

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

    async def _act(self, work: Callable[[], Awaitable[None]], stop: Callable[[], None]) -> None:
        try:
            await self.in_words(work)
        finally:
            stop()
            self._acting = False
            self.status.unsaved = False

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

    async def remember(self, key: str, value: str) -> None:
        """Keep something of this annotator in the project file."""
        await self.in_words(partial(self.ask, meta.put, key, value))
