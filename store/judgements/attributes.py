"""What annotators choose to state of themselves: language, culture, field, or their own words.

Attributes and what is stated are compared as names are (:mod:`store.names`): ``Language`` is
``language``, in whichever file it was stated.
"""

from __future__ import annotations

from typing import Final

from sqlite_utils import Database

from store import ids, names
from store.errors import BadInput
from store.log import events
from store.records import Event

SUGGESTED: Final = ("language", "culture", "field")
"""The attributes that are asked for; others may be stated as well."""


def state(db: Database, annotator: str, key: str, value: str, at: str) -> Event:
    """Record an attribute; a blank value takes it back.

    Raises:
        BadInput: the attribute has no name that can be seen.
    """
    if wrong := names.problem(key):
        raise BadInput(f"an attribute is called for example language: a name {wrong}")
    own = [item for item, _ in _stated(db, "annotator", annotator)]
    name = names.find(key, [*own, *SUGGESTED, *keys(db)]) or ids.name(key)
    said = ids.name(value)
    return events.append(
        db, "attribute", name, annotator, {"text": said} if said else {"cleared": True}, at=at
    )


def of_annotator(db: Database, annotator: str) -> dict[str, str]:
    """What one annotator states, by attribute."""
    told: dict[str, str] = {}
    for item, value in _stated(db, "annotator", annotator):
        told[names.find(item, [*told, *SUGGESTED]) or item] = value
    return dict(sorted(told.items()))


def by_annotator(db: Database, key: str) -> dict[str, str]:
    """What everybody states of one attribute; those who say nothing are absent."""
    look = names.seen(key)
    told: dict[str, str] = {}
    for item in _items(db):
        if names.seen(item) == look:
            told |= dict(_stated(db, "item", item))
    spelled: list[str] = []
    for annotator in sorted(told):
        told[annotator] = names.find(told[annotator], spelled) or told[annotator]
        spelled.append(told[annotator])
    return dict(sorted(told.items()))


def keys(db: Database) -> list[str]:
    """The attributes anybody states, by name."""
    found: list[str] = []
    for item in _items(db):
        name = names.find(item, [*found, *SUGGESTED]) or item
        found += [] if name in found else [name]
    return sorted(found)


def _items(db: Database) -> list[str]:
    rows = db.execute("SELECT DISTINCT item FROM head WHERE kind = 'attribute' ORDER BY item")
    return [str(row[0]) for row in rows.fetchall()]


def _stated(db: Database, which: str, wanted: str) -> list[tuple[str, str]]:
    """What stands of one annotator by attribute, or of one attribute by annotator; oldest first."""
    other = "item" if which == "annotator" else "annotator"
    return db.execute(
        f"SELECT {other}, json_extract(value, '$.text') FROM head"  # noqa: S608 - names above
        f" WHERE kind = 'attribute' AND {which} = ? ORDER BY at, item",
        [ids.name(wanted)],
    ).fetchall()
