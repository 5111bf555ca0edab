"""Settings of the whole project, agreed by everybody who works on it: events like all decisions."""

from __future__ import annotations

from typing import Any, Final

from sqlite_utils import Database

from store import events, heads
from store.records import Event

STRENGTH: Final = "strength"
"""True where labels are given on the four-point strength scale."""

REPEATS: Final = "repeats"
"""Every how many labels a hidden repeat is shown; 0 for none."""


def get(db: Database, key: str, default: Any = None) -> Any:
    """The value of a setting (anything JSON can say), or the default."""
    said = heads.latest(db, "setting", key)
    return default if said is None else said.value["value"]


def set(db: Database, key: str, value: Any, annotator: str, at: str) -> Event:  # noqa: A001
    """Change a setting for everybody."""
    return events.append(db, "setting", key, annotator, {"value": value}, at=at)


def ordered(db: Database) -> dict[str, Any]:
    """All settings that were ever set, by name."""
    return {key: said.value["value"] for key, said in heads.latest_of_each(db, "setting").items()}
