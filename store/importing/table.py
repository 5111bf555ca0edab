"""Comma-separated values with a header line; cells may hold line breaks inside quotes."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from store.errors import BadInput
from store.importing.rows import Record, shown
from store.importing.source import LONGEST_LINE, Line


class _Feed:
    """Lines for the csv reader; remembers where the row began and what was wrong in it."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = iter(lines)
        self.first = 0
        self.last = 0
        self.fault = ""

    def begin(self) -> None:
        self.first = 0
        self.fault = ""

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.first = self.first or line.number
        self.last = line.number
        self.fault = self.fault or line.fault
        return line.text


def header(lines: Iterable[Line], separator: str, file: str) -> tuple[list[str], Iterator[Record]]:
    """The columns of a table, and its rows.

    Args:
        lines: the file.
        separator: a comma or a tab.
        file: its name, for errors.

    Raises:
        BadInput: there is no header line, it cannot be read or names a column twice.
    """
    feed = _Feed(lines)
    # A limit of the csv module as a whole; its own default (131072) refuses long answers.
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(feed, delimiter=separator, strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise BadInput(f"the header cannot be read: {error}", file=file, line=1) from error
    if feed.fault:
        raise BadInput(feed.fault, file=file, line=feed.first)
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadInput(f"the header names '{shown(twice[0])}' twice", file=file, line=1)
    return names, _rows(reader, feed, names)


def _rows(reader: Iterator[list[str]], feed: _Feed, names: list[str]) -> Iterator[Record]:
    while True:
        feed.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(feed.first, None, ("", _unreadable(error, feed)))
            continue
        if feed.fault:
            yield Record(feed.first, None, ("", feed.fault))
        elif len(cells) > len(names):
            reason = f"has {len(cells)} cells, the header {len(names)}"
            yield Record(feed.first, None, ("", reason))
        elif any(cells):
            yield Record(feed.first, dict(zip(names, cells, strict=False)))


def _unreadable(error: csv.Error, feed: _Feed) -> str:
    span = f"; lines {feed.first} to {feed.last} are one row" if feed.last > feed.first else ""
    return f"is no row of a table: {error}{span}"
