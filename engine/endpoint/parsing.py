"""An answer read from a stream or from one body: pieces, ends and token counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from engine.endpoint.budget import Tokens
from engine.endpoint.choice_text import ChoiceText
from engine.endpoint.message_parts import parts
from engine.endpoint.refusals import ServerRefusal, cut, refusal
from engine.endpoint.retries import Passing

DONE = "[DONE]"

_GOES_ON = frozenset({"", "null", "none"})
"""What some servers write for a finish reason as long as there is none."""
_STATUSES = {"rate_limit": 429, "invalid_request": 400, "authentication": 401}
"""By what a failure in mid-stream calls itself, where it names no status."""
_PIECES, _CHARACTERS = 16, 4096
"""So many pieces, and characters of a stream, a token may take at most."""
_SLACK = 256
"""Tokens' worth of pieces that carry no text."""


@dataclass(slots=True)
class Usage:
    """Token counts of one request; None where the server does not say."""

    prompt: int | None = None
    completion: int | None = None
    cached: int = 0


@dataclass(slots=True)
class AnswerParser:
    """Collects the choices of one request.

    Args:
        server: for messages.
        answers: one for each choice asked for.
        on_piece: called with choice and text as they come.
        on_retold: called with a choice whose text will be told anew.
        most: tokens that were asked for, of all choices together.
    """

    server: str
    answers: list[ChoiceText]
    on_piece: Callable[[int, str], None]
    on_retold: Callable[[int], None] = lambda _choice: None
    most: int = 4096
    usage: Usage = field(default_factory=Usage)
    opened: bool = False
    """Whether the server accepted the request."""
    done: bool = False
    """Whether the server said that the stream is complete."""
    mixed: bool = False
    """Whether pieces of several choices came under one number."""
    _pieces: int = 0
    _characters: int = 0

    def feed(self, data: str) -> None:
        """Take one event of the stream.

        Raises:
            Passing: it is no JSON, or tells that the server failed.
            EngineError: it tells of a refusal, an answer ended for the server's own reasons, or
                there is no end to it.
        """
        if data.strip() == DONE:
            self.done = True
            return
        if not data.strip():  # sent to keep the connection
            return
        self._pieces += 1
        self._characters += len(data)
        most = self.most + _SLACK
        if self._pieces > _PIECES * most or self._characters > _CHARACTERS * most:
            words = (
                f"the server at {self.server} writes on beyond max_tokens: its answer was not read"
            )
            raise ServerRefusal(words, 200)
        self._take(self._object(data), "delta")

    def whole(self, body: str) -> None:
        """Take an answer that came in one body; raises as :meth:`feed` does."""
        self._take(self._object(body), "message")
        self.done = True

    @property
    def begun(self) -> bool:
        """Whether anything of an answer has come."""
        return any(answer.chunks for answer in self.answers)

    def taken(self, prompt: int) -> Tokens:
        """What the request took; as far as the server does not say, by its pieces.

        Args:
            prompt: tokens of the prompt where the server does not tell them.
        """
        chunks = sum(answer.chunks for answer in self.answers)
        written = chunks if self.usage.completion is None else self.usage.completion
        said = prompt if self.usage.prompt is None else self.usage.prompt
        return Tokens(said if self.opened else 0, written)

    @property
    def complete(self) -> bool:
        """Whether every answer that has begun has its end; others may never have been written."""
        begun = [a for i, a in enumerate(self.answers) if i == 0 or a.chunks]
        return all(a.finish_reason is not None for a in begun)

    def _object(self, text: str) -> dict[str, Any]:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Passing(f"the server at {self.server} sent no JSON: {cut(text)!r}") from error
        if not isinstance(found, dict):
            raise Passing(f"the server at {self.server} sent no answer: {cut(text)!r}")
        if found.get("error") or found.get("object") == "error":
            raise refusal(self.server, _status(found), text, None)
        return found

    def _take(self, chunk: dict[str, Any], part: str) -> None:
        told = chunk.get("choices")
        choices = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
        numbers = [as_count(choice.get("index")) or 0 for choice in choices]
        if part == "message" and len(set(numbers)) < len(numbers):
            numbers = list(range(len(numbers)))  # numbered by nothing but their places
        for number, choice in zip(numbers, choices, strict=True):
            if number < len(self.answers):  # others were not asked for
                self._take_choice(number, choice, part)
        self._count(chunk.get("usage"))

    def _take_choice(self, index: int, choice: dict[str, Any], part: str) -> None:
        answer = self.answers[index]
        said = choice.get(part)
        reason = choice.get("finish_reason")
        if answer.finish_reason is not None:  # one that has ended gets no more
            self.mixed = self.mixed or (isinstance(said, dict) and any(parts(said)))
            return
        if part == "delta" and not isinstance(said, dict) and not answer.chunks:
            said = choice.get("message")  # streamed in one piece, in the form of a body
        new = ""
        if isinstance(said, dict):
            thought, text = parts(said)
            answer.think(thought)
            new = answer.add(text)
        if isinstance(reason, str) and reason.lower() not in _GOES_ON:
            new += answer.end(reason, self.server)
        if answer.retold:
            answer.retold = False
            self.on_retold(index)
            new = answer.text
        if new:
            self.on_piece(index, new)

    def _count(self, usage: Any) -> None:
        if not isinstance(usage, dict):
            return
        details = usage.get("prompt_tokens_details")
        cached = details.get("cached_tokens") if isinstance(details, dict) else None
        self.usage = Usage(
            as_count(usage.get("prompt_tokens")),
            as_count(usage.get("completion_tokens")),
            as_count(cached) or 0,
        )


def _status(failure: dict[str, Any]) -> int:
    """The status a failure in mid-stream would have had; 500 where it does not say."""
    inner = failure.get("error")
    told = inner if isinstance(inner, dict) else failure
    code = str(told.get("code"))
    if len(code) == 3 and code.isdecimal() and code >= "400":
        return int(code)
    words = f"{code} {told.get('type')}"
    known = (status for word, status in _STATUSES.items() if word in words)
    return next(known, 500)


def as_count(value: Any) -> int | None:
    """What a server tells as a count, of tokens or bytes; None where no file could hold it."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 <= value < 2**63 else None
