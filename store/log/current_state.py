"""The current state of every cell, a cache of the events that can be rebuilt at any time.

A cell is what one annotator says about one item in one phase: its label, its note, its flag.
The event with the greatest (lamport, replica, seq) wins it, so that every copy of a project that
has the same events shows the same state, in whatever order they arrived. What a label that was
skipped over, queued again or taken back comes to is said by :mod:`store.log.standing_label`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice, zip_longest
from typing import Any, Final, NamedTuple

from sqlite_utils import Database

from store import ids
from store.db import waiting
from store.db.project_database import immediate
from store.log import event_kinds as kinds
from store.log import standing_label
from store.records import Answer, Event

SHARED_KINDS: Final = kinds.SHARED
"""Kinds where the last word counts whoever said it: their lamport runs over all annotators."""

_WINNER = (
    "SELECT kind, item, annotator, phase, id, value, at FROM sound_event"
    " WHERE kind = ? AND item = ? AND annotator = ? AND phase = ?"
    " ORDER BY lamport DESC, replica DESC, seq DESC LIMIT 1"
)
_WINNERS = (
    "SELECT kind, item, annotator, phase, id, value, at FROM ("
    " SELECT *, row_number() OVER ("
    "  PARTITION BY item, annotator, phase, iif(kind = 'clear', 'label', kind)"
    "  ORDER BY lamport DESC, replica DESC, seq DESC) AS place FROM sound_event{where}"
    ") WHERE place = 1 ORDER BY item, annotator, phase"
)
_ALL_WINNERS = _WINNERS.format(where="")
_NEW_WINNERS = _WINNERS.format(where=" WHERE item IN (SELECT item FROM event WHERE arrival > ?)")
_CELL = (
    "SELECT id, kind, value, at FROM sound_event"
    " WHERE item = ? AND annotator = ? AND kind IN ('label', 'clear') AND phase = ?"
    " ORDER BY lamport, replica, seq"
)
_SAID = (
    "verdict",
    "strength",
    "seconds",
    "left_side",
    "guideline_id",
    "note",
    "informed",
    "round_id",
    "event_id",
    "at",
    "answer",
    "drawn",
)
_LABELS = f"SELECT pair_id, annotator, phase, {', '.join(_SAID)} FROM label_head"  # noqa: S608
# An update and no REPLACE: triggers that keep counts do not see what a REPLACE deletes.
_ADD_LABEL = (
    f"INSERT INTO label_head (pair_id, annotator, phase, {', '.join(_SAID)})"  # noqa: S608
    f" VALUES (?, ?, ?{', ?' * len(_SAID)}) ON CONFLICT DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _SAID)
)
# what answer_count keeps of label_head: how many are answered, and that all up to a pair are
_MISCOUNTED = """
SELECT 1 FROM (
    SELECT annotator, count(*) AS pairs FROM label_head
    WHERE phase = 'first' AND answer <> 'again' GROUP BY annotator
) AS answered FULL JOIN answer_count AS kept ON kept.annotator = answered.annotator
WHERE coalesce(answered.pairs, 0) <> coalesce(kept.pairs, 0) OR kept.upto > 0 AND EXISTS (
    SELECT 1 FROM pair WHERE position <= kept.upto AND NOT EXISTS (
        SELECT 1 FROM label_head AS label WHERE label.pair_id = pair.id
        AND label.annotator = kept.annotator AND label.phase = 'first'
        AND label.answer <> 'again'))
