"""Which server answers a request, and which request goes first."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from engine.api import Urgency
from engine.endpoint.growth import Growth


@dataclass(slots=True, eq=False)
class EndpointServer:
    """One of the servers, and what is known of how it does."""

    name: str
    """Its address, for messages."""
    place: int
    """Among the addresses the HTTP process was started with."""
    growth: Growth
    running: int = 0
    """Requests it has now."""
    held: bool = False
    """It gets no requests: it asked to wait, or it failed and others go on."""
    busy: int = 0
    """How often in a row it asked to wait."""
    answered: bool = False
    """Whether it has ever written what it was asked for."""
    refused: int = 0
    """Requests it refused in a row."""


class RequestSlots:
    """Hands out turns; the most urgent request waits least, then the oldest.

    A server takes the next request when it has finished one, so each gets as many as it does.

    Args:
        servers: those there are.
        on_change: called whenever ``running`` or ``waiting`` has changed.
    """

    def __init__(self, servers: Sequence[EndpointServer], on_change: Callable[[], None]) -> None:
        self.servers = servers
        self.running = 0
        self.waiting = 0
        """Requests whose turn has not come."""
        self._on_change = on_change
        self._tickets = 0
        self._queue: list[tuple[int, int, asyncio.Future[EndpointServer]]] = []

    @asynccontextmanager
    async def taken(self, urgency: Urgency) -> AsyncGenerator[EndpointServer]:
        """Hold one turn, after waiting for it; with the server that answers."""
        self._tickets += 1
        turn: asyncio.Future[EndpointServer] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (int(urgency), self._tickets, turn))
        self.waiting += 1
        self.admit()
        try:
            yield await turn
        finally:
            if turn.cancelled() or not turn.done():
                turn.cancel()
                self.waiting -= 1
            else:
                self.running -= 1
                turn.result().running -= 1
            self.admit()

    def admit(self) -> None:
        """Give turns to those who wait, as far as there are any."""
        while self._queue:
            turn = self._queue[0][2]
            server = None if turn.done() else self._free()
            if server is None and not turn.done():
                break
            heapq.heappop(self._queue)
            if server is not None:
                server.running += 1
                self.running += 1
                self.waiting -= 1
                turn.set_result(server)
        self._on_change()

    def _free(self) -> EndpointServer | None:
        """The server that has the smallest part of what it may have."""
        free = [s for s in self.servers if not s.held and s.running < s.growth.limit]
        return min(free, key=lambda s: s.running / s.growth.limit, default=None)
