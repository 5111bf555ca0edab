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
from engine.endpoint.parsing import as_count
from engine.endpoint.refusals import OutOfUse, ServerRefusal, cut, refusal
from engine.endpoint.retries import Passing, Retries
from engine.endpoint.slots import EndpointServer, RequestSlots
from engine.endpoint.spared import SparedServers
from engine.endpoint.status import RequestStatus
from engine.errors import EndpointError

T = TypeVar("T")

_OK = 200


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
        self._stopped = self._has_moved = False
        self.spared = SparedServers(self.turns, retries, status, offers)

    @property
    def server(self) -> str:
        """The addresses of all, for messages."""
        return ", ".join(server.name for server in self.turns.servers)

    def stop(self) -> None:
        """Try nothing again from now on."""
        self._stopped = True
        self.spared.stop()

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
                    if path == CHAT and SparedServers.of_all(server, refusal):
                        self.spared.refused(server, refusal)
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
                await self.spared.blame(failure)
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
        before = self.spared.ended
        async with self.turns.taken(urgency) as server:
            try:
                if (ended := self.spared.ended) is not None and ended is not before:
                    raise OutOfUse(str(ended))
                yield server
            except Passing as failure:
                self.spared.failed(server, failure)
                raise

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
    prompt = as_count(told.get("prompt_tokens"))
    written = as_count(told.get("completion_tokens"))
    return most if prompt is None or written is None else Tokens(prompt, written)
