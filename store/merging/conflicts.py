"""What two files say differently: told, and both kept.

A conflict is a cell (one annotator about one item, or one matter that is everybody's) that both
files have moved since they parted, to different ends. One label then stands in both files, by the
rule of :mod:`store.log.current_state`; the other stays in the log.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlite_utils import Database

from store.items.columns import messages_of
from store.items.table import Row
from store.items.tables import TABLES
from store.log import current_state, events
from store.log.current_state import SHARED_KINDS
from store.records import Event
from store.texts import normalised


class ConflictKind(StrEnum):
    """What kind of conflict it is."""

    LABEL = "label"
    """One annotator labelled a pair differently in the two files."""
    DECISION = "decision"
    """The same of a decision, note or flag."""
    SHARED = "shared"
    """The two files differ about something that is everybody's: a ruling, the guideline."""
    EXTERNAL_ID = "external_id"
    """Two different items carry the same imported id."""
    ITEM = "item"
    """Each file says something else of one item that no event tells of."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One thing the two files say differently."""

    kind: ConflictKind
    item: str
    """Pair, revision, setting ... , or the imported id."""
    what: str
    """``label``, ``ruling``, ``pair`` ...: what is said of the item."""
    annotator: str
    """Whose word it is; of both, where they differ."""
    ours: str
    theirs: str
    stands: str
    """``ours``, ``theirs``, ``both`` where nothing has to give way, or ``own``: in each file its
    own."""
    about: str = ""
    """The item as people know it: its place and the beginning of its prompt."""

    def as_json(self) -> dict[str, str]:
        """One element of ``conflicts`` in ``merge --json``."""
        return {name: str(getattr(self, name)) for name in self.__dataclass_fields__}


class Matter(NamedTuple):
    """A cell, with no annotator where the last word counts whoever said it."""

    kind: str
    item: str
    annotator: str
    phase: str


_SAID: Final[dict[str, str]] = {
    "label": "verdict",
    "decision": "choice",
    "ruling": "verdict",
    "flag": "on",
    "category": "category",
    "note": "text",
    "guideline": "id",
    "setting": "value",
    "round": "name",
}
_SAID_BY_ROWS: Final = {"prompt": ("category", "tags"), "pair": ("a_role", "b_role")}
_NONE: Final = "none"
_EXTERNAL_IDS: Final = {
    "prompt": "SELECT id, external_id FROM prompt WHERE external_id IS NOT NULL ORDER BY position",
    "pair": "SELECT id, external_id FROM pair WHERE external_id IS NOT NULL ORDER BY position",
}
_BEGINS: Final = 48
"""Characters of a prompt that tell which it is."""
_PLACES: Final = {
    "pair": "SELECT pair.position, messages FROM pair JOIN prompt ON prompt.id = prompt_id"
    " WHERE pair.id = ?",
    "prompt": "SELECT position, messages FROM prompt WHERE id = ?",
    "an answer to prompt": "SELECT position, messages FROM candidate"
    " JOIN prompt ON prompt.id = prompt_id WHERE candidate.id = ?",
}
_QUIET: Final = frozenset({"shown", "round_end", "round_seal"})
"""Kinds in which two files cannot contradict each other in a way a person must settle."""


def matter(event: Event) -> Matter:
    """What an event is about."""
    cell = current_state.cell_of(event)
    annotator = "" if cell.kind in SHARED_KINDS else cell.annotator
    return Matter(cell.kind, cell.item, annotator, cell.phase)


def moved_apart(
    db: Database, theirs: Iterable[Event], new: Sequence[Event], before: int
) -> list[Conflict]:
    """The cells that both files have moved since they parted.

    Args:
        db: the own project, with ``new`` written.
        theirs: all events of the other file that can be used.
        new: those of them that were not here.
        before: arrival number of the last event that was here.
    """
    came = {event.id for event in new}
    touched = {matter(event) for event in new}
    known = set()
    last: dict[Matter, Event] = {}
    for event in theirs:
        known.add(event.id)
        about = matter(event)
        if about in touched and (about not in last or _order(event) > _order(last[about])):
            last[about] = event
    found = []
    for about in sorted(touched):
        if about.kind in _QUIET:
            continue
        own, other = _own_last(db, about, before), last[about]
        # where the other file has our last word, its own came after it: no conflict
        if own is None or own.id in known or _said(own) == _said(other):
            continue
        # and where ours has theirs it is not new; it can be last all the same, with older ones new
        if other.id in came:
            found.append(_conflict(about, own, other))
    return found


