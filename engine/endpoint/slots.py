"""How many requests a server is sent at the same time, and which goes first."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from engine.api import Urgency


class RequestSlots:
    """A bounded number of turns; the most urgent waits least, then the oldest.

    Args:
        slots: turns at the same time.
        on_change: called whenever ``running`` or ``waiting`` has changed.
    """

    def __init__(self, slots: int, on_change: Callable[[], None]) -> None:
        self.slots = slots
        self.running = 0
        self._on_change = on_change
        self._tickets = 0
        self._queue: list[tuple[int, int, asyncio.Future[None]]] = []

    @property
    def waiting(self) -> int:
        """Requests whose turn has not come."""
        return sum(not turn.done() for *_, turn in self._queue)

    @asynccontextmanager
    async def taken(self, urgency: Urgency) -> AsyncGenerator[None]:
        """Hold one turn, after waiting for it."""
        self._tickets += 1
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (int(urgency), self._tickets, turn))
        self._admit()
        try:
            await turn
            yield
        finally:
            if turn.cancelled() or not turn.done():
                turn.cancel()
            else:
                self.running -= 1
            self._admit()

    def _admit(self) -> None:
        while self._queue and (self.running < self.slots or self._queue[0][2].done()):
            turn = heapq.heappop(self._queue)[2]
            if not turn.done():
                self.running += 1
                turn.set_result(None)
        self._on_change()
