"""The append-only log of everything people decided."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlite_utils import Database

from store import ids
from store.db.project_database import ProjectDatabase, immediate
from store.db.sqlite import translated
from store.errors import BadInput
from store.log import current_state, event_kinds, set_aside
from store.records import Event

_INSERT = (
    "INSERT INTO event (id, replica, seq, lamport, at, annotator, kind, item, phase, value)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
# Of the replica all events count, also those set aside: their numbers are taken.
_LAST = (
    "SELECT replica.value,"
    " (SELECT max(seq) FROM event WHERE event.replica = replica.value),"
    " (SELECT max(lamport) FROM sound_event WHERE item = ?1 AND kind IN (?2, ?3) AND phase = ?4"
    "  AND (?5 OR annotator = ?6)),"
    " (SELECT max(arrival) FROM event), EXISTS (SELECT 1 FROM set_aside)"
    " FROM (SELECT max(value) AS value FROM meta WHERE key = 'replica') AS replica"
)
_SELECT = (
    "SELECT id, replica, seq, lamport, at, annotator, kind, item, phase, value, arrival FROM event"
)


class _Last(NamedTuple):
    """What a file holds before the next event."""

    replica: str
    """Id of this file."""
    seq: int
    """Greatest number of an event made in it."""
    lamport: int
    """Greatest lamport number of the cell; over all annotators where the kind is shared."""
    arrival: int
    """Of the newest event."""
    any_aside: int
    """Whether any event is set aside."""


def append(
    db: Database,
    kind: str,
    item: str,
    annotator: str,
    value: dict[str, Any],
    *,
    phase: str = "",
    at: str,
) -> Event:
    """Write one event and bring the head of its cell up to date, in one transaction.

    Raises:
        BadInput: the annotator has no proper name, or the value is none of this kind.
    """
    with immediate(db):
        return write(db, kind, item, ids.name(annotator), value, phase=phase, at=at)


def write(
    db: Database,
    kind: str,
    item: str,
    who: str,
    value: dict[str, Any],
    *,
    phase: str = "",
    at: str,
    item_is_here: bool = False,
) -> Event:
    """The same as :func:`append` inside a transaction that is rolled back where this fails.

    Args:
        db: the project.
        kind: of the event.
        item: what it is about.
        who: a name in the form of :func:`store.ids.name`.
        value: what is said.
        phase: of a label.
        at: UTC time, ISO-8601.
        item_is_here: the caller has found the item in the same transaction.

    Raises:
        BadInput: the annotator has no proper name, or the value is none of this kind.
    """
    if not who:
        raise BadInput("an annotator needs a name; give one with --as NAME")
    while True:
        last = _last(db, kind, item, who, phase)
        event = Event(
            id="",
            replica=last.replica,
            seq=last.seq + 1,
            lamport=last.lamport + 1,
            at=at,
            annotator=who,
            kind=kind,
            item=item,
            phase=phase,
            value=value,
        )
        if wrong := set_aside.reason_for(db, event, item_is_here=item_is_here):
            raise BadInput(f"this {kind} cannot be kept: {wrong}; nothing was written")
        event = dataclasses.replace(event, id=identity(event))
        arrival = insert(db, event)
        set_aside.mark_looked_at(db, last.arrival, arrival)
        current_state.apply(db, event)
        if isinstance(db, ProjectDatabase):
            db.made.append(event)
        taken_up = set_aside.reconsider(db, item) if last.any_aside else []
        for other in taken_up:
            current_state.refresh(db, current_state.cell_of(other))
        # What was made up to stand behind a gap follows once the gap is closed; the word just
        # given is the later one, so it is said again behind it.
        if current_state.cell_of(event) not in map(current_state.cell_of, taken_up):
            return event


class Word(NamedTuple):
    """What somebody says in a cell of which nothing was said before."""

    kind: str
    item: str
    who: str
    """In the form of :func:`store.ids.name`."""
    phase: str
    value: dict[str, Any]


def write_first(db: Database, words: Iterable[Word], *, at: str) -> None:
    """The same as :func:`write` for many events at once, each the first of its cell.

    Args:
        db: the project, inside a transaction that is rolled back where this fails.
        words: about items that are in the file, and of which no event says anything.
        at: UTC time, ISO-8601.

    Raises:
        BadInput: one of them is none of its kind.
    """
    last = _last(db, "", "", "", "")
    made = []
    for seq, word in enumerate(words, last.seq + 1):
        event = Event(
            id="",
            replica=last.replica,
            seq=seq,
            lamport=1,
            at=at,
            annotator=word.who,
            kind=word.kind,
            item=word.item,
            phase=word.phase,
            value=word.value,
        )
        if wrong := event_kinds.problem(event):
            raise BadInput(f"this {word.kind} cannot be kept: {wrong}; nothing was written")
        made.append(dataclasses.replace(event, id=identity(event)))
    if not made:
        return
    with translated():
        db.conn.executemany(_INSERT, map(_row_of, made))
    set_aside.mark_looked_at(db, last.arrival, last_arrival(db))
    current_state.apply_first(db, made)
    if isinstance(db, ProjectDatabase):
        db.made.extend(made)


def insert(db: Database, event: Event, value: str | None = None) -> int:
    """Write an event as it is, without touching heads; for :func:`append` and merges.

    Args:
        db: the project.
        event: what is written.
        value: its value as it was written elsewhere, where it cannot be spelled canonically.

    Returns:
        Its arrival number in this file.
    """
    written = db.execute(_INSERT, _row_of(event, value))
    assert written.lastrowid is not None
    return int(written.lastrowid)


def identity(event: Event) -> str:
    """The id an event's content must have; another one means that it was tampered with."""
    return ids.digest(
        "event",
        [
            event.replica,
            event.seq,
            event.item,
            event.annotator,
            event.kind,
            event.phase,
            event.value,
            event.lamport,
            event.at,
        ],
    )


