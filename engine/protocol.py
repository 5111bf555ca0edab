"""What app and model host say to each other: one JSON object a line, over stdin and stdout.

The app asks with ``op``: load, generate, choose, score, count, cancel, shutdown. Every answer
carries the id of its request and an ``event``; :class:`Report` answers the ``load`` again and again
for as long as the host lives. Both ends check every line against the dataclasses below, so a
line that does not fit is refused at the door and never half understood.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.errors import EngineError
from engine.face import ModelInfo, Sampling
from store.records import Message

LINE_LIMIT = 64 * 1024 * 1024
"""Longest line either end reads, in bytes."""


class ProtocolError(EngineError):
    """A line that is not what the protocol says."""


@dataclass(frozen=True, slots=True)
class Load:
    """Open a model file and get ready to write."""

    TAG: ClassVar[str] = "load"
    id: int
    path: str
    n_ctx: int | None = None
    """Tokens one sequence may hold; None lets the host choose."""
    n_threads: int | None = None
    """None: as many as there are cores this process may use."""
    gpu_layers: int | None = None
    """None: all that fit."""
    slots: int | None = None
    """Answers written at the same time; None lets the host choose."""
    cells: int | None = None
    """Tokens the whole cache holds; None lets the host choose."""
    use_extra_bufts: bool = True
    """Weights repacked for this processor; off after an illegal instruction."""


@dataclass(frozen=True, slots=True)
class Generate:
    """Write one answer for each of ``choices``."""

    TAG: ClassVar[str] = "generate"
    id: int
    messages: tuple[Message, ...]
    choices: tuple[Sampling, ...]
    prefill: str = ""
    urgency: int = 2


@dataclass(frozen=True, slots=True)
class Choose:
    """Weigh each of ``answers`` after one prompt."""

    TAG: ClassVar[str] = "choose"
    id: int
    messages: tuple[Message, ...]
    answers: tuple[str, ...]
    prefill: str = ""
    urgency: int = 2


@dataclass(frozen=True, slots=True)
class Weigh:
    """Log-probability and length of one completion."""

    TAG: ClassVar[str] = "score"
    id: int
    messages: tuple[Message, ...]
    completion: str
    urgency: int = 2


@dataclass(frozen=True, slots=True)
class Count:
    """Tokens of each text."""

    TAG: ClassVar[str] = "count"
    id: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the request ``target``; what it has written is forgotten."""

    TAG: ClassVar[str] = "cancel"
    id: int
    target: int


@dataclass(frozen=True, slots=True)
class Shutdown:
    """End the host."""

    TAG: ClassVar[str] = "shutdown"
    id: int


Request = Load | Generate | Choose | Weigh | Count | Cancel | Shutdown


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model is ready."""

    TAG: ClassVar[str] = "loaded"
    id: int
    info: ModelInfo


@dataclass(frozen=True, slots=True)
class Begun:
    """The request's turn has come."""

    TAG: ClassVar[str] = "begun"
    id: int
    rendered: str
    prompt_tokens: int
    reused_tokens: int


@dataclass(frozen=True, slots=True)
class Pieces:
    """What has been written since the last line: texts by number of the choice."""

    TAG: ClassVar[str] = "pieces"
    id: int
    pieces: tuple[tuple[int, str], ...]
    decode: int = 0
    """How many times the model had been run when the last of them was known."""


@dataclass(frozen=True, slots=True)
class Done:
    """One choice is complete; the request is when all are."""

    TAG: ClassVar[str] = "done"
    id: int
    choice: int
    text: str
    finish_reason: str
    completion_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Chosen:
    """Answer to :class:`Choose`."""

    TAG: ClassVar[str] = "chosen"
    id: int
    logprobs: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Weighed:
    """Answer to :class:`Weigh`."""

    TAG: ClassVar[str] = "scored"
    id: int
    logprob: float
    tokens: int


@dataclass(frozen=True, slots=True)
class Counted:
    """Answer to :class:`Count`."""

    TAG: ClassVar[str] = "counted"
    id: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The request ``id`` is over."""

    TAG: ClassVar[str] = "cancelled"
    id: int
    decodes: int
    """Runs of the model that carried it to their end after the cancel had arrived."""
    tokens: int
    """Tokens of this request evaluated by them."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The request ``id`` cannot be answered."""

    TAG: ClassVar[str] = "refused"
    id: int
    kind: str
    """``too_long``, ``model_file``, ``bad_request`` or ``failed``."""
    message: str
    needed: int = 0
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """Where the host stands; sent a few times a second while it works, and when it rests."""

    TAG: ClassVar[str] = "report"
    id: int
    running: int
    waiting: int
    written: int
    """Tokens of answers, since the load."""
    evaluated: int
    """Tokens run through the model."""
    needed: int
    """Tokens that would have been, had nothing been shared."""
    decodes: int
    inside: float
    """Seconds spent inside llama.cpp."""
    busy: float
    """Seconds with work at hand."""


