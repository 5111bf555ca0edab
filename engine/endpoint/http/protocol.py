"""What the app and the HTTP process say to each other: one JSON object a line."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.child import codec


@dataclass(frozen=True, slots=True)
class Send:
    """Ask the server."""

    TAG: ClassVar[str] = "send"
    id: int
    method: str
    path: str
    """From the root of the server: ``/v1/chat/completions``."""
    body: str | None
    """JSON, None for a GET."""
    silence: float
    """Seconds the server may stay silent."""


@dataclass(frozen=True, slots=True)
class Abort:
    """Close the connection of this request; nothing more is said of it."""

    TAG: ClassVar[str] = "abort"
    id: int


@dataclass(frozen=True, slots=True)
class Head:
    """The server has begun to answer."""

    TAG: ClassVar[str] = "head"
    id: int
    status: int
    retry_after: str | None
    """The header of this name, as it came."""


@dataclass(frozen=True, slots=True)
class Data:
    """One event of a stream."""

    TAG: ClassVar[str] = "data"
    id: int
    text: str


@dataclass(frozen=True, slots=True)
class Body:
    """A whole answer that is no stream; the last line of its request."""

    TAG: ClassVar[str] = "body"
    id: int
    text: str


@dataclass(frozen=True, slots=True)
class End:
    """The stream has ended, for whatever reason; the last line of its request."""

    TAG: ClassVar[str] = "end"
    id: int


@dataclass(frozen=True, slots=True)
class ExchangeFailed:
    """There is no answer, or no more of it; the last line of its request."""

    TAG: ClassVar[str] = "failed"
    id: int
    message: str
    """What happened, in one line that names the server."""
    again: bool
    """Whether another try may end better."""


Request = Send | Abort
Answer = Head | Data | Body | End | ExchangeFailed

_REQUESTS: dict[str, Any] = {kind.TAG: kind for kind in typing.get_args(Request)}
_ANSWERS: dict[str, Any] = {kind.TAG: kind for kind in typing.get_args(Answer)}


def encode_request(request: Request) -> bytes:
    """One line of what the app asks."""
    return codec.encode("op", request.TAG, request)


def encode_answer(answer: Answer) -> bytes:
    """One line of what the HTTP process says."""
    return codec.encode("event", answer.TAG, answer)


def decode_request(line: bytes) -> Request:
    """Read one line from the app.

    Raises:
        ProtocolError: the line is no request.
    """
    return typing.cast("Request", codec.decode("op", _REQUESTS, line))


def decode_answer(line: bytes) -> Answer:
    """Read one line from the HTTP process.

    Raises:
        ProtocolError: the line is no answer.
    """
    return typing.cast("Answer", codec.decode("event", _ANSWERS, line))
