"""What annotators choose to state of themselves: language, culture, field, or their own words."""

from __future__ import annotations

from typing import Final

from sqlite_utils import Database

from store import ids
from store.errors import BadInput
from store.log import events
from store.records import Event

SUGGESTED: Final = ("language", "culture", "field")
"""The attributes that are asked for; others may be stated as well."""


def state(db: Database, annotator: str, key: str, value: str, at: str) -> Event:
    """Record an attribute; a blank value takes it back.

    Raises:
        BadInput: the attribute has no name.
    """
    name = ids.name(key)
    if not name:
        raise BadInput("an attribute needs a name, for example language")
    said = ids.name(value)
    return events.append(
        db, "attribute", name, annotator, {"text": said} if said else {"cleared": True}, at=at
    )


def of_annotator(db: Database, annotator: str) -> dict[str, str]:
    """What one annotator states, by attribute."""
    rows = db.execute(
        "SELECT item, json_extract(value, '$.text') FROM head"
        " WHERE kind = 'attribute' AND annotator = ? ORDER BY item",
        [ids.name(annotator)],
    ).fetchall()
    return dict(rows)


def by_annotator(db: Database, key: str) -> dict[str, str]:
    """What everybody states of one attribute; those who say nothing are absent."""
    rows = db.execute(
        "SELECT annotator, json_extract(value, '$.text') FROM head"
        " WHERE kind = 'attribute' AND item = ? ORDER BY annotator",
        [ids.name(key)],
    ).fetchall()
    return dict(rows)


def keys(db: Database) -> list[str]:
    """The attributes anybody states, by name."""
    rows = db.execute(
        "SELECT DISTINCT item FROM head WHERE kind = 'attribute' ORDER BY item"
    ).fetchall()
    return [row[0] for row in rows]