def get(db: Database, event_id: str) -> Event | None:
    """The event with this id, or None."""
    row = db.execute(_SELECT + " WHERE id = ?", [event_id]).fetchone()
    return None if row is None else _from_row(row)


def since(db: Database, arrival: int) -> list[tuple[int, Event]]:
    """What arrived in this file after a point, oldest first, each with its arrival number."""
    rows = db.execute(_SELECT + " WHERE arrival > ? ORDER BY arrival", [arrival]).fetchall()
    return [(int(row[-1]), _from_row(row)) for row in rows]


def changed(db: Database) -> int:
    """How many events are not what their ids say; one whose value cannot be read is one."""
    return sum(not same for _, _, same in compared(db))


def looked_through(db: Database) -> tuple[int, dict[str, str]]:
    """The same in one pass with :func:`store.log.set_aside.examined`: number, and reasons."""
    bad = 0

    def compare(event_id: str, event: Event | None) -> None:
        nonlocal bad
        bad += not _is_same(event_id, event)

    reasons = set_aside.examined(db, compare)
    return bad, reasons


def compared(
    db: Database, after: int | str = 0, limit: int = -1
) -> Iterator[tuple[int | str, str, bool]]:
    """Arrival and id of the events behind an arrival, and whether they are what their ids say."""
    rows = db.execute(_SELECT + " WHERE arrival > ? ORDER BY arrival LIMIT ?", [after, limit])
    for row in rows:
        event = set_aside.parsed(row[:10])
        yield row[10], str(row[0]), _is_same(row[0], event)


def _is_same(event_id: str, event: Event | None) -> bool:
    try:
        return event is not None and identity(event) == event_id
    except (TypeError, RecursionError):  # a damaged row: a cell of it is no text any more
        return False


def last_arrival(db: Database) -> int:
    """Arrival number of the newest event in this file; 0 when there is none."""
    return int(db.execute("SELECT coalesce(max(arrival), 0) FROM event").fetchone()[0])


def _row_of(event: Event, value: str | None = None) -> tuple[Any, ...]:
    return (
        event.id,
        event.replica,
        event.seq,
        event.lamport,
        event.at,
        event.annotator,
        event.kind,
        event.item,
        event.phase,
        ids.json_text(event.value) if value is None else value,
    )


def _from_row(row: tuple[Any, ...]) -> Event:
    names = ("id", "replica", "seq", "lamport", "at", "annotator", "kind", "item", "phase")
    return Event(**dict(zip(names, row, strict=False)), value=json.loads(row[9]))


def _last(db: Database, kind: str, item: str, who: str, phase: str) -> _Last:
    """What the next event follows."""
    words = ("label", "clear") if kind in ("label", "clear") else (kind, kind)
    shared = kind in event_kinds.SHARED
    row = db.execute(_LAST, [item, *words, phase, shared, who]).fetchone()
    return _Last(row[0] or "", *(int(number or 0) for number in row[1:]))
