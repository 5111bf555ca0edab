"""Undo: an event that restores what one annotator had before the last thing they did."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from sqlite_utils import Database

from store import ids
from store.db import replica
from store.db.project_database import immediate
from store.judgements import labels
from store.log import events
from store.records import Event, Phase

UNDOABLE: Final = (
    *("label", "ranking", "pairing", "note", "flag", "decision", "ruling"),
    "category",
)
"""What one person did to one item. Guidelines, rounds and settings are everybody's."""

_OWN = """
SELECT id, kind, item, phase, value, arrival FROM sound_event
WHERE annotator = ? AND kind IN (SELECT value FROM json_each(?))
  AND replica IN (SELECT value FROM json_each(?))
ORDER BY arrival DESC
"""
_BEFORE = """
SELECT id, kind, value, at FROM sound_event
WHERE item = ? AND annotator = ? AND kind IN (?, ?) AND phase = ? AND arrival < ?
ORDER BY lamport DESC, replica DESC, seq DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo took back."""

    kind: str
    """``label``, ``ranking``, ``pairing``, ``note``, ``flag``, ``decision``,
    ``ruling`` or ``category``."""
    item: str
    """Id of the pair, prompt, revision or other item."""
    phase: str
    was: dict[str, Any]
    """What the undone event had said."""
    restored: dict[str, Any] | None
    """What holds now, or None where nothing was said before."""
    event: Event
    """The event that records the undo."""


@dataclass(frozen=True, slots=True)
class _Target:
    id: str
    kind: str
    item: str
    phase: str
    value: dict[str, Any]
    arrival: int


def undo(db: Database, annotator: str, at: str) -> Undone | None:
    """Take back the last thing an annotator did in this file; again walks further back.

    A ranking goes with all the labels that follow from it, a person's own text with its pairs and
    its author's word on them.

    The rows of the item are afterwards what they were before it. What came in by an import or a
    merge is never undone here. A first label restored after the others' were shown is marked
    informed.

    Returns:
        What was taken back, or None when there is nothing left.
    """
    who = ids.name(annotator)
    with immediate(db):
        undone = [_take_back(db, target, who, at) for target in _last(db, who)]
    return undone[-1] if undone else None


def _take_back(db: Database, target: _Target, who: str, at: str) -> Undone:
    restored = _state_before(db, target, who)
    value: dict[str, Any] = {"undoes": target.id}
    kind = target.kind
    if restored is not None:
        value |= restored
        kind = "label" if kind == "clear" else kind
        if kind == "label" and target.phase == Phase.FIRST:
            value["informed"] = bool(value.get("informed")) or labels.was_informed(
                db, target.item, who
            )
    elif kind == "label":
        kind = "clear"
    elif kind != "clear":
        value["cleared"] = True
    event = events.append(db, kind, target.item, who, value, phase=target.phase, at=at)
    return Undone(target.kind, target.item, target.phase, target.value, restored, event)


def _last(db: Database, annotator: str) -> list[_Target]:
    """The newest thing done in this file itself that was not undone yet.

    What follows from a ranking or a person's own text comes before that, which was written first.
    """
    following: list[_Target] = []
    kinds = json.dumps([*UNDOABLE, "clear"])
    rows = db.execute(_OWN, [annotator, kinds, json.dumps(replica.own(db))])
    undone: set[str] = set()
    try:
        for event_id, kind, item, phase, text, arrival in rows:
            value = json.loads(text)
            if "undoes" in value:
                undone.add(value["undoes"])
            elif event_id not in undone and "source" not in value:
                following.append(_Target(event_id, kind, item, phase, value, arrival))
                if not value.keys() & {"ranking", "correction"}:
                    return following
    finally:
        rows.close()  # a half-read statement would hold a read transaction open
    return following


def _state_before(db: Database, target: _Target, annotator: str) -> dict[str, Any] | None:
    """What the item's cell said before the event, and which event had said it."""
    a_label = target.kind in ("label", "clear")
    kinds = ("label", "clear") if a_label else (target.kind, target.kind)
    row = db.execute(
        _BEFORE, [target.item, annotator, *kinds, target.phase, target.arrival]
    ).fetchone()
    if row is None:
        return None
    event_id, kind, text, at = row
    value: dict[str, Any] = json.loads(text)
    if kind == "clear" or value.get("cleared"):
        return None
    value.pop("undoes", None)
    return {"restores": event_id, "given_at": at} | value