"""
_OTHERS = "SELECT kind, item, annotator, phase, event_id, value, at FROM head"
_ADD_OTHER = (
    "INSERT OR REPLACE INTO head (kind, item, annotator, phase, event_id, value, at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)


_TOGETHER: Final = 1_000
"""Labels written by one call."""


class Cell(NamedTuple):
    """One place that holds one current state."""

    kind: str
    item: str
    annotator: str
    phase: str


def cell_of(event: Event) -> Cell:
    """The cell an event speaks about; clearing a label speaks about the label."""
    kind = "label" if event.kind == "clear" else event.kind
    return Cell(kind, event.item, event.annotator, event.phase)


def apply(db: Database, event: Event) -> None:
    """Bring the cell of a new event up to date; call in the event's transaction.

    A verdict that has the greatest lamport number of its cell, as one just given has, stands
    whatever was said before it; and before the first word of a cell there was none.
    """
    said = _said(event)
    if event.kind == "label" and (standing_label.is_verdict(said) or event.lamport == 1):
        answer: Answer = "given" if standing_label.is_verdict(said) else "skipped"
        db.execute(_ADD_LABEL, _row_of(event.item, event.annotator, event.phase, said, answer))
    else:
        refresh(db, cell_of(event))


def apply_first(db: Database, events: Iterable[Event]) -> None:
    """The same for many events, each the first of its cell."""
    labels = []
    for event in events:
        if event.kind == "label":
            said = _said(event)
            answer: Answer = "given" if standing_label.is_verdict(said) else "skipped"
            labels.append(_row_of(event.item, event.annotator, event.phase, said, answer))
        else:
            refresh(db, cell_of(event))
    db.conn.executemany(_ADD_LABEL, labels)


def refresh(db: Database, cell: Cell) -> None:
    """Bring one cell up to date from the events."""
    if cell.kind == "label":
        _refresh_label(db, cell)
        return
    winner = db.execute(_WINNER, list(cell)).fetchone()
    db.execute(
        "DELETE FROM head WHERE kind = ? AND item = ? AND annotator = ? AND phase = ?", list(cell)
    )
    if cell.kind == "round":
        db.execute("DELETE FROM round_pair WHERE round_id = ?", [cell.item])
    if winner is not None:
        _write(db, winner)
    if cell.kind == "round":
        _give_out(db, cell.item)


def refresh_since(db: Database, arrival: int) -> None:
    """Bring the cells up to date that events behind an arrival number speak about.

    Cells about which nothing sound is left are not among them.
    """
    number = db.execute("SELECT count(*) FROM event WHERE arrival > ?", [arrival]).fetchone()[0]
    found = waiting.counted(db.execute(_NEW_WINNERS, [arrival]), "taking in new events", number)
    others: list[Cell] = []

    def rows() -> Iterator[tuple[Any, ...]]:
        for winner in found:
            row = _label_row(db, winner)
            if row is None:
                kind, *cell = winner[:4]
                others.append(Cell("label" if kind == "clear" else kind, *cell))
            else:
                yield row

    labels = rows()
    while some := list(islice(labels, _TOGETHER)):
        db.conn.executemany(_ADD_LABEL, some)
    for each in others:
        refresh(db, each)


def rebuild(db: Database) -> None:
    """Throw the heads away and make them again from the events."""
    with immediate(db):
        db.execute("DELETE FROM label_head")
        db.execute("DELETE FROM answer_count")
        db.execute("DELETE FROM head")
        db.execute("DELETE FROM round_pair")
        for winner in _winners(db):
            _write(db, winner)


def rebuild_labels(db: Database) -> None:
    """Make the labels alone again from the events; for a migration, in its transaction."""
    db.execute("DELETE FROM label_head")
    for winner in _winners(db):
        if (row := _label_row(db, winner)) is not None:
            db.execute(_ADD_LABEL, row)


def equal_to_rebuild(db: Database) -> bool:
    """True when the heads are what the events say; changes nothing."""
    others: set[tuple[Any, ...] | None] = {None}
    places: set[tuple[Any, ...]] = set()

    def labels() -> Iterator[tuple[Any, ...]]:
        for winner in db.execute(_ALL_WINNERS):
            if (row := _label_row(db, winner)) is not None:
                yield row
            others.add(_head_row(winner))
            places.update(_round_rows(winner))

    there = db.execute(f"{_LABELS} ORDER BY pair_id, annotator, phase")
    return (
        all(made == row for made, row in zip_longest(labels(), there))
        and others - {None} == set(db.execute(_OTHERS).fetchall())
        and places == set(db.execute("SELECT * FROM round_pair").fetchall())
        and db.execute(_MISCOUNTED).fetchone() is None
    )


class SharedValue(NamedTuple):
    """The current value of a shared cell, and who said it when."""

    value: dict[str, Any]
    annotator: str
    at: str
    event_id: str


def value(db: Database, cell: Cell) -> dict[str, Any] | None:
    """The current value of a cell that is no label, or None."""
    row = db.execute(
        "SELECT value FROM head WHERE kind = ? AND item = ? AND annotator = ? AND phase = ?",
        list(cell),
    ).fetchone()
    return None if row is None else dict(json.loads(row[0]))


def latest(db: Database, kind: str, item: str) -> SharedValue | None:
    """The last word on an item in one of :data:`SHARED_KINDS`, whoever said it."""
    row = db.execute(
        "SELECT value, annotator, at, event_id FROM shared_head WHERE kind = ? AND item = ?",
        [kind, item],
    ).fetchone()
    return None if row is None else SharedValue(dict(json.loads(row[0])), *row[1:])


def latest_of_each(db: Database, kind: str) -> dict[str, SharedValue]:
    """The last word on every item that has one and was not removed, by item."""
    rows = db.execute(
        "SELECT item, value, annotator, at, event_id FROM shared_head WHERE kind = ?"
        " AND item NOT IN (SELECT pair_id FROM removed_pair) ORDER BY item",
        [kind],
    ).fetchall()
    return {row[0]: SharedValue(dict(json.loads(row[1])), *row[2:]) for row in rows}


def _winners(db: Database) -> Iterator[tuple[Any, ...]]:
    # one by one, for the memory: nothing that is written meanwhile is read by the query
    number = db.execute("SELECT count(*) FROM event").fetchone()[0]
    return waiting.counted(db.execute(_ALL_WINNERS), "working out current labels", number)


def _write(db: Database, winner: tuple[Any, ...]) -> None:
    if (row := _label_row(db, winner)) is not None:
        db.execute(_ADD_LABEL, row)
    elif (row := _head_row(winner)) is not None:
        db.execute(_ADD_OTHER, row)
    for place in _round_rows(winner):
        db.execute("INSERT OR IGNORE INTO round_pair VALUES (?, ?, ?, ?)", place)


def _give_out(db: Database, round_id: str) -> None:
    """The pairs of a round while anybody's word of it counts; all words give out the same."""
    others = db.execute(
        "SELECT kind, item, annotator, phase, id, value, at FROM sound_event"
        " WHERE kind = 'round' AND item = ?",
        [round_id],
    ).fetchall()
    for each in others:
        db.conn.executemany(
            "INSERT OR IGNORE INTO round_pair VALUES (?, ?, ?, ?)", _round_rows(each)
        )


