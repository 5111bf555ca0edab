"""The unfinished texts of this annotator: on the disk within a second of the last letter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from store import clock
from store.errors import StoreError
from store.judgements import drafts
from store.judgements.drafts import Draft, DraftPlace

if TYPE_CHECKING:
    from concurrent.futures import Future

    from store.db.thread import StoreThread

SAVE_AFTER = 0.5
"""Seconds between the first letter that is not on the disk and its saving."""


class Drafts:
    """What was written and not kept.

    Args:
        store: the project; the drafts are read at once, before anything of the first item, so that
            :meth:`get` finds them there.
        annotator: whose.
        now: this moment as it is stored.
        later: calls :meth:`save` after so many seconds, and says what went wrong.
    """

    def __init__(
        self,
        store: StoreThread,
        annotator: str,
        now: Callable[[], str],
        later: Callable[[float], object],
    ) -> None:
        self._store = store
        self._annotator = annotator
        self._now = now
        self._later = later
        self._read: Future[dict[DraftPlace, Draft]] = store.submit(drafts.of, annotator)
        self._every: dict[DraftPlace, Draft] | None = None
        self._unsaved: set[DraftPlace] = set()
        self._called = False

    def get(self, place: DraftPlace) -> Draft | None:
        """The draft of a text, if there is one."""
        return self._all().get(place)

    def write(self, place: DraftPlace, text: str) -> None:
        """The text as it stands now; equal to what is there it keeps its time."""
        before = self.get(place)
        if before is None or before.text != text:
            self._all()[place] = Draft(text, self._now())
            self._change(place)

    def drop(self, place: DraftPlace) -> None:
        """The text was kept, or is as it was."""
        if self._all().pop(place, None) is not None:
            self._change(place)

    async def save(self) -> None:
        """Put everything on the disk.

        Raises:
            StoreError: the disk refused; it is tried again with the next letter, and at the end.
        """
        self._called = False
        if not self._unsaved:
            return
        every = self._all()
        changes = {place: every.get(place) for place in self._unsaved}
        self._unsaved = set()
        try:
            await self._store.call(drafts.save, self._annotator, changes)
        except (StoreError, asyncio.CancelledError):
            self._unsaved |= set(changes)
            raise

    def _all(self) -> dict[DraftPlace, Draft]:
        if self._every is None:
            try:
                self._every = self._read.result()
            except StoreError:
                self._every = {}  # whoever reads or writes next says what is wrong
        return self._every

    def _change(self, place: DraftPlace) -> None:
        self._unsaved.add(place)
        if not self._called:
            self._called = True
            self._later(SAVE_AFTER)


def since(draft: Draft) -> str:
    """When a draft was written, on this machine's clock: ``14:05``, or ``3 May, 14:05``."""
    at = clock.parse(draft.at).astimezone()
    time = f"{at:%H:%M}"
    return time if at.date() == datetime.now().astimezone().date() else f"{at.day} {at:%b}, {time}"
