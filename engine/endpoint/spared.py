"""Servers that get no requests: for a while, since they fail or are busy, or for good."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from engine.endpoint.refusals import OutOfUse, ServerRefusal
from engine.endpoint.retries import Passing, Retries
from engine.endpoint.slots import EndpointServer, RequestSlots
from engine.endpoint.status import RequestStatus
from engine.errors import AskedToWait, EngineError

_ALL_OF_THEM = frozenset({401, 402})
"""Refusals that tell of the key or of the account."""
_ALL_AT_FIRST = frozenset({*range(300, 400), 403, 404, 405})
"""Refusals that tell of the address, unless the server has answered there."""
_AT_FIRST, _IN_A_ROW = 16, 256
"""So many refusals in a row are of the server's making: if it never answered, and if it did."""


class SparedServers:
    """Decides which servers get no requests, and when they get some again.

    Args:
        turns: who gets which.
        retries: how long is waited.
        status: told of each.
        offers: asks a server that was left out whether it is there again and has the model.
    """

    def __init__(
        self,
        turns: RequestSlots,
        retries: Retries,
        status: RequestStatus,
        offers: Callable[[EndpointServer], Awaitable[object]],
    ) -> None:
        self.ended: OutOfUse | None = None
        """Why the last server there was went out of use."""
        self._turns = turns
        self._retries = retries
        self._status = status
        self._offers = offers
        self._waits: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Wait for no server any more."""
        for wait in self._waits:
            wait.cancel()

    def failed(self, server: EndpointServer, failure: Passing) -> None:
        """Spare a server that failed or is busy for a while, if others can go on.

        Raises:
            AskedToWait: it is the only one, and wants to be left alone for too long.
        """
        failure.server = server.place
        if failure.busy:
            self._hold_back(server, failure)
        else:
            self._leave_out(server, failure)

    def refused(self, server: EndpointServer, refusal: ServerRefusal) -> None:
        """Note that a server refused a request, and send it none where it would refuse all.

        Raises:
            Passing: it gets none any more, others do.
            OutOfUse: there is no other.
        """
        if refusal.by_rule:
            return
        server.refused += 1
        most = _IN_A_ROW if server.answered else _AT_FIRST
        if server.refused < most and not self.of_all(server, refusal):
            return
        if server.held or self._others(server):
            if not server.held:
                server.held = True
                self._status.trouble(f"{refusal}; left out for good, the others go on")
            passing = Passing(str(refusal))
            passing.held = True
            raise passing from refusal
        self._status.failed(str(refusal))
        self.ended = OutOfUse(str(refusal))
        raise self.ended from refusal

    @staticmethod
    def of_all(server: EndpointServer, refusal: ServerRefusal) -> bool:
        """Whether one such refusal is enough to know that there will be nothing else."""
        return refusal.status in _ALL_OF_THEM or (
            refusal.status in _ALL_AT_FIRST and not server.answered
        )

    async def blame(self, failure: Passing) -> None:
        """Whether it is the request that fails, and not its server, which answers others.

        Raises:
            ServerRefusal: it is.
        """
        server = None if failure.server is None else self._turns.servers[failure.server]
        if server is None or not server.answered or failure.busy:
            return
        try:
            await self._offers(server)
        except EngineError:
            return
        refusal = ServerRefusal(f"{failure}; it did so {self._retries.attempts} times")
        self.refused(server, refusal)
        raise refusal from failure

    def leave_out(self, server: EndpointServer) -> None:
        """Send a server nothing until it offers the model again."""
        server.held = True
        self._wait_for(self._until_back(server))

    def _leave_out(self, server: EndpointServer, failure: Passing) -> None:
        if server.held or not self._others(server):
            failure.held = server.held
            return
        failure.held = True
        self._status.trouble(f"{failure}; left out until it answers again, the others go on")
        self.leave_out(server)

    def _others(self, server: EndpointServer) -> bool:
        """Whether another server gets requests."""
        return any(not one.held for one in self._turns.servers if one is not server)

    def _hold_back(self, server: EndpointServer, failure: Passing) -> None:
        failure.held = True
        if server.held:
            return
        server.busy += 1
        try:
            wait = self._retries.wait(server.busy, failure)
        except AskedToWait as error:
            if failure.after is None or not self._others(server):
                self._status.failed(str(error))
                raise
            wait = failure.after
        self._status.trouble(f"{failure}; waiting {wait:g} s")
        server.growth.busy()
        server.held = True
        self._wait_for(self._pass(server, wait))

    async def _pass(self, server: EndpointServer, wait: float) -> None:
        await self._retries.sleep(wait)
        self._let_in(server)

    async def _until_back(self, server: EndpointServer) -> None:
        number = 0
        while server.held:
            number += 1
            await self._retries.sleep(self._retries.wait(number, Passing("")))
            try:
                await self._offers(server)
            except Passing:
                continue
            except EngineError as error:
                self._status.trouble(f"{error}; left out for good")
                return
            self._status.trouble(f"the server at {server.name} answers again")
            self._let_in(server)

    def _let_in(self, server: EndpointServer) -> None:
        server.held = False
        self._turns.admit()

    def _wait_for(self, wait: Any) -> None:
        task = asyncio.create_task(wait)
        self._waits.add(task)
        task.add_done_callback(self._waits.discard)
