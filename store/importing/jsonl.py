"""JSON, one object a line, read so that nothing is silently changed or lost.

Python's reader would take the last of two equal keys, accept NaN, round long numbers and cut
``1.0`` to a float; here the first two are refused and numbers keep their spelling.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final, NoReturn

from store.importing.rows import Record, RowRefused
from store.importing.source import Line

_REMEDIES: Final = {
    "Extra data": "; put each JSON value on a line of its own",
    "Expecting property name enclosed in double quotes": (
        "; take out the comma or comment before it, or write double quotes"
    ),
    "Expecting value": "; comments, None and True are no JSON: take them out, or write null, true",
    "Unexpected UTF-8 BOM (decode using utf-8-sig)": "; take the byte order mark out",
    "Invalid control character at": "; write it as an escape such as \\n or \\u0000",
}


class Number(str):
    """A JSON number, as it was spelt."""

    __slots__ = ()


def records(lines: Iterable[Line]) -> Iterator[Record]:
    """One record a line that is not blank."""
    for line in lines:
        if line.fault:
            yield Record(line.number, None, ("", line.fault))
        elif line.text.strip():
            yield _record(line)


def _record(line: Line) -> Record:
    try:
        return Record(line.number, parse(line.text))
    except RowRefused as refused:
        return Record(line.number, None, (refused.field, refused.reason))


def parse(text: str) -> dict[str, Any]:
    """The object a line holds; a text by itself is a prompt.

    Raises:
        RowRefused: it is no JSON, no object, has a key twice or holds NaN.
    """
    found = value(text)
    if isinstance(found, str) and not isinstance(found, Number):
        return {"prompt": found}
    if not isinstance(found, dict):
        raise RowRefused("", f"is {kind(found)}, not an object")
    return found


def value(text: str) -> Any:
    """The JSON value of a text, numbers as they were spelt.

    Raises:
        RowRefused: it is no JSON, has a key twice or holds NaN.
    """
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=Number,
            parse_float=Number,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        remedy = _REMEDIES.get(error.msg, "")
        fault = error.msg.removesuffix(" at")
        reason = f"is not JSON: {fault} at character {error.pos + 1}{remedy}"
        raise RowRefused("", reason) from None
    except RecursionError:
        raise RowRefused("", "is not usable JSON: nested too deeply") from None


def kind(value: Any) -> str:
    """What sort of JSON value this is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"the truth value {str(value).lower()}"
    if isinstance(value, Number):
        return f"the number {value[:40]}"
    words: dict[type, str] = {str: "text", list: "a list", dict: "an object"}
    return words[type(value)]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise RowRefused(key, "the key stands twice in one object")
        found[key] = value
    return found


def _constant(name: str) -> NoReturn:
    raise RowRefused("", f"is not JSON: {name} is no number")
