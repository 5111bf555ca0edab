"""An OpenAI-compatible server behind the interface every engine has."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from engine.api import (
    EngineStatus,
    Generated,
    ModelInfo,
    OnEvent,
    Sampling,
    Score,
    State,
    Urgency,
)
from engine.concurrency import together
from engine.endpoint.bodies import ThinkingSupport
from engine.endpoint.caller import Caller
from engine.endpoint.generation import Generator
from engine.endpoint.http import address
from engine.endpoint.http_process import HttpProcess
from engine.endpoint.models import ServerKind, Serving, choose_model, describe
from engine.endpoint.retries import Retries
from engine.endpoint.scoring import AnswerScorer
from engine.endpoint.status import RequestStatus
from engine.endpoint.tokens import Tokeniser
from engine.errors import EndpointError, EngineError, NoModel
from store.records import Message

SILENCE = 600.0
"""Seconds a server may stay silent; a long prompt takes minutes on a slow machine."""
CONCURRENCY = 8
"""Requests at the same time."""
LOAD_TRIES = 3
"""Tries of the first request: whoever named a wrong address should hear of it soon."""


class EndpointEngine:
    """The :class:`~engine.api.Engine` over a server that speaks OpenAI's interface.

    A prefill is sent as an assistant's turn that has only begun: llama-server and vLLM go on with
    it; a server that opens a new turn instead (llama-cpp-python's) writes or weighs after it.

    Args:
        url: the server's address, with or without ``/v1``.
        model: which of its models; None takes the only one.
        allow_remote: whether it may be another machine.
        concurrency: requests at the same time.
        silence: seconds the server may stay silent.
        think: whether the model is to think first, where the server can say so; None leaves it to
            the server.
        retries: how failures that may pass are tried again.
        log_path: where the HTTP process writes; None keeps nothing.
        stopwatch: seconds from an arbitrary start.

    Raises:
        EndpointError: ``url`` is no address of a server.
    """

    def __init__(
        self,
        url: str,
        *,
        model: str | None = None,
        allow_remote: bool = False,
        concurrency: int = CONCURRENCY,
        silence: float = SILENCE,
        think: bool | None = None,
        retries: Retries | None = None,
        log_path: Path | None = None,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        base = address.parse(url)
        self._wanted = model
        self._think = think
        self._stopwatch = stopwatch
        self._status = RequestStatus(stopwatch)
        self._http = HttpProcess(base, allow_remote=allow_remote, log_path=log_path)
        self._caller = Caller(
            str(base),
            self._http,
            retries=retries or Retries(),
            slots=concurrency,
            silence=silence,
            status=self._status,
        )
        self._loading = asyncio.Lock()
        self._model: _ServedModel | None = None

    @property
    def info(self) -> ModelInfo | None:
        """The model, None before :meth:`load` has come back."""
        return self._model.info if self._model is not None else None

    @property
    def server(self) -> str:
        """The server's address."""
        return self._caller.server

    @property
    def status(self) -> EngineStatus:
        """What the engine is doing now."""
        return self._status.status

    @property
    def http_pid(self) -> int | None:
        """Process id of the HTTP process, None while it does not run."""
        return self._http.pid

    def subscribe(self, listener: Callable[[EngineStatus], None]) -> Callable[[], None]:
        """Call ``listener`` with each change of status; returns what ends it."""
        return self._status.subscribe(listener)

    async def load(self) -> ModelInfo:
        """Ask the server what it offers; a second call returns the same."""
        async with self._loading:
            if self._model is None:
                try:
                    self._model = await self._find_model()
                except EngineError as error:
                    self._status.failed(str(error))
                    raise
                self._status.enter(State.READY)
            return self._model.info

    async def generate(
        self,
        messages: Sequence[Message],
        choices: Sequence[Sampling],
        *,
        prefill: str = "",
        urgency: Urgency = Urgency.BATCH,
        on_event: OnEvent | None = None,
    ) -> Generated:
        """Write one answer for each sampling, all to the same conversation.

        Choices that differ only in that each seed is one more than the last are asked for
        together where the server honours ``n`` (vLLM draws choice i with the seed plus i). Their
        tokens are the pieces the server streamed, since it tells only the sum.
        """
        writer = self._loaded().writer
        return await writer.write(messages, choices, prefill, urgency, on_event)

    async def choose(
        self,
        messages: Sequence[Message],
        answers: Sequence[str],
        *,
        prefill: str = "",
        urgency: Urgency = Urgency.BATCH,
    ) -> tuple[float, ...]:
        """Log-probability of each answer; :mod:`engine.endpoint.scoring` says what it takes."""
        return await self._loaded().scorer.choose(messages, answers, prefill, urgency)

    async def score(
        self,
        messages: Sequence[Message],
        completion: str,
        *,
        urgency: Urgency = Urgency.BATCH,
    ) -> Score:
        """Log-probability and token count of one completion."""
        return await self._loaded().scorer.score(messages, completion, urgency)

    async def count(self, texts: Sequence[str]) -> tuple[int, ...]:
        """Tokens of each text, without special tokens."""
        tokeniser = self._loaded().tokeniser
        if not texts:
            return ()
        # the first alone finds the route; the others know it
        first = await tokeniser.cut(texts[0])
        rest = await together(tokeniser.cut(text) for text in texts[1:])
        return tuple(len(tokens) for tokens in (first, *rest))

    async def restart(self) -> None:
        """Start the HTTP process anew; requests under way are sent again."""
        self._status.enter(State.RESTARTING)
        await self._http.stop()
        self._status.enter(State.READY if self._model is not None else State.STARTING)

    async def shutdown(self) -> None:
        """End the HTTP process; the server itself is left alone."""
        self._caller.stop()
        await self._http.stop()
        self._status.enter(State.STOPPED)

    def _loaded(self) -> _ServedModel:
        if self._model is None:
            raise NoModel("no model is loaded: call load first")
        return self._model

    async def _find_model(self) -> _ServedModel:
        listing = await self._caller.ask("/v1/models", None, Urgency.NOW, attempts=LOAD_TRIES)
        serving = choose_model(listing, self._wanted, self._caller.server)
        info = describe(serving, await self._props(serving), slots=self._caller.turns.slots)
        return _ServedModel(info, serving, self._caller, self._stopwatch, self._think)

    async def _props(self, serving: Serving) -> Any:
        """What llama-server says of its context and template, None where it does not."""
        if serving.kind is not ServerKind.LLAMA_SERVER:
            return None
        try:
            return await self._caller.ask("/props", None, Urgency.NOW, attempts=1)
        except EndpointError as error:
            self._status.trouble(f"{error}; the context length is not known")
            return None


class _ServedModel:
    """What can be done with the one model that was chosen."""

    def __init__(
        self,
        info: ModelInfo,
        serving: Serving,
        caller: Caller,
        stopwatch: Callable[[], float],
        think: bool | None,
    ) -> None:
        self.info = info
        # a quarter of the context at least is left for the prompt
        thinking = ThinkingSupport(think, most=info.n_ctx * 3 // 4)
        self.writer = Generator(caller, serving, stopwatch, thinking)
        self.tokeniser = Tokeniser(caller, serving)
        self.scorer = AnswerScorer(caller, serving, self.tokeniser)


def endpoint_engine(
    url: str,
    *,
    model: str | None = None,
    allow_remote: bool = False,
    think: bool | None = None,
    log_path: Path | None = None,
) -> EndpointEngine:
    """The engine behind ``--endpoint URL`` and ``--allow-remote``.

    Raises:
        EndpointError: ``url`` is no address of a server.
    """
    return EndpointEngine(
        url, model=model, allow_remote=allow_remote, think=think, log_path=log_path
    )
