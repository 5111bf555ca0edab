"""What a merge does not bring back: texts that were purged here, and all that hangs on them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlite_utils import Database

from store.items import purged
from store.items.table import Row
from store.items.tables import TABLES

_TOMBSTONES = (
    "SELECT item FROM event WHERE kind = 'removed' AND json_valid(value)"
    " AND json_extract(value, '$.purged')"
)
_IN = "IN (SELECT value FROM json_each(?))"


def kept_out(db: Database, other: Database) -> Mapping[str, frozenset[str]]:
    """Ids of rows of the other file that are not taken, by table; empty where nothing was purged.

    Args:
        db: the own project.
        other: the other file, opened for reading.
    """
    prompts = purged.here(db)
    if not prompts:
        return {}
    out = {"prompt": frozenset(prompts)}
    for table, of, parent in (
        ("candidate", "prompt_id", "prompt"),
        ("critique", "candidate_id", "candidate"),
        ("pair", "prompt_id", "prompt"),
    ):
        out[table] = _ids(other, f"SELECT id FROM {table} WHERE {of} {_IN}", out[parent])  # noqa: S608
    named, others = (
        f"SELECT generation_id FROM candidate WHERE id {so}{_IN}"  # noqa: S608
        f" UNION SELECT generation_id FROM critique WHERE id {so}{_IN}"
        for so in ("", "NOT ")
    )
    both = out["candidate"], out["critique"]
    out["generation"] = _ids(other, named, *both) - _ids(other, others, *both)
    return out


def unfounded(other: Database, new: Mapping[str, Sequence[Row]]) -> str | None:
    """A new row without its texts, of which the other file does not say that it was purged."""
    told = {str(row[0]) for row in other.execute(_TOMBSTONES)}
    for table in ("prompt", "candidate"):
        for row in new.get(table, ()):
            cells = TABLES[table].cells(row)
            if not purged.is_blank(table, cells) or cells["id"] == TABLES[table].identity(cells):
                continue
            if cells["prompt_id" if table == "candidate" else "id"] not in told:
                return f"the texts of {table} {cells['id'][:12]} are missing"
    return None


def _ids(db: Database, statement: str, *ids: frozenset[str]) -> frozenset[str]:
    rows = db.execute(statement, [json.dumps(sorted(each)) for each in ids])
    return frozenset(str(row[0]) for row in rows if row[0] is not None)
