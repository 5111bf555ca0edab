"""What the app and the HTTP process say to each other: one JSON object a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from engine.child.codec import LineCodec

TOGETHER: Final = 16
"""So many lines are written at once: each write costs a call, and more would have to wait."""


@dataclass(frozen=True, slots=True)
class Send:
    """Ask a server."""

    TAG: ClassVar[str] = "send"
    id: int
    server: int
    """Its place among the addresses the process was started with."""
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
class Data:
    """What has come of a stream since the last line: all at once for a short one."""

    TAG: ClassVar[str] = "data"
    id: int
    begins: bool
    """The server has begun to answer."""
    texts: tuple[str, ...]
    """The events."""
    ends: bool
    """The stream has ended, for whatever reason; the last line of its request."""


@dataclass(frozen=True, slots=True)
class Body:
    """A whole answer that is no stream; the last line of its request."""

    TAG: ClassVar[str] = "body"
    id: int
    status: int
    retry_after: str | None
    """The header of this name, as it came."""
    text: str


@dataclass(frozen=True, slots=True)
class ExchangeFailed:
    """There is no answer, or no more of it; the last line of its request."""

    TAG: ClassVar[str] = "failed"
    id: int
    message: str
    """What happened, in one line that names the server."""
    again: bool
    """Whether another try may end better."""
    status: int = 0
    """Of the answer, as far as it came."""


Request = Send | Abort
Answer = Data | Body | ExchangeFailed

REQUESTS: Final[LineCodec[Request]] = LineCodec("op", Request)
"""What the app says."""

ANSWERS: Final[LineCodec[Answer]] = LineCodec("event", Answer)
"""What the HTTP process says."""