def _refresh_label(db: Database, cell: Cell) -> None:
    row = _row_of_cell(db, *cell[1:])
    if row is not None:
        db.execute(_ADD_LABEL, row)
        return
    db.execute(
        "DELETE FROM label_head WHERE pair_id = ? AND annotator = ? AND phase = ?", list(cell[1:])
    )


def _label_row(db: Database, winner: tuple[Any, ...]) -> tuple[Any, ...] | None:
    kind, item, annotator, phase, *_ = winner
    if kind not in ("label", "clear"):
        return None
    last = _word(winner)
    if standing_label.is_verdict(last):  # nearly always; nothing before it matters then
        return _row_of(item, annotator, phase, last, "given")
    return _row_of_cell(db, item, annotator, phase)


def _row_of_cell(db: Database, item: str, annotator: str, phase: str) -> tuple[Any, ...] | None:
    words = db.execute(_CELL, [item, annotator, phase]).fetchall()
    found = standing_label.of_cell(standing_label.word(*each) for each in words)
    if found.shown is None or found.answer is None:
        return None
    return _row_of(item, annotator, phase, found.shown, found.answer)


def _said(event: Event) -> standing_label.CellEvent:
    return standing_label.CellEvent(event.id, event.kind, event.value, event.at)


def _word(winner: tuple[Any, ...]) -> standing_label.CellEvent:
    kind, _, _, _, event_id, text, at = winner
    return standing_label.word(event_id, kind, text, at)


def _row_of(
    item: str, annotator: str, phase: str, said: standing_label.CellEvent, answer: Answer
) -> tuple[Any, ...]:
    value = said.value
    return (
        item,
        annotator,
        phase,
        value["verdict"],
        value.get("strength"),
        value.get("seconds"),
        value.get("left"),
        value.get("guideline_id"),
        value.get("note"),
        int(value.get("informed", False)),
        value.get("round_id"),
        value.get("restores", said.event_id),
        value.get("given_at", said.at),
        answer,
        value.get("drawn"),
    )


def _head_row(winner: tuple[Any, ...]) -> tuple[Any, ...] | None:
    kind, item, annotator, phase, event_id, text, at = winner
    if kind in ("label", "clear"):
        return None
    said = json.loads(text)
    if said.get("cleared"):
        return None
    event_id, at = said.pop("restores", event_id), said.pop("given_at", at)
    said.pop("undoes", None)
    if kind == "round":
        del said["assigned"]  # thousands of ids, which round_pair holds
    return (kind, item, annotator, phase, event_id, ids.json_text(said), at)


def _round_rows(winner: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    kind, item, _, _, _, text, _ = winner
    if kind != "round":
        return []
    return [
        (item, annotator, position, pair_id)
        for annotator, pairs in json.loads(text)["assigned"].items()
        for position, pair_id in enumerate(pairs)
    ]
