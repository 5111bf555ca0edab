"""The tables that travel between files: what merge, rescue, doctor and backup go by."""

from __future__ import annotations

from typing import Any, Final

from store.items import candidates, constitutions, critiques, pairs, prompts, runs
from store.items.table import Table
from store.records import Event

EVENTS: Final = Table("event", Event, lambda cells: str(cells["id"]), order="arrival")
"""Read and written by :mod:`store.log.events`, which knows their ids; here for its columns."""

TABLES: Final[dict[str, Table[Any]]] = {
    table.name: table
    for table in (
        prompts.TABLE,
        constitutions.TABLE,
        runs.RUNS,
        runs.GENERATIONS,
        candidates.TABLE,
        critiques.TABLE,
        pairs.TABLE,
        EVENTS,
    )
}
"""In the order in which they are written."""

WALKED: Final = {
    "prompt": "position",
    "constitution": "id",
    "run": "id",
    "generation": "rowid",
    "candidate": "rowid",
    "critique": "rowid",
    "pair": "position",
    "event": "arrival",
}
"""The column in whose order all rows of a table are read."""

ITEMS: Final = tuple(name for name in TABLES if name != EVENTS.name)


def there(connection: Any, table: str) -> list[str]:
    """What to select for the columns of a table; their defaults for what an older file lacks."""
    return TABLES[table].there(connection)
