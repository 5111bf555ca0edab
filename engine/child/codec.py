"""Turns dataclasses into lines of JSON and back, checking each field against its type.

Both ends of every pipe to a child process read through here, so that a line that does not fit is
refused at the door and never half understood.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Callable
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from engine.errors import EngineError

LINE_LIMIT = 64 * 1024 * 1024
"""Longest line either end of a pipe reads, in bytes."""


class ProtocolError(EngineError):
    """A line that is not what the protocol says."""


class Tagged(Protocol):
    """A dataclass that a line can be."""

    TAG: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


Said = TypeVar("Said", bound=Tagged)


class LineCodec(Generic[Said]):
    """One direction of a pipe.

    Args:
        tag_name: the field of a line that says which dataclass it is.
        kinds: a union of dataclasses, each with its ``TAG``.
    """

    def __init__(self, tag_name: str, kinds: Any) -> None:
        self._tag_name = tag_name
        self._kinds = {kind.TAG: kind for kind in typing.get_args(kinds)}

    def encode(self, said: Said) -> bytes:
        """One line: the fields of a dataclass, and which it is."""
        # NamedTuples become arrays, dataclasses objects; the reader knows which is which by type.
        body = {self._tag_name: said.TAG} | _fields(said)
        return _ENCODER.encode(body).encode("ascii") + b"\n"

    def decode(self, line: bytes) -> Said:
        """The dataclass a line stands for.

        Raises:
            ProtocolError: it is none of this direction's.
        """
        try:
            body = _DECODER.decode(line.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise ProtocolError(f"not a line of JSON: {_excerpt(line)}") from error
        if not isinstance(body, dict):
            raise ProtocolError(f"not an object: {_excerpt(line)}")
        tag = body.pop(self._tag_name, None)
        kind = self._kinds.get(tag) if isinstance(tag, str) else None
        if kind is None:
            raise ProtocolError(f"unknown {self._tag_name}: {_excerpt(line)}")
        return typing.cast("Said", _reader(kind)(body, tag))


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _fields(said: Any) -> dict[str, Any]:
    return {name: getattr(said, name) for name in _names(said.__class__)}


@functools.cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


# made once: `json.dumps` and `json.loads` with options of their own make one each time
_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"), default=_fields)
_DECODER = json.JSONDecoder(parse_constant=_no_constant)


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
