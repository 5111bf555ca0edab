"""JSON that is not one object a line: a list, or objects over several lines; read one by one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from store.importing import context, jsonl, names
from store.importing.rows import Record, RowRefused
from store.importing.source import Line

_MARK: Final = re.compile(r'["\\{}\[\],]')
_CLOSED: Final = -1


def is_by_line(head: Sequence[Line]) -> bool:
    """Whether the first lines are JSON with one object each, or the start of something longer."""
    filled = [line for line in head if line.text.strip()]
    if not filled:
        return True
    if _kind(filled[0].text) == "list":
        return len(filled) > 1
    if filled[0].text.lstrip()[:1] not in ("[", "{"):
        return True
    return any(_kind(line.text) == "object" for line in filled) and not _is_open(filled[0].text)


def _kind(text: str) -> str:
    try:
        found = jsonl.value(text)
    except RowRefused:
        return ""
    return "list" if isinstance(found, list) else "object" if isinstance(found, dict) else "other"


def _is_open(text: str) -> bool:
    """Whether a line only opens a list."""
    return text.strip() == "["


def records(lines: Iterable[Line]) -> Iterator[Record]:
    """The records of a list, or of objects that follow each other.

    Texts that stand in a list for themselves are prompts.
    """
    for number, text in _values(lines):
        if text is None:
            yield Record(number, None, ("", "is no whole JSON value: a bracket is never closed"))
            continue
        try:
            found = jsonl.value(text)
        except RowRefused as refused:
            yield Record(number, None, (refused.field, refused.reason))
            continue
        if isinstance(found, str) and not isinstance(found, jsonl.Number):
            found = {"prompt": found}
        if isinstance(found, dict):
            yield from _unwrapped(number, found)
        else:
            yield Record(number, None, ("", f"is {jsonl.kind(found)}, not an object"))


def unwrapped(found: Iterable[Record]) -> Iterator[Record]:
    """The rows inside documents that hold a list of them; other records as they are."""
    for record in found:
        if record.data is None:
            yield record
        else:
            yield from _unwrapped(record.line, record.data)


def _unwrapped(number: int, found: Mapping[str, Any]) -> Iterator[Record]:
    compared = found.get("comparisons")
    if isinstance(compared, list) and compared:
        document = {key: value for key, value in found.items() if key != "comparisons"}
        for i, each in enumerate(compared):
            if isinstance(each, dict):
                yield Record(number, {**each, "_document": document})
            else:
                yield Record(number, None, (f"comparisons[{i}]", "is no object"))
        return
    keys = tuple(found)
    is_row = bool(_KEYS & found.keys() or names.by_role(keys) or names.by_side(keys))
    rows = None if is_row else found.get("data", found.get("rows"))
    if rows is None:
        rows = _lists_of_rows(found) or _columns(found)
    if isinstance(rows, list) and rows and all(isinstance(each, dict) for each in rows):
        for each in rows:
            inner = each.get("row")
            yield Record(number, inner if isinstance(inner, dict) else each)
        return
    yield Record(number, found)


def _lists_of_rows(found: Mapping[str, Any]) -> list[Any]:
    """The rows of a document whose every entry is a list of them, such as its splits."""
    lists = list(found.values())
    turns = {"role", "from", "content", "value"}
    fits = found and all(
        isinstance(rows, list)
        and rows
        and all(isinstance(row, dict) and len(row) > 1 and not turns & row.keys() for row in rows)
        for rows in lists
    )
    return [row for rows in lists for row in rows] if fits and not found.keys() & _KEYS else []


def _columns(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a table that is written column by column."""
    cells = list(found.values())
    fits = len(cells) > 1 and all(isinstance(each, list) for each in cells)
    if not fits or len({len(each) for each in cells}) != 1:
        return []
    prompts = next((found[key] for key in context.KEYS if key in found), [None])
    if not all(isinstance(each, str) for each in prompts):
        return []  # one row of conversations
    return [dict(zip(found, row, strict=True)) for row in zip(*cells, strict=True)]


_KEYS: Final = {*context.KEYS, "responses", "completions", "answers", "outputs", "annotations"}


def _values(lines: Iterable[Line]) -> Iterator[tuple[int, str | None]]:
    """Each value of a list or of a row of objects, with the line it begins on."""
    scan = _Scan()
    for line in lines:
        if line.fault:
            yield line.number, None
        yield from scan.feed(line)
    yield from scan.end()


class _Scan:
    """Cuts values out of a text by its brackets, without holding more than one of them."""

    def __init__(self) -> None:
        self._depth = 0
        self._quoted = False
        self._held: list[str] = []
        self._first = 0
        self._in_list = False
        self._started = False

    def feed(self, line: Line) -> Iterator[tuple[int, str | None]]:
        text = line.text
        if not self._started and text.strip():
            self._started = True
            if text.lstrip().startswith("["):
                self._in_list = True
                text = text.lstrip()[1:]
        start = place = 0
        while (found := _MARK.search(text, place)) is not None:
            place = found.end()
            mark = found.group()
            if mark == "\\":
                place += 1 if self._quoted else 0
            elif mark == '"':
                self._quoted = not self._quoted
            elif self._quoted:
                continue
            elif mark in "{[":
                self._depth += 1
            elif mark in "}]":
                self._depth -= 1
                if self._depth == _CLOSED:
                    self._hold(text[start : found.start()], line.number)
                    yield from self._cut()
                    self._depth, start = 0, place
                elif self._depth == 0 and not self._in_list:
                    self._hold(text[start:place], line.number)
                    yield from self._cut()
                    start = place
            elif self._depth == 0:
                self._hold(text[start : found.start()], line.number)
                yield from self._cut()
                start = place
        self._hold(text[start:], line.number)

    def end(self) -> Iterator[tuple[int, str | None]]:
        if self._depth or self._quoted:
            yield self._first, None
        else:
            yield from self._cut()

    def _hold(self, text: str, number: int) -> None:
        if text.strip() and not self._held:
            self._first = number
        if self._held or text.strip():
            self._held.append(text)

    def _cut(self) -> Iterator[tuple[int, str | None]]:
        text = "".join(self._held).strip()
        self._held = []
        if text:
            yield self._first, text


def by_line_or_whole(head: Sequence[Line], rest: Iterable[Line]) -> Iterator[Record]:
    """The records of a JSON file, however it is laid out."""
    lines = chain(head, rest)
    if is_by_line(head):
        return unwrapped(jsonl.records(lines))
    return records(lines)
