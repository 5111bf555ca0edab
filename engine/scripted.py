"""An engine without a model: the same interface, replies from a script or made up by a fixed rule.

Tests of the method and of the screens run on it. What it writes depends only on the conversation,
the prefill and the seed, so that a test may stop and start it at will. Nothing in it sleeps: a
test that wants to see half an answer calls :meth:`ScriptedEngine.hold` and lets pieces through
one by one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.api import (
    EngineStatus,
    Finished,
    Generated,
    ModelInfo,
    OnEvent,
    Piece,
    Sampling,
    Score,
    Started,
    State,
    Urgency,
)
from engine.errors import EndpointError, EngineError, HostDied, NoModel
from store.ids import digest
from store.reasoning import Splitter
from store.records import Message

OPERATIONS = ("load", "generate", "choose", "score", "count", "restart")

ReplyRule = Callable[[Sequence[Message], Sampling, str], str]
"""What to write: (conversation, sampling, prefill) -> text."""

_OPENINGS = ("A careful answer", "The short answer", "One way to see it", "A plain reply")
_MIDDLES = ("names the facts", "gives the reason", "stays with the question", "shows one step")
_ENDINGS = ("and says what is unsure.", "and stops there.", "in a few words.", "for the reader.")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the engine got it."""

    operation: str
    """``generate``, ``choose``, ``score`` or ``count``."""
    messages: tuple[Message, ...]
    choices: tuple[Sampling, ...] = ()
    prefill: str = ""
    urgency: Urgency = Urgency.BATCH
    answers: tuple[str, ...] = ()
    thought: str = ""


class Trouble(StrEnum):
    """What may become of a request."""

    HANG = "hang"
    """It begins and never ends, until whoever asked gives up."""
    TIMEOUT = "timeout"
    """It fails after a silence, as a server's does."""
    HALFWAY = "halfway"
    """It fails when half is written, as a host that dies does."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One prepared answer."""

    text: str
    """As a model writes it, its thinking included, which is told apart as every engine does."""
    finish_reason: str = "stop"
    trouble: Trouble | None = None
    """What becomes of it instead of an end."""


def made_up(messages: Sequence[Message], sampling: Sampling, prefill: str) -> str:
    """A short, clean sentence that depends on the conversation, the prefill and the seed."""
    said = [[m.role, m.content] for m in messages]
    mark = digest("scripted", [said, prefill, sampling.seed])
    parts = [
        words[int(mark[2 * i : 2 * i + 2], 16) % len(words)]
        for i, words in enumerate((_OPENINGS, _MIDDLES, _ENDINGS))
    ]
    return f"{parts[0]} (number {int(mark[6:12], 16)}) {parts[1]} {parts[2]}"


