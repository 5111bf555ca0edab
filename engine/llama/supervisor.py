"""A model host kept running: begun, listened to, and started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.api import ModelInfo, State
from engine.child.codec import ProtocolError
from engine.child.process import ChildProcess, python
from engine.errors import EngineError, HostDied, ModelFileError
from engine.llama.crashes import Crash, explain, log_size
from engine.llama.kernels import several_at_once
from engine.llama.loaded_files import LoadedFiles
from engine.llama.protocol import (
    ANSWERS,
    REQUESTS,
    Answer,
    Cancelled,
    Load,
    Loaded,
    Pieces,
    Refused,
    Report,
    Request,
    Shutdown,
)
from engine.llama.request_table import RequestTable
from engine.llama.requests import refusal
from engine.llama.settings import HostSettings
from engine.llama.split import parts_of
from engine.llama.status import HostStatus
from engine.llama.weights import called

COMMAND = python("engine.llama.host")
"""What starts a host."""
MOST_DEATHS_IN_A_ROW = 3
"""Hosts that may die without one answer between them."""


class HostSupervisor:
    """The life of a host, and of those that follow it.

    Args:
        model: the GGUF file.
        settings: how to load it.
        publisher: told how it goes.
        log: file for what the host prints; None throws it away.
        command: what starts a host.
        env: its environment.
        sha_cache: where the file's SHA-256 is remembered.
        trouble: what went wrong before with this file, told once it is loaded.
    """

    def __init__(
        self,
        model: Path,
        settings: HostSettings,
        publisher: HostStatus,
        *,
        log: Path | None,
        command: Sequence[str],
        env: Mapping[str, str],
        sha_cache: Path | None,
        trouble: str | None,
    ) -> None:
        self.info: ModelInfo | None = None
        """The loaded model, None before :meth:`load` has come back."""
        self.ids = itertools.count(1)
        """Numbers of requests."""
        self.table = RequestTable(self.send)
        """Requests without an answer; a new host gets them."""
        self.decodes = 0
        """Runs of the model behind the last text that has arrived."""
        self.last_cancelled: Cancelled | None = None
        """What the last cancelled request still cost."""
        self._model = model
        self._settings = settings
        self._publisher = publisher
        self._log = log
        self._command = command
        self._env = env
        self._sha_cache = sha_cache
        self._trouble = trouble
        self._process: ChildProcess | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._loaded: asyncio.Future[ModelInfo] | None = None
        self._up = False
        self._plain_buffers = False
        self._wanted_restart = False
        self._deaths_in_a_row = 0
        self._last_death = ""
        self._crashed: str | None = None
        self._source: LoadedFiles | None = None
        self._logged = 0
        """Bytes of the log that are older than the host."""

    @property
    def pid(self) -> int | None:
        """Process number of the running host."""
        return self._process.pid if self._process else None

    async def load(self) -> ModelInfo:
        """Start the host and load the model; a second call returns the same.

        Raises:
            ModelFileError: the file cannot be used.
            HostDied: the host died while loading, also when tried again.
        """
        if self._loaded is None:
            self._loaded = asyncio.get_running_loop().create_future()
            self._keeping = asyncio.create_task(self._keep(), name="model host")
        return await asyncio.shield(self._loaded)

    async def restart(self) -> None:
        """Stop what runs and start anew; requests that were waiting are run again."""
        self._deaths_in_a_row = 0
        if self._keeping is None or self._keeping.done():
            self._loaded = None
            await self.load()
            return
        if self._process is not None:
            self._wanted_restart = True
            self._publisher.change(state=State.RESTARTING, error=None)
            await self._process.kill()

    async def shutdown(self) -> None:
        """End the host; nothing of it is left running."""
        keeping, self._keeping = self._keeping, None
        if self._process is not None:
            await self._process.stop(REQUESTS.encode(Shutdown(0)))
        if keeping is not None:
            keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeping
        self._publisher.rest(State.STOPPED, self._publisher.status.error)

    def send(self, request: Request) -> bool:
        """Pass a request to the host; False when there is none to take it."""
        if not self._up or self._process is None:
            return False
        self._process.send(REQUESTS.encode(request))
        return True

    def check_unwritten(self) -> None:
        """Refuse what was computed while the weights were being changed.

        Raises:
            ModelFileError: a file that is loaded was written to.
        """
        if self._source is not None:
            self._source.check_unwritten()

    async def _keep(self) -> None:
        """Keep a host running until told otherwise, or until it is no use."""
        error: EngineError = EngineError("the engine has been shut down")
        try:
            await self._keep_running()
        except EngineError as failure:
            error = failure
            self._publisher.rest(State.FAILED, str(failure))
        except OSError as failure:
            error = HostDied(f"the model host cannot be started: {failure}")
            self._publisher.rest(State.FAILED, str(error))
        finally:
            self._up = False
            self._give_up(error)

    async def _keep_running(self) -> None:
        self._publisher.change(state=State.STARTING, error=None)
        source: LoadedFiles | None = None
        try:
            while True:
                if source is None or source.changed:
                    if source is not None:
                        source.leave()
                    source = await LoadedFiles.read(
                        self._model, self._settings.lora, self._sha_cache
                    )
                    self._source = source
                self._logged = log_size(self._log)
                process = await ChildProcess.start(self._command, self._log, self._env)
                self._process = process
                try:
                    await self._listen(process, source)
                    code = await process.ended()
                finally:
                    self._up = False
                    # also when this task is cancelled: no host outlives it
                    await asyncio.shield(process.kill())
                self._after_death(code)
        finally:
            if source is not None:
                source.leave()

    async def _listen(self, process: ChildProcess, source: LoadedFiles) -> None:
        """Load, then pass answers on until the host ends."""
        load = Load(
            next(self.ids),
            str(parts_of(self._model.absolute())[0]),
            use_extra_bufts=not self._plain_buffers,
            **dataclasses.asdict(self._settings),
        )
        header = source.header
        process.send(REQUESTS.encode(load))
        try:
            async for line in process.lines():
                answer = ANSWERS.decode(line)
                if isinstance(answer, Loaded):
                    info = dataclasses.replace(
                        answer.info,
                        name=called(self._model, self._settings.lora),
                        sha256=await source.sha256,
                        original=header.original,
                        original_sha256=header.original_sha256,
                        loaded_with=self._settings.told(),
                        several_at_once=answer.info.gpu_layers > 0 or several_at_once(header),
                    )
                    source.check_same(info.sha256, self.info.sha256 if self.info else None)
                    self._come_up(info)
                elif isinstance(answer, Refused) and not self._up:
                    raise refusal(answer)
                else:
                    self._pass_on(answer)
        except ProtocolError as error:
            self._publisher.change(error=f"the model host said something unknown ({error})")
            await process.kill()

    def _come_up(self, info: ModelInfo) -> None:
        self.info = info
        self._up = True
        back = f"{self._crashed}; it has been started again" if self._crashed else self._trouble
        self._publisher.change(state=State.READY, error=back)
        if self._loaded is not None and not self._loaded.done():
            self._loaded.set_result(info)
        self.table.send_all()

    def _pass_on(self, answer: Answer) -> None:
        if isinstance(answer, Report):
            self._publisher.take(answer)
        elif isinstance(answer, Cancelled):
            self.last_cancelled = answer
        elif isinstance(answer, Pieces):
            self.decodes = answer.decode
        if self.table.take(answer):
            self._deaths_in_a_row = 0

    def _after_death(self, code: int) -> None:
        """Decide what becomes of the requests and whether there is another host.

        Raises:
            HostDied: it is no use.
        """
        death = explain(code, self._log, self._logged)
        wanted, self._wanted_restart = self._wanted_restart, False
        self._crashed = None if wanted else death.reason
        if not wanted:
            self._count(death)
        self.table.again()
        self._publisher.rest(
            State.RESTARTING,
            f"{self._crashed}; it is being started again" if self._crashed else None,
            waiting=len(self.table),
            restarts=1,
        )

    def _count(self, death: Crash) -> None:
        self._deaths_in_a_row += 1
        again = str(death) == self._last_death and death.said
        self._last_death = str(death)
        if death.plain_buffers and not self._plain_buffers:
            self._plain_buffers = True
        elif again and self.info is None:
            raise HostDied(f"{self._model.name}: {death}")  # it will say so a third time
        elif self._deaths_in_a_row >= MOST_DEATHS_IN_A_ROW:
            times = f"(it died {self._deaths_in_a_row} times in a row)"
            raise HostDied(f"{self._model.name}: {death} {times}")
        self.table.blame(HostDied(f"{death}; this request was being worked on each time"))

    def _give_up(self, error: EngineError) -> None:
        """There is no host any more and there will be none before someone asks for it."""
        if isinstance(error, ModelFileError | HostDied) or (
            self._loaded is not None and not self._loaded.done()
        ):
            if self._loaded is None or self._loaded.done():
                self._loaded = asyncio.get_running_loop().create_future()
            self._loaded.set_exception(error)
            # it may be that nobody waits for it
            self._loaded.exception()
        else:
            self._loaded = None
        self.table.fail(error)
