"""Facts about this one file, not merged with other files: seeds, replica, the last model used."""

from __future__ import annotations

from typing import Final, overload
from weakref import WeakKeyDictionary

from sqlite_utils import Database

from store import ids

SIDES_FROM_CONTENT: Final = "sides_from_content"
"""Key: the position of the last pair before imported sides were drawn by content; 0 in files made
since, absent in a file of an older release into which nothing was imported since."""


_SEEDS: Final[WeakKeyDictionary[Database, dict[str, str]]] = WeakKeyDictionary()
"""What was read of the seeds, which are drawn when a file is made and never change."""


@overload
def get(db: Database, key: str) -> str | None: ...
@overload
def get(db: Database, key: str, default: str) -> str: ...
def get(db: Database, key: str, default: str | None = None) -> str | None:
    """The value under a key, or the default."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", [key]).fetchone()
    return default if row is None else str(row[0])


def put(db: Database, key: str, value: str) -> None:
    """Store a value under a key, in place of what was there."""
    _SEEDS.pop(db, None)
    db.execute(
        "INSERT INTO meta (key, value, seal) VALUES (?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value, seal = excluded.seal",
        [key, value, ids.seal([key, value])],
    )


def seed(db: Database, name: str) -> str:
    """A seed drawn when the project was made: ``sides`` or ``order``.

    Raises:
        KeyError: no such seed.
    """
    known = _SEEDS.setdefault(db, {})
    if name not in known:
        value = get(db, name)
        if value is None:
            raise KeyError(name)
        known[name] = value
    return known[name]
