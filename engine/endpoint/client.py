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
from engine.endpoint.budget import Budget
from engine.endpoint.caller import Caller
from engine.endpoint.generation import Generator
from engine.endpoint.growth import FIRST, MOST, Growth
from engine.endpoint.http import address
from engine.endpoint.http_process import HttpProcess
from engine.endpoint.models import ServerKind, Serving, choose_model, describe
from engine.endpoint.refusals import ServerRefusal
from engine.endpoint.retries import Passing, Retries
from engine.endpoint.scoring import AnswerScorer
from engine.endpoint.slots import EndpointServer
from engine.endpoint.status import RequestStatus
from engine.endpoint.tokens import Tokeniser
from engine.errors import EndpointError, EngineError, NoModel
from store.records import Message

SILENCE = 600.0
"""Seconds a server may stay silent; a long prompt takes minutes on a slow machine."""
_NO_SUCH_ROUTE = frozenset({404, 405, 501})
LOAD_TRIES = 3
"""Tries of the first request: whoever named a wrong address should hear of it soon."""


class EndpointEngine:
    """The :class:`~engine.api.Engine` over a server that speaks OpenAI's interface.

    A prefill is sent as an assistant's turn that has only begun: llama-server and vLLM go on with
    it; a server that opens a new turn instead (llama-cpp-python's) writes or weighs after it.

    Args:
        urls: addresses of one server or several that offer the same model, with or without
            ``/v1``.
        model: which of its models; None takes the only one.
        allow_remote: whether it may be another machine.
        key_file: holds the key they are sent; None takes it from the environment.
        budget: what they may take; None lets them take all.
        concurrency: requests to one server at the same time; None finds out.
        silence: seconds the server may stay silent.
        think: whether the model is to think first, where the server can say so; None leaves it to
            the server.
        retries: how failures that may pass are tried again.
        log_path: where the HTTP process writes; None keeps nothing.
        stopwatch: seconds from an arbitrary start.

    Raises:
        EndpointError: one of ``urls`` is no address of a server.
    """

    def __init__(
        self,
        *urls: str,
        model: str | None = None,
        allow_remote: bool = False,
        key_file: Path | None = None,
        budget: Budget | None = None,
        concurrency: int | None = None,
        silence: float = SILENCE,
        think: bool | None = None,
        retries: Retries | None = None,
        log_path: Path | None = None,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        bases = list(dict.fromkeys(map(address.parse, urls)))
        first, most = (FIRST, MOST) if concurrency is None else (concurrency, concurrency)
        self._wanted = model
        self._think = think
        self._stopwatch = stopwatch
        self._status = RequestStatus(stopwatch)
        self._http = HttpProcess(
            bases, allow_remote=allow_remote, key_file=key_file, log_path=log_path
        )
        self._caller = Caller(
            [
                EndpointServer(str(base), place, Growth(first, most, stopwatch))
                for place, base in enumerate(bases)
            ],
            self._http,
            retries=retries or Retries(),
            budget=budget or Budget(),
            silence=silence,
            status=self._status,
            offers=self._offered,
        )
        self._loading = asyncio.Lock()
        self._model: _ServedModel | None = None

    @property
    def info(self) -> ModelInfo | None:
        """The model, None before :meth:`load` has come back."""
        return self._model.info if self._model is not None else None

    @property
    def server(self) -> str:
        """The server's address, or those of several with commas between."""
        return self._caller.server

    @property
    def status(self) -> EngineStatus:
        """What the engine is doing now."""
        self._caller.tell_moved()
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
        thought: str = "",
    ) -> tuple[float, ...]:
        """Log-probability of each answer; :mod:`engine.endpoint.scoring` says what it takes."""
        return await self._loaded().scorer.choose(messages, answers, prefill, urgency, thought)

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
        servers = self._caller.turns.servers
        found = await asyncio.gather(*map(self._offer_of, servers))
        there = [offer for offer in found if isinstance(offer, Serving)]
        if not there:
            raise next(offer for offer in found if isinstance(offer, Passing))
        serving = there[0]
        for server, offer in zip(servers, found, strict=True):
            if isinstance(offer, Passing):
                self._status.trouble(f"{offer}; left out until it answers")
                self._caller.spared.leave_out(server)
            else:
                _must_be_the_same(offer, serving, server)
        first = servers[found.index(serving)]
        slots = sum(server.growth.most for server in servers)
        info = describe(serving, await self._props(serving, first), slots=slots)
        return _ServedModel(info, serving, self._caller, self._stopwatch, self._think)

    async def _offer_of(self, server: EndpointServer) -> Serving | Passing:
        """What a server offers, or why it does not answer."""
        try:
            return await self._offered(server, LOAD_TRIES)
        except Passing as failure:
            return failure

    async def _offered(self, server: EndpointServer, attempts: int = 1) -> Serving:
        """What a server offers.

        Raises:
            EndpointError: it does not answer, or has another model than the others.
        """
        try:
            listing = await self._caller.ask_one(server, "/v1/models", attempts)
        except ServerRefusal as refusal:
            if self._wanted is None or refusal.status not in _NO_SUCH_ROUTE:
                raise
            listing = None  # it may write all the same
        if self._model is None:
            return choose_model(listing, self._wanted, server.name)
        serving = choose_model(listing, self._model.serving.model, server.name)
        _must_be_the_same(serving, self._model.serving, server)
        return serving

    async def _props(self, serving: Serving, server: EndpointServer) -> Any:
        """What llama-server says of its context and template, None where it does not."""
        if serving.kind is not ServerKind.LLAMA_SERVER:
            return None
        try:
            return await self._caller.ask_one(server, "/props", 1)
        except EndpointError as error:
            self._status.trouble(f"{error}; the context length is not known")
            return None


def _must_be_the_same(offer: Serving, serving: Serving, server: EndpointServer) -> None:
    if (offer.model, offer.kind) != (serving.model, serving.kind):
        raise EndpointError(
            f"the server at {server.name} offers {offer.model!r} and another {serving.model!r}: "
            "several servers must offer the same model under one name (--model)"
        )


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
        self.serving = serving
        # a quarter of the context at least is left for the prompt
        thinking = ThinkingSupport(think, most=info.n_ctx * 3 // 4)
        self.writer = Generator(caller, serving, stopwatch, thinking)
        self.tokeniser = Tokeniser(caller, serving)
        self.scorer = AnswerScorer(caller, serving, self.tokeniser)
