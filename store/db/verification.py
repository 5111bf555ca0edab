"""Items and events compared with their ids a few at a time, while somebody works.

The place is remembered in the file, so that short sittings get through a large project too. What
does not belong to its id is found here long before an export or a backup stops at it; ``doctor``
looks at everything at once.
"""

from __future__ import annotations

import json
import time
from typing import Final, NamedTuple

from sqlite_utils import Database

from store.db import meta
from store.items import content_hashes

ROWS: Final = 8
"""Rows read at once; what is read is compared, however long it takes."""
_KEY: Final = "verified"
_TABLES: Final = content_hashes.WALK


class Place(NamedTuple):
    """How far the present walk has come."""

    table: str = _TABLES[0]
    after: int | str = content_hashes.START
    """The last row that was compared, in the table's walking order."""


def begin(db: Database) -> Place:
    """Where the last walk was left; the start where it was finished."""
    try:
        table, after = json.loads(meta.get(db, _KEY, "null"))
    except (TypeError, ValueError):
        return Place()
    fits = table in _TABLES and isinstance(after, int | str)
    return Place(table, after) if fits else Place()


def remember(db: Database, place: Place | None) -> None:
    """Note how far a walk came; None where it is finished."""
    meta.put(db, _KEY, json.dumps(place or Place()))


def step(
    db: Database, place: Place, seconds: float
) -> tuple[list[content_hashes.Changed], Place | None]:
    """Compare the next rows.

    Args:
        db: a project.
        place: where to go on.
        seconds: after which no further rows are read.

    Returns:
        What does not belong to its id, and where to go on; None at the end.

    Raises:
        Damaged: SQLite cannot read the rows.
    """
    found: list[content_hashes.Changed] = []
    until = time.perf_counter() + seconds
    while True:
        table, after = place
        rows = list(content_hashes.walk(db, table, after, ROWS))
        found += [changed for _, changed in rows if changed is not None]
        if rows:
            place = Place(table, rows[-1][0])
        elif table == _TABLES[-1]:
            return found, None
        else:
            place = Place(_TABLES[_TABLES.index(table) + 1])
        if time.perf_counter() >= until:
            return found, place
