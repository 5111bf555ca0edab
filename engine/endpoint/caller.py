"""Requests to the server: in turn, tried again, with failures put into words."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeVar

from engine.api import Urgency
from engine.endpoint.http import protocol
from engine.endpoint.http_process import HttpProcess
from engine.endpoint.refusals import cut, refusal
from engine.endpoint.retries import Passing, Retries
from engine.endpoint.slots import RequestSlots
from engine.endpoint.status import RequestStatus
from engine.errors import EndpointError

T = TypeVar("T")


class Caller:
    """Speaks to one server.

    Args:
        server: its address, for messages.
        http: the process that does the speaking.
        retries: how failures that may pass are tried again.
        slots: requests at the same time.
        silence: seconds the server may stay silent.
        status: told of all that happens.
    """

    def __init__(
        self,
        server: str,
        http: HttpProcess,
        *,
        retries: Retries,
        slots: int,
        silence: float,
        status: RequestStatus,
    ) -> None:
        self.server = server
        self.status = status
        self.turns = RequestSlots(slots, self._moved)
        self._http = http
        self._retries = retries
        self._silence = silence
        self._stopped = False

    def stop(self) -> None:
        """Try nothing again from now on."""
        self._stopped = True

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
            async with (
                self.turns.taken(urgency),
                aclosing(self.answers(path, body)) as answers,
            ):
                async for answer in answers:
                    if isinstance(answer, protocol.Body):
                        return self._parse(answer.text)
            raise EndpointError(f"the server at {self.server} sent a stream for {path}")

        return await self.retry(attempt, attempts)

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
            result = await retries.run(attempt, self.status.trouble)
        except Passing as failure:
            if attempts is None:
                self.status.failed(str(failure))
            raise
        self.status.succeeded()
        return result

    async def answers(
        self, path: str, body: dict[str, Any] | None
    ) -> AsyncGenerator[protocol.Answer]:
        """What the server says to one request: a head that accepts it, then the rest.

        Raises:
            EngineError: it refuses, or there is no more of the answer.
        """
        if self._stopped:
            raise EndpointError("the engine was stopped")
        method = "GET" if body is None else "POST"
        sent = None if body is None else json.dumps(body, ensure_ascii=False)
        refused: protocol.Head | None = None
        async with aclosing(self._http.answers(method, path, sent, self._silence)) as answers:
            async for answer in answers:
                if isinstance(answer, protocol.ExchangeFailed):
                    self._raise(answer)
                elif isinstance(answer, protocol.Head) and answer.status != 200:
                    refused = answer
                elif refused is not None and isinstance(answer, protocol.Body):
                    raise refusal(self.server, refused.status, answer.text, refused.retry_after)
                else:
                    yield answer

    def _raise(self, failure: protocol.ExchangeFailed) -> None:
        if self._stopped:
            raise EndpointError("the engine was stopped")
        raise Passing(failure.message) if failure.again else EndpointError(failure.message)

    def _parse(self, text: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Passing(f"the server at {self.server} sent no JSON: {cut(text)!r}") from error

    def _moved(self) -> None:
        self.status.work(self.turns.running, self.turns.waiting)
