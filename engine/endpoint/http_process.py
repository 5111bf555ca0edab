"""The app's end of the HTTP process: starts it, hands it requests, tells the answers apart."""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

from engine.endpoint.http import protocol
from engine.endpoint.http.address import Base, places
from engine.endpoint.http.key import api_key
from engine.endpoint.retries import Passing
from engine.errors import EndpointError

STOP_SECONDS = 5.0
"""How long the process may take to end by itself."""


class HttpProcess:
    """``python -m engine.endpoint.http``, started on the first request and again when it has died.

    Args:
        base: the server all requests go to.
        allow_remote: whether the server may be another machine.
        log_path: where the process writes what went wrong in itself; None keeps nothing.
    """

    def __init__(self, base: Base, *, allow_remote: bool, log_path: Path | None = None) -> None:
        self._base = base
        self._allow_remote = allow_remote
        self._log_path = log_path
        self._child: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._ids = itertools.count(1)
        self._open: dict[int, asyncio.Queue[protocol.Answer]] = {}

    @staticmethod
    def command(base: Base, *, allow_remote: bool) -> list[str]:
        """What is started."""
        options = ["--allow-remote"] if allow_remote else []
        # -P: a folder called engine in the user's working directory is not ours.
        return [sys.executable, "-P", "-m", "engine.endpoint.http", str(base), *options]

    @property
    def pid(self) -> int | None:
        """Process id, None while it does not run."""
        return self._child.pid if self._child is not None else None

    async def answers(
        self, method: str, path: str, body: str | None, silence: float
    ) -> AsyncGenerator[protocol.Answer]:
        """Ask the server; close the generator early to close the connection.

        Raises:
            EndpointError: the HTTP process cannot be started or the address is not allowed.
        """
        stdin = await self._running()
        number = next(self._ids)
        queue: asyncio.Queue[protocol.Answer] = asyncio.Queue()
        self._open[number] = queue
        ended = False
        try:
            stdin.write(protocol.encode(protocol.Send(number, method, path, body, silence)))
            await _drain(stdin)
            while not ended:
                answer = await queue.get()
                ended = isinstance(answer, protocol.Body | protocol.End | protocol.Failed)
                yield answer
        finally:
            del self._open[number]
            if not ended and not stdin.is_closing():
                stdin.write(protocol.encode(protocol.Cancel(number)))

    async def stop(self) -> None:
        """End the process; whoever waits for an answer is told so."""
        async with self._starting:
            child, reader = self._child, self._reader
            if child is None or reader is None:
                return
            if child.stdin is not None:
                child.stdin.close()
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await child.wait()
            except TimeoutError:
                child.kill()
                await child.wait()
            await reader

    async def _running(self) -> asyncio.StreamWriter:
        """The stdin of a process that is alive."""
        async with self._starting:
            if self._child is None:
                self._child = await self._start()
                self._reader = asyncio.create_task(self._read(self._child))
            assert self._child.stdin is not None
            return self._child.stdin

    async def _start(self) -> asyncio.subprocess.Process:
        api_key(os.environ)  # a key that cannot be sent is told here, in words
        if not self._allow_remote:
            await asyncio.to_thread(places, self._base, allow_remote=False)
        command = self.command(self._base, allow_remote=self._allow_remote)
        log = self._log_path.open("ab") if self._log_path is not None else None
        try:
            return await asyncio.create_subprocess_exec(
                *command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log or subprocess.DEVNULL,
                limit=protocol.LINE_LIMIT,
            )
        except OSError as error:
            raise EndpointError(f"the HTTP process cannot be started: {error.strerror}") from error
        finally:
            if log is not None:
                log.close()

    async def _read(self, child: asyncio.subprocess.Process) -> None:
        assert child.stdout is not None
        try:
            while line := await child.stdout.readline():
                answer = protocol.decode(line)
                if queue := self._open.get(answer.id):
                    queue.put_nowait(answer)
        except (EndpointError, ValueError):  # ValueError: a line beyond the limit
            child.kill()
        await child.wait()
        self._child = None
        message = f"the HTTP process ended ({_ending(child.returncode)})"
        for number, queue in self._open.items():
            queue.put_nowait(protocol.Failed(number, message, again=True))


async def _drain(stdin: asyncio.StreamWriter) -> None:
    try:
        await stdin.drain()
    except (BrokenPipeError, ConnectionResetError) as error:
        raise Passing("the HTTP process ended before it was asked") from error


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {-code}"
    return f"exit {code}"
