"""Requests to the servers: in turn, tried again, with failures put into words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar

from engine.api import Urgency
from engine.endpoint.bodies import CHAT
from engine.endpoint.budget import BYTES_A_TOKEN, Budget, Tokens
from engine.endpoint.http import protocol
from engine.endpoint.http_process import HttpProcess
from engine.endpoint.parsing import token_count
from engine.endpoint.refusals import OutOfUse, ServerRefusal, cut, refusal
from engine.endpoint.retries import Passing, Retries
from engine.endpoint.slots import EndpointServer, RequestSlots
from engine.endpoint.status import RequestStatus
from engine.errors import AskedToWait, EndpointError, EngineError

T = TypeVar("T")

_OK = 200
_ALL_OF_THEM = frozenset({401, 402})
"""Refusals that tell of the key or of the account."""
_ALL_AT_FIRST = frozenset({*range(300, 400), 403, 404, 405})
"""Refusals that tell of the address, unless the server has answered there."""
_AT_FIRST, _IN_A_ROW = 16, 256
"""So many refusals in a row are of the server's making: if it never answered, and if it did."""


class Caller:
    """Speaks to the servers.

    Args:
        servers: in the order of their addresses.
        http: the process that does the speaking.
        retries: how failures that may pass are tried again.
        budget: what the servers may take.
        silence: seconds a server may stay silent.
        status: told of all that happens.
        offers: asks a server that was left out whether it is there again and has the model.
    """

    def __init__(
        self,
        servers: Sequence[EndpointServer],
        http: HttpProcess,
        *,
        retries: Retries,
        budget: Budget,
        silence: float,
        status: RequestStatus,
        offers: Callable[[EndpointServer], Awaitable[object]],
    ) -> None:
        self.status = status
        self.turns = RequestSlots(servers, self._moved)
        self.budget = budget
        self._http = http
        self._retries = retries
        self._silence = silence
        self._offers = offers
        self._stopped = self._has_moved = False
        self._ended: OutOfUse | None = None
        """Why the last server there was went out of use."""
        self._waits: set[asyncio.Task[None]] = set()

    @property
    def server(self) -> str:
        """The addresses of all, for messages."""
        return ", ".join(server.name for server in self.turns.servers)

    def stop(self) -> None:
        """Try nothing again from now on."""
        self._stopped = True
        for wait in self._waits:
            wait.cancel()

    async def ask(
        self,
        path: str,
        body: dict[str, Any] | None,
        urgency: Urgency,
        *,
        attempts: int | None = None,
    ) -> Any:
        """The JSON that comes back; a GET where there is no body.

        Args:
            path: from the root of the server.
            body: what to send.
            urgency: who waits.
            attempts: fewer tries than the engine was given.

        Raises:
            EngineError: there is no answer, or it is a refusal.
        """

        async def attempt(_number: int) -> Any:
            most = _most(body)
            async with self.turn(urgency) as server, self.budget.reserved(most) as took:
                try:
                    found = await self._json(server, path, body)
                except ServerRefusal as refusal:
                    if path == CHAT and self._of_all(server, refusal):
                        self.refused(server, refusal)
                    raise
                told = _told(found, most)
                took.add(told)
                self.status.spent(told.prompt, 0, told.written)
                self.finished(server, 1)
                return found

        return await self.retry(attempt, attempts)

    async def ask_one(self, server: EndpointServer, path: str, attempts: int) -> Any:
        """The same of one server, whether or not it gets requests, and of nobody's turn."""
        return await self.retry(lambda _number: self._json(server, path, None), attempts)

    async def retry(self, attempt: Callable[[int], Awaitable[T]], attempts: int | None = None) -> T:
        """Run an attempt until it succeeds or is not worth another try.

        Args:
            attempt: told the number of the try, from 1.
            attempts: fewer tries than usual, for something that may well not work.
        """
        retries = self._retries
        if attempts is not None:
            retries = replace(retries, attempts=min(attempts, retries.attempts))
        try:
            result = await retries.run(attempt, self._tell_again)
        except Passing as failure:
            if attempts is None:
                await self._blame(failure)
                self.status.failed(str(failure))
            raise
        self.status.succeeded()
        return result

    def tell_moved(self) -> None:
        """Tell how many requests are under way now, where that is not told yet."""
        if self._has_moved:
            self._has_moved = False
            self.status.under_way(self.turns.running, self.turns.waiting)

    @asynccontextmanager
    async def turn(self, urgency: Urgency) -> AsyncGenerator[EndpointServer]:
        """A turn with a server; one that fails is spared for a while, if others can go on.

        Raises:
            OutOfUse: while it waited, the last server there was went out of use.
        """
        before = self._ended
        async with self.turns.taken(urgency) as server:
            try:
                if self._ended is not None and self._ended is not before:
                    raise OutOfUse(str(self._ended))
                yield server
            except Passing as failure:
                failure.server = server.place
                if failure.busy:
                    self._hold_back(server, failure)
                else:
                    self._leave_out(server, failure)
                raise

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
        if server.refused < most and not self._of_all(server, refusal):
            return
        if server.held or self._others(server):
            if not server.held:
                server.held = True
                self.status.trouble(f"{refusal}; left out for good, the others go on")
            passing = Passing(str(refusal))
            passing.held = True
            raise passing from refusal
        self.status.failed(str(refusal))
        self._ended = OutOfUse(str(refusal))
        raise self._ended from refusal

    @staticmethod
    def _of_all(server: EndpointServer, refusal: ServerRefusal) -> bool:
        """Whether one such refusal is enough to know that there will be nothing else."""
        return refusal.status in _ALL_OF_THEM or (
            refusal.status in _ALL_AT_FIRST and not server.answered
        )

    async def _blame(self, failure: Passing) -> None:
        """Whether it is the request that fails, and not its server, which answers others.

        Raises:
            ServerRefusal: it is.
        """
        server = None if failure.server is None else self.turns.servers[failure.server]
        if server is None or not server.answered or failure.busy:
            return
        try:
            await self._offers(server)
        except EngineError:
            return
        refusal = ServerRefusal(f"{failure}; so it was {self._retries.attempts} times")
        self.refused(server, refusal)
        raise refusal from failure

    def finished(self, server: EndpointServer, work: int) -> None:
        """Note that a server has answered, and how much."""
        server.busy = server.refused = 0
        server.answered = True
        full = server.running >= server.growth.limit and self.turns.waiting > 0
        server.growth.finished(work, full=full)

    async def answers(
        self, server: EndpointServer, path: str, body: dict[str, Any] | None
    ) -> AsyncGenerator[protocol.Answer]:
        """What a server that accepts a request says to it.

        Raises:
            EngineError: it refuses, or there is no more of the answer.
        """
        if self._stopped:
            raise EndpointError("the engine was stopped")
        method = "GET" if body is None else "POST"
        sent = None if body is None else json.dumps(body, ensure_ascii=False)
        said = self._http.answers(server.place, method, path, sent, self._silence)
        async with aclosing(said) as answers:
            async for answer in answers:
                if isinstance(answer, protocol.ExchangeFailed):
                    self._raise(answer)
                if isinstance(answer, protocol.Body) and answer.status != _OK:
                    raise refusal(server.name, answer.status, answer.text, answer.retry_after)
                yield answer

    def leave_out(self, server: EndpointServer) -> None:
        """Send a server nothing until it offers the model again."""
        server.held = True
        self._wait_for(self._until_back(server))

    # -- servers that are spared ----------------------------------------------------------------

    def _leave_out(self, server: EndpointServer, failure: Passing) -> None:
        if server.held or not self._others(server):
            failure.held = server.held
            return
        failure.held = True
        self.status.trouble(f"{failure}; left out until it answers again, the others go on")
        self.leave_out(server)

    def _others(self, server: EndpointServer) -> bool:
        """Whether another server gets requests."""
        return any(not one.held for one in self.turns.servers if one is not server)

    def _hold_back(self, server: EndpointServer, failure: Passing) -> None:
        failure.held = True
        if server.held:
            return
        server.busy += 1
        try:
            wait = self._retries.wait(server.busy, failure)
        except AskedToWait as error:
            if failure.after is None or not self._others(server):
                self.status.failed(str(error))
                raise
            wait = failure.after
        self.status.trouble(f"{failure}; waiting {wait:g} s")
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
                self.status.trouble(f"{error}; left out for good")
                return
            self.status.trouble(f"the server at {server.name} answers again")
            self._let_in(server)

    def _let_in(self, server: EndpointServer) -> None:
        server.held = False
        self.turns.admit()

    def _wait_for(self, wait: Any) -> None:
        task = asyncio.create_task(wait)
        self._waits.add(task)
        task.add_done_callback(self._waits.discard)

    # -- words ----------------------------------------------------------------------------------

    def _tell_again(self, words: str) -> None:
        """Only where no other goes on; else a server was told of when it was left out."""
        if sum(not server.held for server in self.turns.servers) <= 1:
            self.status.trouble(words)

    async def _json(self, server: EndpointServer, path: str, body: dict[str, Any] | None) -> Any:
        async with aclosing(self.answers(server, path, body)) as answers:
            async for answer in answers:
                if isinstance(answer, protocol.Body):
                    return _parsed(server, answer.text)
        raise EndpointError(f"the server at {server.name} sent a stream for {path}")

    def _raise(self, failure: protocol.ExchangeFailed) -> None:
        if self._stopped:
            raise EndpointError("the engine was stopped")
        if failure.again:
            raise Passing(failure.message)
        raise ServerRefusal(failure.message, failure.status)

    def _moved(self) -> None:
        """Told once a turn of the loop, in which hundreds of short answers may end."""
        if not self._has_moved:
            self._has_moved = True
            asyncio.get_running_loop().call_soon(self.tell_moved)


def _parsed(server: EndpointServer, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Passing(f"the server at {server.name} sent no JSON: {cut(text)!r}") from error


def _most(body: dict[str, Any] | None) -> Tokens:
    """What a question to the model can take; other requests take nothing."""
    if body is None or "messages" not in body:
        return Tokens()
    return Tokens(len(json.dumps(body["messages"])) // BYTES_A_TOKEN, body.get("max_tokens", 0))


def _told(found: Any, most: Tokens) -> Tokens:
    """What it took as the server tells it, else the most it can have taken."""
    usage = found.get("usage") if isinstance(found, dict) else None
    told = usage if isinstance(usage, dict) else {}
    prompt = token_count(told.get("prompt_tokens"))
    written = token_count(told.get("completion_tokens"))
    return most if prompt is None or written is None else Tokens(prompt, written)
