"""Every row of another file, looked at: its id must be the hash of its content.

What the hash does not cover (a category, a time, a role) is checked for its form. A row that
fails refuses the whole merge: the file was damaged or tampered with, and nobody can say how far.
An event whose id is right and whose shape is not is no such row: it is kept and set aside
(:mod:`store.log.set_aside`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from store.errors import NotAProject
from store.items import content_hashes
from store.items.columns import Column, Holds, messages_of
from store.items.table import Cells, Row
from store.items.tables import EVENTS, TABLES
from store.log import event_values, events, set_aside
from store.records import Event, Origin

_ROLES: Final = frozenset({"system", "user", "assistant"})


class Tampered(NotAProject):
    """A row of another file is not what its id says."""


def row(table: str, values: Row) -> Row:
    """The row of an item as it may be written into a project.

    Args:
        table: one of :data:`store.items.tables.TABLES`.
        values: its cells in the order of the table's columns.

    Raises:
        Tampered: id and content do not belong together, or a field cannot be what it says.
    """
    if table == "event":
        event(values)
        return values
    try:
        columns = TABLES[table].columns
        _storage(columns, values)
        # a pair's id covers the two texts, which the merge has at hand
        _demand(table == "pair" or content_hashes.belongs(table, values), _NOT_ITS_ID)
        cells = tuple(_content(*each) for each in zip(columns, values, strict=True))
        if table == "candidate":
            _origin(TABLES[table].cells(cells))
        return cells
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise Tampered(f"{table} {str(values[0])[:12]}: {error}") from error


def event(values: Row) -> Event:
    """The event in a row whose id has been checked; nothing is said about its shape.

    Raises:
        Tampered: it is not what its id says.
    """
    try:
        _storage(EVENTS.columns, values)
        made = set_aside.parsed(values)
        _demand(made is not None and made.id == events.identity(made), _NOT_ITS_ID)
    except (TypeError, ValueError, RecursionError) as error:
        raise Tampered(f"event {str(values[0])[:12]}: {error}") from error
    assert made is not None
    return made


def _storage(columns: tuple[Column, ...], values: Row) -> None:
    """Each cell is of the kind that the table's definition says, whatever made the file."""
    for column, cell in zip(columns, values, strict=True):
        if fault := column.fault(cell):
            raise ValueError(fault)
        _demand(not column.is_time or event_values.is_time(cell), f"its {column.name} is no time")


def _content(column: Column, cell: Any) -> Any:
    """A cell that its field can be made of, in the spelling it has here."""
    if cell is not None and column.holds in _CONTENT:
        return _CONTENT[column.holds](column, cell)
    column.value(cell)
    return cell


def _object(column: Column, cell: str) -> str:
    """Kept as it is spelled: ids cover the spelling."""
    _demand(isinstance(json.loads(cell), dict), f"its {column.name} are none")
    return cell


def _words(column: Column, cell: str) -> Any:
    words = json.loads(cell)
    _demand(
        isinstance(words, list) and all(isinstance(word, str) for word in words),
        f"its {column.name} are no words",
    )
    return column.cell(words)


def _messages(column: Column, cell: str) -> Any:
    turns = messages_of(cell)
    said = bool(turns) and all(isinstance(turn.content, str) for turn in turns)
    _demand(said and {turn.role for turn in turns} <= _ROLES, "it holds no conversation")
    return column.cell(turns)


def _origin(candidate: Cells) -> None:
    made_from_another = candidate["origin"] in (Origin.REVISION, Origin.EDITED)
    _demand(
        candidate["parent_id"] is not None or not made_from_another,
        "it does not say what it was made from",
    )


def _demand(fulfilled: bool, otherwise: str) -> None:
    if not fulfilled:
        raise ValueError(otherwise)


_NOT_ITS_ID: Final = "its content does not belong to its id"
_CONTENT: Final[dict[Holds, Callable[[Column, str], Any]]] = {
    Holds.OBJECT: _object,
    Holds.WORDS: _words,
    Holds.MESSAGES: _messages,
}
