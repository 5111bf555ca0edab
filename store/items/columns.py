"""What the columns of a table hold, read off the fields of its record."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, NamedTuple, get_args, get_origin, get_type_hints

from store.records import Message

_WHOLE: Final = range(-(2**63), 2**63)


class Holds(StrEnum):
    """What the cells of a column mean."""

    TEXT = "text"
    CHOICE = "choice"
    """One of an enum's words."""
    WHOLE = "whole"
    FLAG = "flag"
    """0 or 1."""
    REAL = "real"
    """A finite number from 0: all of ours are times in seconds."""
    OBJECT = "object"
    """A JSON object."""
    WORDS = "words"
    """A JSON list of texts."""
    MESSAGES = "messages"
    """A JSON list of objects with ``role`` and ``content``."""


IN_JSON: Final = frozenset({Holds.OBJECT, Holds.WORDS, Holds.MESSAGES})


class Column(NamedTuple):
    """One column, and how its cells become the values of a field and back."""

    name: str
    holds: Holds
    may_be_null: bool
    bounds: range
    """Of whole numbers."""
    is_time: bool
    default: Any
    """The cell of a row from before this column; None where there never was such a row."""
    read: Callable[[Any], Any] | None
    """Cell to value; None where they are the same."""
    write: Callable[[Any], Any] | None
    """Value to cell; None where they are the same."""

    def cell(self, value: Any) -> Any:
        """What is written for a value of the field."""
        return value if value is None or self.write is None else self.write(value)

    def value(self, cell: Any) -> Any:
        """The field's value behind a cell.

        Raises:
            ValueError, TypeError, KeyError: there is none.
        """
        return cell if cell is None or self.read is None else self.read(cell)

    def fault(self, cell: Any) -> str | None:
        """What is wrong with the storage class or the bounds of a cell; None: nothing."""
        if cell is None:
            return None if self.may_be_null else f"its {self.name} is missing"
        if self.holds in (Holds.WHOLE, Holds.FLAG):
            fits = type(cell) is int and cell in self.bounds
            return None if fits else f"its {self.name} is out of bounds"
        if self.holds is Holds.REAL:
            fits = type(cell) is float and math.isfinite(cell) and cell >= 0
            return None if fits else f"its {self.name} is out of bounds"
        return None if isinstance(cell, str) else f"its {self.name} is no text"


def columns_of(record: type) -> tuple[Column, ...]:
    """The columns that the fields of a dataclass make, in their order.

    Raises:
        TypeError: no column can hold a field's type.
    """
    hints = get_type_hints(record)
    return tuple(_column(each, hints[each.name]) for each in fields(record))


def messages_of(text: str) -> tuple[Message, ...]:
    """The messages behind the JSON of a column."""
    return tuple(Message(turn["role"], turn["content"]) for turn in json.loads(text))


def words_of(text: str) -> tuple[str, ...]:
    """The words behind the JSON list of a column."""
    return tuple(json.loads(text))


def _column(field: Field[Any], hint: Any) -> Column:
    may_be_null = False
    if isinstance(hint, UnionType):
        may_be_null = NoneType in get_args(hint)
        (hint,) = (each for each in get_args(hint) if each is not NoneType)
    holds = _held(hint)
    read, write = _CONVERT[holds]
    default = None if field.default is MISSING else field.default
    return Column(
        name=field.name,
        holds=holds,
        may_be_null=may_be_null,
        bounds=field.metadata.get("bounds", range(2) if holds is Holds.FLAG else _WHOLE),
        is_time=field.metadata.get("is_time", False),
        default=default if default is None or write is None else write(default),
        read=hint if holds is Holds.CHOICE else read,
        write=write,
    )


def _held(hint: Any) -> Holds:
    if get_origin(hint) is dict:
        return Holds.OBJECT
    if get_origin(hint) is tuple:
        return Holds.MESSAGES if get_args(hint)[0] is Message else Holds.WORDS
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Holds.CHOICE
    held: Mapping[Any, Holds] = {
        str: Holds.TEXT,
        bool: Holds.FLAG,
        int: Holds.WHOLE,
        float: Holds.REAL,
    }
    if hint not in held:
        raise TypeError(f"no column holds {hint}")
    return held[hint]


def _object_cell(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _words_cell(value: tuple[str, ...]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _messages_cell(value: tuple[Message, ...]) -> str:
    return json.dumps([turn._asdict() for turn in value], ensure_ascii=False)


_CONVERT: Final[dict[Holds, tuple[Callable[[Any], Any] | None, Callable[[Any], Any] | None]]] = {
    Holds.TEXT: (None, None),
    Holds.CHOICE: (None, str),
    Holds.WHOLE: (None, None),
    Holds.FLAG: (bool, int),
    Holds.REAL: (None, float),
    Holds.OBJECT: (json.loads, _object_cell),
    Holds.WORDS: (words_of, _words_cell),
    Holds.MESSAGES: (messages_of, _messages_cell),
}
