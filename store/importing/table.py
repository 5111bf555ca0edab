"""Tables: separated values with a header line; cells may hold line breaks inside quotes."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from store.errors import BadInput
from store.importing.rows import Record, shown
from store.importing.source import LONGEST_LINE, Line

SEPARATORS: Final = (",", ";", "\t", "|")
_UNSEEN: Final = " \t\r\n\u00a0\u200b\u200e\u200f\u2060\ufeff"
"""What a header's names may be surrounded with, unseen."""
_MIXED: Final = (
    "some lines end with CR, others with LF, so where a row ends cannot be told; save the table"
    " with LF or CRLF line ends"
)
_SAID: Final = "sep="
"""What Excel writes into the first line to say which separator follows."""


class _Feed:
    """Lines for the csv reader; remembers where the row began and what was wrong in it."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = iter(lines)
        self.first = 0
        self.last = 0
        self.fault = ""
        self.at_end = False
        self._quotes = 0

    def begin(self) -> None:
        self.first = self._quotes = 0
        self.fault = ""

    def close(self) -> None:
        """Read past what is left of a broken row: up to the line where its last quote closes."""
        while self._quotes % 2 and not self.at_end:
            next(self, None)

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        try:
            line = next(self._lines)
        except StopIteration:
            self.at_end = True
            raise
        self.first = self.first or line.number
        self.last = line.number
        self.fault = self.fault or line.fault
        self._quotes += line.text.count('"')
        return line.text


def is_said(line: Line) -> bool:
    """Whether a line says which separator the table has."""
    text = line.text.strip('\r\n"')
    return text.lower().startswith(_SAID) and len(text) == len(_SAID) + 1


def separator(head: Sequence[Line], suffix: str) -> str:
    """The separator of a table: said in it, or the one that cuts its header into most cells."""
    if head and is_said(head[0]):
        return head[0].text.strip('\r\n"')[-1]
    if suffix in (".tsv", ".tab"):
        return "\t"
    header_ = next((line.text for line in head if line.text.strip()), "")
    return max(SEPARATORS, key=lambda each: _cells(header_, each))


def _cells(text: str, separator_: str) -> int:
    try:
        return len(next(csv.reader([text], delimiter=separator_), []))
    except csv.Error:
        return 0


def header(
    lines: Iterable[Line], separator_: str, file: str, known: Collection[str] = ()
) -> tuple[list[str], Iterator[Record]]:
    """The columns of a table, and its rows.

    Args:
        lines: the file.
        separator_: what stands between cells.
        file: its name, for errors.
        known: names that are meant in whatever case they are written.

    Raises:
        BadInput: there is no header line, it cannot be read or names a column twice.
    """
    feed = _Feed(lines)
    # A limit of the csv module as a whole; its own default (131072) refuses long answers.
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(feed, delimiter=separator_, strict=True)
    try:
        cells = next((row for row in reader if row), [])
        names = [name.strip(_UNSEEN) for name in cells]
        names = [name.lower() if name.lower() in known else name for name in names]
    except csv.Error as error:
        why = _MIXED if "new-line" in str(error) else shown(str(error))
        raise BadInput(f"the header cannot be read: {why}", file=file, line=1) from error
    if feed.fault:
        raise BadInput(feed.fault, file=file, line=feed.first)
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadInput(f"the header names '{shown(twice[0])}' twice: rename one", file=file, line=1)
    return names, _rows(reader, feed, names)


def _rows(reader: Iterator[list[str]], feed: _Feed, names: list[str]) -> Iterator[Record]:
    while True:
        feed.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            feed.close()
            yield Record(feed.first, None, ("", _unreadable(error, feed)))
            continue
        if feed.fault:
            yield Record(feed.first, None, ("", feed.fault))
        elif len(cells) > len(names):
            reason = (
                f"has {len(cells)} cells, the header {len(names)}: a cell with the separator in it"
                " needs quotes around it"
            )
            yield Record(feed.first, None, ("", reason))
        elif any(cells):
            yield Record(feed.first, dict(zip(names, cells, strict=False)))


def _unreadable(error: csv.Error, feed: _Feed) -> str:
    lines = feed.last - feed.first + 1
    span = f"; lines {feed.first} to {feed.last} are one row" if lines > 1 else ""
    if feed.at_end:
        return (
            f"is no row of a table: a quote is opened in line {feed.first} and never closed"
            f"{span}: {lines} lines went with it; close the quote, or double it"
        )
    if "new-line" in str(error):
        return f"is no row of a table: a cell with a line break in it needs quotes around it{span}"
    return (
        f"is no row of a table: {error}{span}; a quote inside a cell is written twice, and the"
        " cell in quotes"
    )