def same_external_id(db: Database, table: str, new: Iterable[tuple[str, str]]) -> list[Conflict]:
    """Items that are new here under an imported id that another item has already.

    Args:
        db: the own project, before they are written.
        table: ``prompt`` or ``pair``.
        new: id and imported id.
    """
    here: dict[str, str] = {}
    for item, external_id in db.execute(_EXTERNAL_IDS[table]):
        here.setdefault(external_id, item)
    return [
        Conflict(ConflictKind.EXTERNAL_ID, external_id, table, "", here[external_id], item, "both")
        for item, external_id in new
        if external_id in here
    ]


def of_rows(db: Database, table: str, theirs: Mapping[str, Row]) -> list[Conflict]:
    """What the rows of one item say differently in two files: no id covers it.

    Args:
        db: the own project.
        table: ``prompt`` or ``pair``.
        theirs: rows of the other file by id.
    """
    columns = _SAID_BY_ROWS[table]
    places = [TABLES[table].names.index(column) for column in columns]
    return [
        Conflict(ConflictKind.ITEM, item, column, "", here or _NONE, there or _NONE, "own")
        for item, *said in db.execute(f"SELECT id, {', '.join(columns)} FROM {table}")  # noqa: S608
        if item in theirs
        for column, place, here in zip(columns, places, said, strict=True)
        if here != (there := theirs[item][place])
    ]


def named(db: Database, conflict: Conflict) -> Conflict:
    """The conflict with its item as people know it."""
    for what, sql in _PLACES.items():
        row = db.execute(sql, [conflict.item]).fetchone()
        if row is not None:
            words = normalised(messages_of(row[1])[-1].content)
            begins = words if len(words) <= _BEGINS else words[:_BEGINS].rstrip() + "…"
            return replace(conflict, about=f"{what} {row[0]:,}, {begins}")
    return conflict


def _own_last(db: Database, about: Matter, before: int) -> Event | None:
    kinds = ("label", "clear") if about.kind == "label" else (about.kind, about.kind)
    row = db.execute(
        "SELECT id FROM sound_event WHERE item = ? AND kind IN (?, ?) AND phase = ?"
        " AND (annotator = ? OR ? = '') AND arrival <= ?"
        " ORDER BY lamport DESC, replica DESC, seq DESC LIMIT 1",
        [about.item, *kinds, about.phase, about.annotator, about.annotator, before],
    ).fetchone()
    return None if row is None else events.get(db, row[0])


def _conflict(about: Matter, own: Event, other: Event) -> Conflict:
    kind = ConflictKind.SHARED if about.annotator == "" else ConflictKind.DECISION
    names = sorted({own.annotator, other.annotator})
    return Conflict(
        kind=ConflictKind.LABEL if about.kind == "label" else kind,
        item=about.item,
        what=about.kind,
        annotator=", ".join(names),
        ours=_said(own),
        theirs=_said(other),
        stands="ours" if _order(own) > _order(other) else "theirs",
    )


def _said(event: Event) -> str:
    """What an event comes to, in a word; two that come to the same are no conflict."""
    if event.kind == "clear" or event.value.get("cleared"):
        return "nothing"
    said: Any = event.value.get(_SAID.get(event.kind, ""))
    if event.kind == "label" and event.value.get("strength"):
        return f"{said} {event.value['strength']}"
    return said if isinstance(said, str) else json.dumps(event.value if said is None else said)


def _order(event: Event) -> tuple[int, str, int]:
    return event.lamport, event.replica, event.seq
