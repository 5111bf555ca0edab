"""What a format is: a name, what it can hold, and how pairs become lines.

Most formats hold decided pairs (:class:`ExportRow`) alone. A format may hold every pair of the
project instead, decided or not (``every_pair``): it then makes its own entries of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from sqlite_utils import Database

from store.exporting.decided import PairDecision
from store.exporting.facts import PairFacts, PairOutline
from store.exporting.reasons import Reason
from store.exporting.rows import ExportRow
from store.records import Message

Line = dict[str, Any]
"""One JSON object of the file."""

NOT_FOR_TRL: Final = (
    "Not for TRL's DPOTrainer: the beginning that both answers share would be lost; use trl."
)


def anything(row: ExportRow) -> Reason | None:
    """Refuses no row: for formats that hold every conversation."""
    return None if row.messages else Reason.NOT_EXPRESSIBLE


def one_message(row: ExportRow) -> Reason | None:
    """Refuses every prompt but one message of the user."""
    if len(row.messages) == 1 and row.messages[0].role == "user":
        return None
    return Reason.MULTI_TURN


class Entry(Protocol):
    """What a format writes lines of: something about one pair."""

    @property
    def pair(self) -> PairFacts:
        """The pair."""
        ...


E = TypeVar("E", bound=Entry)


class Judged(NamedTuple):
    """A pair as an export finds it, for the formats that hold every pair."""

    pair: PairFacts
    standing: PairDecision
    excluded: Reason | None
    """Why it goes into no triplet."""


class EveryPair(NamedTuple, Generic[E]):
    """How a format makes its own entries of every pair of a project, decided or not."""

    parts: Callable[[Database, Sequence[PairOutline]], list[PairOutline]]
    """Of the pairs in project order those that it makes entries of, as often as it does."""
    read: Callable[[Database, Iterable[Judged]], Iterator[E]]
    """Makes the entries of some of these, which may be read more than once."""


class Document(NamedTuple):
    """A JSON document that holds the lines."""

    head: Callable[[Iterable[PairOutline]], Line]
    """What stands before the lines of some pairs."""
    key: str
    """The name of the list of lines, which comes last."""


@dataclass(frozen=True, slots=True)
class ExportFormat(Generic[E]):
    """One export format."""

    name: str
    summary: str
    """One line: who reads it."""
    lines: Callable[[Iterable[E]], Iterator[Line]]
    """Of entries that it may go through more than once."""
    refuses: Callable[[ExportRow], Reason | None] = anything
    """Why a row cannot be written in this format, or None."""
    document: Document | None = None
    """For formats that are no list of objects."""
    every_pair: EveryPair[E] | None = None
    """Of a format that holds every pair, with all that was said about it; None: the entries are
    the rows that pass the gate."""
    holds: str = "pairs"
    """What its lines are about, in the plural."""
    note: str = ""
    """What its user must know; goes into the card."""
    warning: str = ""
    """Whose trainer would read it wrongly; goes into the card and is told after an export."""
    notes: bool = False
    """Whether its lines hold notes of labels."""
    tabular: bool = True
    """Whether all its lines have the same fields, so that Parquet can hold them."""


def each(line: Callable[[ExportRow], Line]) -> Callable[[Iterable[ExportRow]], Iterator[Line]]:
    """A format of one line a row."""

    def lines(rows: Iterable[ExportRow]) -> Iterator[Line]:
        return (line(row) for row in rows)

    return lines


def turns(messages: Iterable[Message]) -> list[dict[str, str]]:
    """A conversation as a list of ``role`` and ``content``."""
    return [{"role": message.role, "content": message.content} for message in messages]


def answer(text: str) -> dict[str, str]:
    """An answer as a turn of the assistant."""
    return {"role": "assistant", "content": text}
