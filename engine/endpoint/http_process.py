"""The app's end of the HTTP process: starts it, hands it requests, tells the answers apart."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from engine import netlock
from engine.child.codec import ProtocolError
from engine.child.process import ChildProcess, python
from engine.endpoint.http import protocol
from engine.endpoint.http.address import Base, places
from engine.endpoint.http.key import VARIABLE, api_key, key_in_file
from engine.endpoint.retries import Passing
from engine.errors import EndpointError


class HttpProcess:
    """``python -m engine.endpoint.http``, started on the first request.

    It stays outside the lock that keeps everything else off the network, which is set once it is
    started. Where there is no such lock it is started again when it has died.

    Args:
        bases: the servers.
        allow_remote: whether they may be other machines.
        key_file: holds the key they are sent; None takes it from the environment.
        log_path: where the process writes what went wrong in itself; None keeps nothing.
    """

    def __init__(
        self,
        bases: Sequence[Base],
        *,
        allow_remote: bool,
        key_file: Path | None = None,
        log_path: Path | None = None,
    ) -> None:
        self._bases = bases
        self._key_file = key_file
        self._allow_remote = allow_remote
        self._log_path = log_path
        self._child: ChildProcess | None = None
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._ids = itertools.count(1)
        self._open: dict[int, asyncio.Queue[protocol.Answer]] = {}
        self._unsent: list[protocol.Request] = []

    @staticmethod
    def command(bases: Sequence[Base], *, allow_remote: bool) -> tuple[str, ...]:
        """What is started."""
        options = ["--allow-remote"] if allow_remote else []
        return python("engine.endpoint.http", *map(str, bases), *options)

    @property
    def pid(self) -> int | None:
        """Process id, None while it does not run."""
        return self._child.pid if self._child is not None else None

    async def answers(
        self, server: int, method: str, path: str, body: str | None, silence: float
    ) -> AsyncGenerator[protocol.Answer]:
        """Ask the server in this place; close the generator early to close the connection.

        Raises:
            EndpointError: the HTTP process cannot be started or the address is not allowed.
        """
        child = await self._running()
        number = next(self._ids)
        asked = protocol.Send(number, server, method, path, body, silence)
        queue: asyncio.Queue[protocol.Answer] = asyncio.Queue()
        self._open[number] = queue
        ended = False
        try:
            self._say(child, asked)
            await _drained(child)
            while not ended:
                answer = await queue.get()
                ended = not isinstance(answer, protocol.Data) or answer.ends
                yield answer
        finally:
            del self._open[number]
            if not ended:
                self._say(child, protocol.Abort(number))

    async def stop(self) -> None:
        """End the process; whoever waits for an answer is told so."""
        async with self._starting:
            child, reader = self._child, self._reader
            if child is None or reader is None:
                return
            await child.stop()
            await reader

    def _say(self, child: ChildProcess, request: protocol.Request) -> None:
        """Send it with all others of this turn of the loop: each write wakes the other process."""
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._flush, child)
        self._unsent.append(request)
        if len(self._unsent) >= protocol.TOGETHER:
            self._flush(child)

    def _flush(self, child: ChildProcess) -> None:
        requests, self._unsent = self._unsent, []
        if requests:
            child.send(b"".join(map(protocol.REQUESTS.encode, requests)))

    async def _running(self) -> ChildProcess:
        """A process that is alive."""
        async with self._starting:
            if self._child is None:
                self._child = await self._start()
                self._reader = asyncio.create_task(self._read(self._child))
            return self._child

    async def _start(self) -> ChildProcess:
        if netlock.state() is netlock.Network.LOCKED:
            raise EndpointError(
                "the HTTP process ended, and no other can start behind the lock of this process;"
                " what was stored is kept: start pairlab again"
            )
        # a key that cannot be sent is told here, in words
        key = key_in_file(self._key_file) if self._key_file else api_key(os.environ)
        environment = os.environ | ({VARIABLE: key} if key else {})
        for base in () if self._allow_remote else self._bases:
            await asyncio.to_thread(places, base, allow_remote=False)
        command = self.command(self._bases, allow_remote=self._allow_remote)
        try:
            child = await ChildProcess.start(command, self._log_path, environment)
        except OSError as error:
            raise EndpointError(f"the HTTP process cannot be started: {error.strerror}") from error
        netlock.lock_postponed()
        return child

    async def _read(self, child: ChildProcess) -> None:
        try:
            async for line in child.lines():
                answer = protocol.ANSWERS.decode(line)
                if queue := self._open.get(answer.id):
                    queue.put_nowait(answer)
        except ProtocolError:
            await child.kill()
        code = await child.ended()
        self._child = None
        message = f"the HTTP process ended ({_ending(code)})"
        for number, queue in self._open.items():
            queue.put_nowait(protocol.ExchangeFailed(number, message, again=True))


async def _drained(child: ChildProcess) -> None:
    try:
        await child.drain()
    except ConnectionError as error:
        raise Passing("the HTTP process ended before it was asked") from error


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit {code}"
