"""What the app and the HTTP process say to each other: one JSON object a line."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from engine.errors import EndpointError

LINE_LIMIT = 64 * 1024 * 1024
"""Longest line either end reads, in bytes."""


@dataclass(frozen=True, slots=True)
class Send:
    """Ask the server."""

    id: int
    method: str
    path: str
    """From the root of the server: ``/v1/chat/completions``."""
    body: str | None
    """JSON, None for a GET."""
    silence: float
    """Seconds the server may stay silent."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Close the connection of this request; nothing more is said of it."""

    id: int


@dataclass(frozen=True, slots=True)
class Head:
    """The server has begun to answer."""

    id: int
    status: int
    retry_after: str | None
    """The header of this name, as it came."""


@dataclass(frozen=True, slots=True)
class Data:
    """One event of a stream."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class Body:
    """A whole answer that is no stream; the last line of its request."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class End:
    """The stream has ended, for whatever reason; the last line of its request."""

    id: int


@dataclass(frozen=True, slots=True)
class Failed:
    """There is no answer, or no more of it; the last line of its request."""

    id: int
    message: str
    """What happened, in one line that names the server."""
    again: bool
    """Whether another try may end better."""


Request = Send | Cancel
Answer = Head | Data | Body | End | Failed

_KINDS: dict[str, type[Any]] = {
    kind.__name__.lower(): kind for kind in (Send, Cancel, Head, Data, Body, End, Failed)
}


def encode(line: Request | Answer) -> bytes:
    """One line."""
    said = {"is": type(line).__name__.lower()} | dataclasses.asdict(line)
    return json.dumps(said, separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes) -> Any:
    """Read one line: one of :data:`Request` or :data:`Answer`.

    Raises:
        EndpointError: it is neither.
    """
    try:
        said = json.loads(line)
        return _KINDS[said.pop("is")](**said)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EndpointError(f"the HTTP process was sent a line it cannot read: {error}") from error