class ScriptedEngine:
    """The :class:`~engine.api.Engine` of the tests.

    Args:
        reply: what to write where nothing was enqueued.
        slots: requests answered at the same time; the most urgent of the others goes next.
        piece: characters a :class:`~engine.api.Piece` carries.
        n_ctx: the context the model claims to have.
        name: the model's file name.
        server: the address of the server it claims to speak to.
    """

    def __init__(
        self,
        *,
        reply: ReplyRule = made_up,
        slots: int = 4,
        piece: int = 12,
        n_ctx: int = 4096,
        name: str = "scripted.gguf",
        server: str | None = None,
    ) -> None:
        self.history: list[Asked] = []
        """Every request, in the order in which its turn came."""
        self.cancelled: list[Asked] = []
        """Requests whose task was cancelled before the end."""
        self._reply = reply
        self._piece = piece
        self._server = server
        self._offered = ModelInfo(
            name=name,
            path=None,
            sha256=digest("model", name),
            backend="scripted",
            n_ctx=n_ctx,
            n_params=0,
            size_bytes=0,
            quantisation="none",
            chat_template=None,
            n_threads=1,
            gpu_layers=0,
            slots=slots,
        )
        self._info: ModelInfo | None = None
        self._status = EngineStatus()
        self._listeners: list[Callable[[EngineStatus], None]] = []
        self._script: deque[Reply | EngineError] = deque()
        self._weights: deque[tuple[float, ...]] = deque()
        self._trouble: dict[str, Trouble | Exception | None] = {}
        self._held = False
        self._permits = asyncio.Semaphore(0)
        self._watchers: list[asyncio.Future[None]] = []
        self._free = slots
        self._queue: list[tuple[int, int, asyncio.Future[None]]] = []
        self._tickets = 0

    # what a test says

    def enqueue(self, *replies: str | Reply | EngineError) -> None:
        """Answer the next generations with these, one each; an error is raised instead."""
        self._script.extend(Reply(r) if isinstance(r, str) else r for r in replies)

    def enqueue_weights(self, *logprobs: tuple[float, ...]) -> None:
        """Answer the next calls of :meth:`choose` with these log-probabilities."""
        self._weights.extend(logprobs)

    def get_into(self, trouble: Trouble | Exception | None, *operations: str) -> None:
        """From now on let requests end so; None lets them end well again.

        Args:
            trouble: what becomes of them; an error is raised halfway.
            operations: which of ``OPERATIONS``; all without any.
        """
        for operation in operations or OPERATIONS:
            self._trouble[operation] = trouble

    def hold(self) -> None:
        """Let no piece through until :meth:`allow` or :meth:`release`."""
        if not self._held:
            self._permits = asyncio.Semaphore(0)
        self._held = True

    def allow(self, pieces: int = 1) -> None:
        """Let this many pieces through while held."""
        for _ in range(pieces):
            self._permits.release()

    def release(self) -> None:
        """Write freely again."""
        self._held = False
        self.allow(len(self.history) + 1)

    async def wait_asked(self, requests: int) -> None:
        """Wait until this many requests have had their turn."""
        while len(self.history) < requests:
            watcher: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._watchers.append(watcher)
            await watcher

    def set_status(self, status: EngineStatus) -> None:
        """Show this status to whoever listens."""
        self._status = status
        for listener in tuple(self._listeners):
            listener(status)

    # the Engine interface

    @property
    def info(self) -> ModelInfo | None:
        """The pretended model, None before :meth:`load`."""
        return self._info

    @property
    def server(self) -> str | None:
        """The address a test gave, None where it gave none."""
        return self._server

    @property
    def status(self) -> EngineStatus:
        """What the engine is doing now."""
        return self._status

    async def load(self) -> ModelInfo:
        """Be ready at once, unless there is trouble."""
        await self._suffer(self._trouble.get("load"))
        self._info = self._offered
        self.set_status(self._status._replace(state=State.READY))
        return self._offered

    async def generate(
        self,
        messages: Sequence[Message],
        choices: Sequence[Sampling],
        *,
        prefill: str = "",
        urgency: Urgency = Urgency.BATCH,
        on_event: OnEvent | None = None,
    ) -> Generated:
        """Write what the script says, or what the rule makes up, piece by piece."""
        asked = Asked("generate", tuple(messages), tuple(choices), prefill, urgency)
        await self._turn(asked)
        try:
            return await self._write(asked, on_event or (lambda _event: None))
        except asyncio.CancelledError:
            self.cancelled.append(asked)
            raise
        finally:
            self._leave()

    async def choose(
        self,
        messages: Sequence[Message],
        answers: Sequence[str],
        *,
        prefill: str = "",
        urgency: Urgency = Urgency.BATCH,
        thought: str = "",
    ) -> tuple[float, ...]:
        """Enqueued log-probabilities, or some that depend on the conversation alone."""
        asked = Asked(
            "choose",
            tuple(messages),
            prefill=prefill,
            urgency=urgency,
            answers=tuple(answers),
            thought=thought,
        )
        await self._answered(asked)
        if self._weights:
            return self._weights.popleft()
        said = [[m.role, m.content] for m in messages]
        return tuple(-0.1 - int(digest("choose", [said, a])[:4], 16) / 2**15 for a in answers)

    async def score(
        self,
        messages: Sequence[Message],
        completion: str,
        *,
        urgency: Urgency = Urgency.BATCH,
    ) -> Score:
        """One nat a word."""
        await self._answered(
            Asked("score", tuple(messages), urgency=urgency, answers=(completion,))
        )
        words = len(completion.split())
        return Score(-float(words), words)

    async def count(self, texts: Sequence[str]) -> tuple[int, ...]:
        """Words of each text."""
        await self._answered(Asked("count", (), answers=tuple(texts)))
        return tuple(len(text.split()) for text in texts)

    async def restart(self) -> None:
        """Count a restart, unless there is trouble; nothing is lost."""
        await self._suffer(self._trouble.get("restart"))
        restarts = self._status.restarts + 1
        self.set_status(self._status._replace(state=State.READY, restarts=restarts))

    async def shutdown(self) -> None:
        """Be stopped, as the status tells; requests under way are not ended."""
        self.set_status(self._status._replace(state=State.STOPPED))

    def subscribe(self, listener: Callable[[EngineStatus], None]) -> Callable[[], None]:
        """Call ``listener`` with each change of status; returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # inside

    async def _turn(self, asked: Asked) -> None:
        """Wait for a free slot; the most urgent request goes first, then the oldest."""
        if self._info is None:
            raise NoModel("no model is loaded: call load first")
        if self._free == 0:
            self._tickets += 1
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            entry = (int(asked.urgency), self._tickets, turn)
            self._queue.append(entry)
            self._tell()
            try:
                await turn
            except asyncio.CancelledError:
                if entry in self._queue:
                    self._queue.remove(entry)
                else:
                    self._leave()
                self.cancelled.append(asked)
                raise
        else:
            self._free -= 1
        self.history.append(asked)
        self._tell()
        for watcher in self._watchers:
            if not watcher.done():
                watcher.set_result(None)
        self._watchers.clear()

    async def _answered(self, asked: Asked) -> None:
        """The turn of a request that is answered at once, unless there is trouble."""
        await self._turn(asked)
        try:
            await self._suffer(self._trouble.get(asked.operation))
        except asyncio.CancelledError:
            self.cancelled.append(asked)
            raise
        finally:
            self._leave()

    def _leave(self) -> None:
        """Give the slot to the next in line."""
        if self._queue:
            entry = min(self._queue, key=lambda waiting: waiting[:2])
            self._queue.remove(entry)
            entry[2].set_result(None)
        else:
            self._free += 1
        self._tell()

    def _tell(self) -> None:
        running = self._offered.slots - self._free
        state = State.WRITING if running else State.READY
        waiting = len(self._queue)
        self.set_status(self._status._replace(state=state, running=running, waiting=waiting))

    async def _write(self, asked: Asked, on_event: OnEvent) -> Generated:
        said = "".join(f"<|{m.role}|>{m.content}\n" for m in asked.messages)
        rendered = f"{said}<|assistant|>{asked.prefill}"
        tokens = len(rendered.split())
        on_event(Started(rendered, tokens, 0))
        finished = []
        for index, sampling in enumerate(asked.choices):
            reply = self._next(asked, sampling)
            splitter = Splitter()
            trouble = reply.trouble or self._trouble.get("generate")
            written = len(reply.text) // 2 if trouble else len(reply.text)
            for start in range(0, written, self._piece):
                await self._pass()
                if piece := splitter.push(reply.text[start : start + self._piece]):
                    on_event(Piece(index, piece))
            await self._suffer(trouble)
            if piece := splitter.finish(cut=reply.finish_reason == "length"):
                on_event(Piece(index, piece))
            words = len(reply.text.split())
            finished.append(
                Finished(
                    index, splitter.answer, reply.finish_reason, words, 0.0, splitter.reasoning
                )
            )
            on_event(finished[-1])
        return Generated(rendered, tokens, 0, tuple(finished))

    def _next(self, asked: Asked, sampling: Sampling) -> Reply:
        if not self._script:
            return Reply(self._reply(asked.messages, sampling, asked.prefill))
        entry = self._script.popleft()
        if isinstance(entry, EngineError):
            raise entry
        return entry

    async def _suffer(self, trouble: Trouble | Exception | None) -> None:
        if isinstance(trouble, Exception):
            raise trouble
        if trouble is Trouble.HANG:
            await asyncio.get_running_loop().create_future()
        elif trouble is Trouble.TIMEOUT:
            raise EndpointError("the server said nothing for 600 seconds")
        elif trouble is Trouble.HALFWAY:
            raise HostDied("the model host was killed (SIGKILL)")

    async def _pass(self) -> None:
        """One piece's gate; free running still lets the other tasks have a turn."""
        if self._held:
            await self._permits.acquire()
        else:
            await asyncio.sleep(0)
