"""The append-only log of everything people decided."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from sqlite_utils import Database

from store import ids
from store.db import replica
from store.db.connection import ProjectDatabase, immediate
from store.errors import BadInput
from store.log import current_state, set_aside
from store.records import Event

_INSERT = (
    "INSERT INTO event (id, replica, seq, lamport, at, annotator, kind, item, phase, value)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_SELECT = (
    "SELECT id, replica, seq, lamport, at, annotator, kind, item, phase, value, arrival FROM event"
)


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
    who = ids.name(annotator)
    if not who:
        raise BadInput("an annotator needs a name; give one with --as NAME")
    with immediate(db):
        return _append(db, kind, item, who, value, phase, at)


def _append(
    db: Database, kind: str, item: str, who: str, value: dict[str, Any], phase: str, at: str
) -> Event:
    while True:
        origin = replica.current(db)
        event = Event(
            id="",
            replica=origin,
            seq=_next_seq(db, origin),
            lamport=current_state.last_lamport(db, kind, item, who, phase) + 1,
            at=at,
            annotator=who,
            kind=kind,
            item=item,
            phase=phase,
            value=value,
        )
        if wrong := set_aside.reason_for(db, event):
            raise BadInput(f"this {kind} cannot be kept: {wrong}; nothing was written")
        event = dataclasses.replace(event, id=identity(event))
        before = last_arrival(db)
        insert(db, event)
        set_aside.mark_looked_at(db, before, last_arrival(db))
        current_state.apply(db, event)
        if isinstance(db, ProjectDatabase):
            db.made.append(event)
        taken_up = set_aside.reconsider(db, item)
        for other in taken_up:
            current_state.apply(db, other)
        # What was made up to stand behind a gap follows once the gap is closed; the word just
        # given is the later one, so it is said again behind it.
        if current_state.cell_of(event) not in map(current_state.cell_of, taken_up):
            return event


def insert(db: Database, event: Event, value: str | None = None) -> None:
    """Write an event as it is, without touching heads; for :func:`append` and merges.

    Args:
        db: the project.
        event: what is written.
        value: its value as it was written elsewhere, where it cannot be spelled canonically.
    """
    db.execute(
        _INSERT,
        [
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
        ],
    )


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
    bad = 0
    for row in db.execute(_SELECT + " ORDER BY arrival"):
        event = set_aside.parsed(row[:10])
        bad += event is None or identity(event) != event.id
    return bad


def last_arrival(db: Database) -> int:
    """Arrival number of the newest event in this file; 0 when there is none."""
    return int(db.execute("SELECT coalesce(max(arrival), 0) FROM event").fetchone()[0])


def _from_row(row: tuple[Any, ...]) -> Event:
    names = ("id", "replica", "seq", "lamport", "at", "annotator", "kind", "item", "phase")
    return Event(**dict(zip(names, row, strict=False)), value=json.loads(row[9]))


def _next_seq(db: Database, origin: str) -> int:
    last = db.execute("SELECT max(seq) FROM event WHERE replica = ?", [origin]).fetchone()[0]
    return int(last or 0) + 1
