"""Requests that a host has not yet answered, and what their answers add up to."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from engine.api import Finished, Generated, OnEvent, Piece, Score, Started
from engine.errors import BadRequest, EngineError, ModelFileError, PromptTooLong
from engine.llama.protocol import (
    Answer,
    Begun,
    Chosen,
    Counted,
    Done,
    Pieces,
    Refused,
    Request,
    Weighed,
)

_T = TypeVar("_T")


@dataclass(eq=False)
class OpenRequest(ABC, Generic[_T]):
    """One request on its way."""

    request: Request
    future: asyncio.Future[_T]
    sent: bool = False
    begun: bool = False
    """Its turn has come: it is one of those the host was working on."""
    deaths: int = 0
    """Hosts that died while working on it."""

    def take(self, answer: Answer) -> None:
        """Add one line to what is known."""
        if isinstance(answer, Refused):
            self.fail(refusal(answer))
        elif isinstance(answer, Begun):
            self.begun = True
        if not self.future.done():
            self.add(answer)

    def again(self) -> None:
        """The host is gone; the request will be sent to another."""
        self.sent = self.begun = False

    def fail(self, error: Exception) -> None:
        """Give up."""
        if not self.future.done():
            self.future.set_exception(error)

    @abstractmethod
    def add(self, answer: Answer) -> None:
        """Take one line that is no refusal."""


@dataclass(eq=False)
class OpenGeneration(OpenRequest[Generated]):
    """Answers being written."""

    choices: int = 1
    on_event: OnEvent | None = None
    _begun: Begun | None = None
    _finished: dict[int, Finished] = field(default_factory=dict)

    def again(self) -> None:
        """The host is gone; what it wrote is forgotten."""
        super().again()
        self._begun = None
        self._finished.clear()

    def add(self, answer: Answer) -> None:
        """Tell the listener; the last answer's end completes the request."""
        if isinstance(answer, Begun):
            self._begun = answer
            self._tell(Started(answer.rendered, answer.prompt_tokens, answer.reused_tokens))
        elif isinstance(answer, Pieces):
            for choice, text in answer.pieces:
                self._tell(Piece(choice, text))
        elif isinstance(answer, Done):
            finished = Finished(
                answer.choice,
                answer.text,
                answer.finish_reason,
                answer.completion_tokens,
                answer.seconds,
                answer.reasoning,
            )
            self._finished[answer.choice] = finished
            self._tell(finished)
            self._complete()

    def _tell(self, event: Started | Piece | Finished) -> None:
        if self.on_event is not None:
            self.on_event(event)

    def _complete(self) -> None:
        begun = self._begun
        if begun is None or len(self._finished) < self.choices or self.future.done():
            return
        finished = tuple(self._finished[choice] for choice in range(self.choices))
        self.future.set_result(
            Generated(begun.rendered, begun.prompt_tokens, begun.reused_tokens, finished)
        )


@dataclass(eq=False)
class OpenChoice(OpenRequest[tuple[float, ...]]):
    """Answers being weighed."""

    def add(self, answer: Answer) -> None:
        """The one line there is."""
        if isinstance(answer, Chosen):
            self.future.set_result(answer.logprobs)


@dataclass(eq=False)
class OpenScore(OpenRequest[Score]):
    """A completion being weighed."""

    def add(self, answer: Answer) -> None:
        """The one line there is."""
        if isinstance(answer, Weighed):
            self.future.set_result(Score(answer.logprob, answer.tokens))


@dataclass(eq=False)
class OpenCount(OpenRequest[tuple[int, ...]]):
    """Texts being counted."""

    def add(self, answer: Answer) -> None:
        """The one line there is."""
        if isinstance(answer, Counted):
            self.future.set_result(answer.counts)


def refusal(answer: Refused) -> EngineError:
    """The error a refusal stands for."""
    if answer.kind == "too_long":
        return PromptTooLong(answer.needed, answer.limit)
    kinds: dict[str, type[EngineError]] = {
        "bad_request": BadRequest,
        "model_file": ModelFileError,
    }
    return kinds.get(answer.kind, EngineError)(answer.message)
