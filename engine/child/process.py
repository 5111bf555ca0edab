"""One child process and the two pipes to it: lines of JSON in, lines of JSON out."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import engine
from engine.child.codec import LINE_LIMIT, ProtocolError

_LOG_LIMIT = 4 * 1024 * 1024
"""A log longer than this is begun anew with the next process."""
_PATIENCE = 3.0
"""Seconds a process gets to end in order."""


def python(module: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs a module of this package in a process of its own."""
    # -P: a folder named ``engine`` where the user works is not ours
    return (sys.executable, "-P", "-m", module, *arguments)


class ChildProcess:
    """A child with pipes to its stdin and from its stdout; ends when it is told to, or killed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(
        cls, command: Sequence[str], log: Path | None, env: Mapping[str, str]
    ) -> ChildProcess:
        """Start a process; its stderr goes to ``log``, None throws it away.

        Raises:
            OSError: the process cannot be started or the log not be written.
        """
        with _open_log(log) as stderr:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr,
                limit=LINE_LIMIT,
                env=child_environment(env),
                # a session of its own: Ctrl-C in the terminal is for the app alone
                start_new_session=True,
            )
        return cls(process)

    @property
    def pid(self) -> int:
        """Process number, for those who look after it from outside."""
        return self._process.pid

    def send(self, line: bytes) -> None:
        """Write a line; a process that is gone hears nothing, which the end of its lines tells."""
        stdin = self._process.stdin
        if stdin is not None and not stdin.is_closing():
            stdin.write(line)

    async def drain(self) -> None:
        """Wait until the pipe takes more.

        Raises:
            ConnectionError: the process is gone.
        """
        if self._process.stdin is not None:
            await self._process.stdin.drain()

    async def lines(self) -> AsyncIterator[bytes]:
        """What the process says, until it ends; a last line that broke off is dropped.

        Raises:
            ProtocolError: a line is too long.
        """
        stdout = self._process.stdout
        assert stdout is not None
        while True:
            try:
                line = await stdout.readline()
            except ValueError as error:
                raise ProtocolError(f"a line longer than {LINE_LIMIT} bytes") from error
            if not line.endswith(b"\n"):
                return
            yield line

    async def ended(self) -> int:
        """Wait for the end; the exit code, negative for a signal."""
        return await self._process.wait()

    async def stop(self, farewell: bytes = b"") -> None:
        """End the process in order, or by force when it does not listen.

        Args:
            farewell: the line that asks it to end, where the end of its stdin does not.
        """
        self.send(farewell)
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._process.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End the process at once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


def child_environment(env: Mapping[str, str]) -> dict[str, str]:
    """A child's environment: offline, with quiet OpenMP barriers, and this very package."""
    root = str(Path(engine.__file__).resolve().parent.parent)
    path = env.get("PYTHONPATH")
    return {
        **env,
        "PYTHONPATH": f"{root}{os.pathsep}{path}" if path else root,
        "OMP_WAIT_POLICY": "passive",
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
    }


def _open_log(log: Path | None) -> IO[bytes]:
    if log is None:
        return Path(os.devnull).open("wb")
    log.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        flags |= os.O_TRUNC
    return os.fdopen(os.open(log, flags, 0o600), "wb")
