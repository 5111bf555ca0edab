"""The app's side of the model host: what is asked of it, as of every engine."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from engine.api import (
    EngineStatus,
    Generated,
    ModelInfo,
    OnEvent,
    Sampling,
    Score,
    Urgency,
)
from engine.llama.protocol import (
    Cancel,
    Cancelled,
    Choose,
    Count,
    Generate,
    Report,
    Weigh,
)
from engine.llama.requests import (
    OpenChoice,
    OpenCount,
    OpenGeneration,
    OpenRequest,
    OpenScore,
)
from engine.llama.settings import AS_USUAL, HostSettings
from engine.llama.status import HostStatus
from engine.llama.supervisor import COMMAND, HostSupervisor
from store.records import Message

_T = TypeVar("_T")


class HostEngine:
    """The engine over a llama.cpp host in a child process."""

    def __init__(
        self,
        model: Path,
        settings: HostSettings = AS_USUAL,
        *,
        log: Path | None = None,
        command: Sequence[str] = COMMAND,
        env: Mapping[str, str] | None = None,
        sha_cache: Path | None = None,
        trouble: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is started before :meth:`load`.

        Args:
            model: the GGUF file.
            settings: how to load it.
            log: file for what the host prints; None throws it away.
            command: what starts a host.
            env: its environment; None is this process's own.
            sha_cache: where the file's SHA-256 is remembered.
            trouble: what went wrong before with this file, told once it is loaded.
            clock: monotonic seconds.
        """
        self._publisher = HostStatus(clock)
        self._host = HostSupervisor(
            model,
            settings,
            self._publisher,
            log=log,
            command=command,
            env=os.environ if env is None else env,
            sha_cache=sha_cache,
            trouble=trouble,
        )

    @property
    def info(self) -> ModelInfo | None:
        """The loaded model, None before :meth:`load` has come back."""
        return self._host.info

    @property
    def server(self) -> None:
        """There is none: the host is a child process."""
        return

    @property
    def status(self) -> EngineStatus:
        """What the engine is doing now."""
        return self._publisher.status

    @property
    def report(self) -> Report | None:
        """The host's last report: counters the bench reads."""
        return self._publisher.report

    @property
    def pid(self) -> int | None:
        """Process number of the running host."""
        return self._host.pid

    @property
    def decodes(self) -> int:
        """Runs of the model behind the last text that has arrived."""
        return self._host.decodes

    @property
    def last_cancelled(self) -> Cancelled | None:
        """What the last cancelled request still cost."""
        return self._host.last_cancelled

    async def load(self) -> ModelInfo:
        """Start the host and load the model; a second call returns the same.

        Raises:
            ModelFileError: the file cannot be used.
            HostDied: the host died while loading, also when tried again.
        """
        return await self._host.load()

    async def generate(
        self,
        messages: Sequence[Message],
        choices: Sequence[Sampling],
        *,
        prefill: str = "",
        urgency: Urgency = Urgency.BATCH,
        on_event: OnEvent | None = None,
    ) -> Generated:
        """Write one answer for each sampling; see :class:`engine.api.Engine`."""
        request = Generate(
            next(self._host.ids), tuple(messages), tuple(choices), prefill, int(urgency)
        )
        return await self._ask(
            OpenGeneration(request, self._future(), choices=len(choices), on_event=on_event)
        )

    async def choose(
        self,
        messages: Sequence[Message],
        answers: Sequence[str],
        *,
        prefill: str = "",
        urgency: Urgency = Urgency.BATCH,
        thought: str = "",
    ) -> tuple[float, ...]:
        """Log-probability of each whole answer after the prompt (natural logarithm)."""
        request = Choose(
            next(self._host.ids), tuple(messages), tuple(answers), prefill, int(urgency), thought
        )
        return await self._ask(OpenChoice(request, self._future()))

    async def score(
        self,
        messages: Sequence[Message],
        completion: str,
        *,
        urgency: Urgency = Urgency.BATCH,
    ) -> Score:
        """Log-probability and token count of one completion."""
        request = Weigh(next(self._host.ids), tuple(messages), completion, int(urgency))
        return await self._ask(OpenScore(request, self._future()))

    async def count(self, texts: Sequence[str]) -> tuple[int, ...]:
        """Tokens of each text, without special tokens."""
        request = Count(next(self._host.ids), tuple(texts))
        return await self._ask(OpenCount(request, self._future()))

    async def restart(self) -> None:
        """Stop what runs and start anew; requests that were waiting are run again."""
        await self._host.restart()

    async def shutdown(self) -> None:
        """End the host; nothing of it is left running."""
        await self._host.shutdown()

    def subscribe(self, listener: Callable[[EngineStatus], None]) -> Callable[[], None]:
        """Call ``listener`` with each change of status; returns what ends it."""
        return self._publisher.subscribe(listener)

    def _future(self) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().create_future()

    async def _ask(self, open_request: OpenRequest[_T]) -> _T:
        await self._host.load()
        self._host.table.add(open_request)
        try:
            answer = await open_request.future
            self._host.check_unwritten()
            return answer
        finally:
            if open_request.future.cancelled() and open_request.sent:
                self._host.send(Cancel(next(self._host.ids), open_request.request.id))
            self._host.table.remove(open_request)
