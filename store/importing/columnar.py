"""Rows of a Parquet or Arrow file as the JSON objects that the readers of rows take."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from json import loads
from typing import Any, BinaryIO, Final

from store import arrow
from store.errors import BadInput
from store.importing.jsonl import Number
from store.importing.rows import Record, RowRefused

_PICTURE: Final = {"bytes", "path"}
"""How ``datasets`` keeps pictures and sounds."""
_BROKEN: Final = (OSError, ValueError)
"""What pyarrow raises; its own errors are of these."""
_LEAVE: Final = "which cannot be carried here; --ignore {} leaves it out"


def records(stream: BinaryIO, ignored: Collection[str], file: str) -> Iterator[Record]:
    """One record a row, numbered from 1; a column without a value is not in it.

    Args:
        stream: a file on the disk.
        ignored: columns that are left out.
        file: its name, for messages.

    Raises:
        BadInput: it is broken from its beginning, or two columns have one name.
    """
    number = 0
    found = arrow.batches(stream)
    while True:
        try:
            batch = next(found, None)
        except _BROKEN as error:
            reason = _one_line(error)
            if not number:
                raise BadInput(f"cannot be read: {reason}", file=file) from error
            yield Record(number + 1, None, ("", f"the rest of the file cannot be read: {reason}"))
            return
        if batch is None:
            return
        if twice := [name for name, n in Counter(batch.schema.names).items() if n > 1]:
            raise BadInput(f"the column {twice[0]} stands twice; rename one", file=file)
        classes = _classes(batch.schema.metadata)
        for row in _rows(batch):
            number += 1
            yield _record(number, row, ignored, classes)


def _rows(batch: Any) -> Iterator[Mapping[str, Any] | ValueError]:
    try:
        yield from batch.to_pylist()
    except ValueError:  # one row has text that is no UTF-8: the others are sound
        for i in range(len(batch)):
            try:
                yield batch.slice(i, 1).to_pylist()[0]
            except ValueError as error:
                yield error


def _record(
    number: int,
    row: Mapping[str, Any] | ValueError,
    ignored: Collection[str],
    classes: Mapping[str, list[str]],
) -> Record:
    try:
        if isinstance(row, ValueError):
            raise RowRefused("", f"cannot be read: {_one_line(row)}")
        return Record(
            number,
            {
                name: _named(value, classes[name]) if name in classes else _plain(value, name)
                for name, value in row.items()
                if value is not None and name not in ignored
            },
        )
    except RowRefused as refused:
        return Record(number, None, (refused.field, refused.reason))


def _plain(value: Any, path: str) -> Any:
    """A value as JSON has it, numbers as they are spelt there.

    Raises:
        RowRefused: no text can stand for it.
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        if math.isnan(value):
            return None  # how tables of numbers leave a cell empty
        raise RowRefused(path, f"is {value}, which is no number")
    if isinstance(value, int | float | Decimal):
        return Number(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes) or (isinstance(value, dict) and set(value) == _PICTURE):
        raise RowRefused(path, f"is binary (a picture?), {_LEAVE.format(path.split('.')[0])}")
    if isinstance(value, dict):
        return {name: _plain(each, f"{path}.{name}") for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, f"{path}[{i}]") for i, each in enumerate(value)]
    column = path.partition("[")[0].partition(".")[0]
    raise RowRefused(path, f"is a {type(value).__name__}, {_LEAVE.format(column)}")


def _named(value: Any, names: list[str]) -> Any:
    """The class that ``datasets`` keeps as its number; -1 stands for none."""
    known = isinstance(value, int) and 0 <= value < len(names)
    return names[value] if known else _plain(value, "")


def _classes(metadata: Mapping[bytes, bytes] | None) -> dict[str, list[str]]:
    """The columns whose numbers stand for names, as ``datasets`` notes them in a file."""
    try:
        noted = loads((metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
        return {
            name: [str(each) for each in about["names"]]
            for name, about in noted.items()
            if isinstance(about, dict) and about.get("_type") == "ClassLabel"
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