@dataclass(frozen=True, slots=True)
class Bye:
    """Answer to :class:`Shutdown`; nothing comes after it."""

    TAG: ClassVar[str] = "bye"
    id: int


Answer = (
    Loaded | Begun | Pieces | Done | Chosen | Weighed | Counted | Cancelled | Refused | Report | Bye
)

_REQUESTS: dict[str, Any] = {kind.TAG: kind for kind in typing.get_args(Request)}
_ANSWERS: dict[str, Any] = {kind.TAG: kind for kind in typing.get_args(Answer)}


def encode_request(request: Request) -> bytes:
    """One line of what the app asks."""
    return _encode("op", request.TAG, request)


def encode_answer(answer: Answer) -> bytes:
    """One line of what the host says."""
    return _encode("event", answer.TAG, answer)


def decode_request(line: bytes) -> Request:
    """Read one line from the app.

    Raises:
        ProtocolError: the line is no request.
    """
    return typing.cast("Request", _decode("op", _REQUESTS, line))


def decode_answer(line: bytes) -> Answer:
    """Read one line from the host.

    Raises:
        ProtocolError: the line is no answer.
    """
    return typing.cast("Answer", _decode("event", _ANSWERS, line))


def _encode(tag_name: str, tag: str, value: Any) -> bytes:
    # NamedTuples become arrays, dataclasses objects; the reader knows which is which by type.
    body = {tag_name: tag} | dataclasses.asdict(value)
    return json.dumps(body, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


def _decode(tag_name: str, kinds: dict[str, Any], line: bytes) -> Any:
    try:
        body = json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"not a line of JSON: {_excerpt(line)}") from error
    if not isinstance(body, dict):
        raise ProtocolError(f"not an object: {_excerpt(line)}")
    tag = body.pop(tag_name, None)
    kind = kinds.get(tag) if isinstance(tag, str) else None
    if kind is None:
        raise ProtocolError(f"unknown {tag_name}: {_excerpt(line)}")
    return _reader(kind)(body, tag)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _excerpt(line: bytes) -> str:
    return repr(line[:80])


Read = Callable[[Any, str], Any]


@functools.cache
def _reader(kind: Any) -> Read:
    """What turns JSON into ``kind``, or raises; built once a type."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _optional(next(arg for arg in typing.get_args(kind) if arg is not type(None)))
    if origin is tuple:
        return _tuple(typing.get_args(kind))
    if dataclasses.is_dataclass(kind):
        return _object(kind)
    if isinstance(kind, type) and issubclass(kind, tuple):
        # a NamedTuple: an array with as many places as it has fields
        inner = _tuple(tuple(typing.get_type_hints(kind).values()))
        return lambda value, where: kind(*inner(value, where))
    return _scalar(kind)


def _scalar(kind: type[Any]) -> Read:
    accepted = (int, float) if kind is float else (kind,)

    def read(value: Any, where: str) -> Any:
        if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
            raise ProtocolError(f"{where} must be {kind.__name__}, not {type(value).__name__}")
        return kind(value)

    return read


def _optional(kind: Any) -> Read:
    inner = _reader(kind)
    return lambda value, where: None if value is None else inner(value, where)


def _tuple(kinds: tuple[Any, ...]) -> Read:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        each = _reader(kinds[0])

        def read_all(value: Any, where: str) -> tuple[Any, ...]:
            return tuple(each(item, where) for item in _array(value, where))

        return read_all
    readers = [_reader(kind) for kind in kinds]

    def read_exactly(value: Any, where: str) -> tuple[Any, ...]:
        items = _array(value, where)
        if len(items) != len(readers):
            raise ProtocolError(f"{where} must have {len(readers)} places, not {len(items)}")
        return tuple(read(item, where) for read, item in zip(readers, items, strict=True))

    return read_exactly


def _array(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise ProtocolError(f"{where} must be an array, not {type(value).__name__}")
    return value


def _object(kind: Any) -> Read:
    hints = typing.get_type_hints(kind)
    fields = dataclasses.fields(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields}
    required = {
        field.name
        for field in fields
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }

    def read(value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            raise ProtocolError(f"{where} must be an object, not {type(value).__name__}")
        if unknown := value.keys() - readers.keys():
            raise ProtocolError(f"{where} has no field {min(unknown)!r}")
        if missing := required - value.keys():
            raise ProtocolError(f"{where} lacks {min(missing)!r}")
        return kind(
            **{name: readers[name](item, f"{where}.{name}") for name, item in value.items()}
        )

    return read
