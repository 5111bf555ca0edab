"""The figures of two annotators as this process may show them: one model for header and mode K.

No widget in it. Whoever hears of a new label calls :meth:`AgreementModel.refresh`; the table is
kept up to date event by event on the store thread and costs the same at any number of labels.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.formatting import coefficient

if TYPE_CHECKING:  # the statistics are loaded when the first item is there
    from store.agreement.live_updates import Following, LiveAgreement
    from store.agreement.partners import Overlap
    from store.db.sqlite import Database
    from store.db.thread import StoreThread


class AgreementModel:
    """Follows the labels of two people.

    Args:
        store: the project.
        viewer: who looks.
    """

    def __init__(self, store: StoreThread, viewer: str) -> None:
        self._store = store
        self._viewer = viewer
        self._following: Following | None = None
        self._standing: LiveAgreement | None = None
        self._listeners: list[Callable[[LiveAgreement], None]] = []

    @property
    def standing(self) -> LiveAgreement:
        """What may be shown now."""
        from store.agreement.live_updates import LiveAgreement

        return self._standing or LiveAgreement()

    @property
    def headline(self) -> str:
        """``κ .76  n 124`` for the header; empty where there is nothing to show."""
        agreement = self._standing.agreement if self._standing else None
        if agreement is None or not agreement.n:
            return ""
        return f"κ {coefficient(agreement.kappa.value)}  n {agreement.n:,}"

    def subscribe(self, listener: Callable[[LiveAgreement], None]) -> Callable[[], None]:
        """Call ``listener`` with each change; returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def refresh(self) -> None:
        """Take in what was labelled since the last look."""
        self._stand(await self._store.call(self._look))

    async def choose(self, first: str, second: str) -> None:
        """Compare these two from now on."""
        self._stand(await self._store.call(self._choose, first, second))

    async def choices(self) -> list[Overlap]:
        """Everybody who can be compared, the viewer's own comparisons first."""
        from store.agreement.partners import overlaps

        return await self._store.call(overlaps, self._viewer)

    async def warm_up(self) -> None:
        """Load scikit-learn in a thread; the figures come from it afterwards."""
        from store.agreement import warm_up

        await asyncio.to_thread(warm_up)
        await self.refresh()

    # On the store thread: the statistics take a moment to load

    def _look(self, db: Database) -> LiveAgreement:
        return self._follow().look(db)

    def _choose(self, db: Database, first: str, second: str) -> LiveAgreement:
        return self._follow().choose(db, first, second)

    def _follow(self) -> Following:
        from store.agreement.live_updates import Following

        if self._following is None:
            self._following = Following(self._viewer)
        return self._following

    def _stand(self, standing: LiveAgreement) -> None:
        if standing != self._standing:
            self._standing = standing
            for listener in list(self._listeners):
                listener(standing)
