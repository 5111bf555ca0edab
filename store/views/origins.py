"""What a text was made from: candidate, critique, generation, run and constitution, joined.

`pairlab show`, the audit export and the Revise screen tell of it, each under its own names.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any, Final

from sqlite_utils import Database

from store.items.tables import TABLES

Row = dict[str, Any]
"""Columns by name, JSON read; instead of ids the rows that they name."""

_TABLES: Final = {
    **{
        name: f"SELECT {', '.join(TABLES[name].names)} FROM {name}"
        for name in ("candidate", "critique", "generation", "run")
    },
    "constitution": "SELECT id, name, version, language FROM constitution",
}
_JSON: Final = ("settings",)


class Origins:
    """Reads what is asked for, each row once.

    Args:
        db: the project.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[str, dict[str, Row]] = {table: {} for table in _TABLES}

    def read_in(self, candidate_ids: Iterable[str]) -> Collection[str]:
        """Read many candidates with all that they come from, in few queries.

        Returns:
            The ids of these candidates and of those that they were made from.
        """
        known = self._known
        self._take("candidate", candidate_ids)
        while missing := _named(known["candidate"], "parent_id") - known["candidate"].keys():
            if not self._take("candidate", missing):
                break
        self._take("critique", _named(known["candidate"], "critique_id"))
        for table in ("candidate", "critique"):
            self._take("generation", _named(known[table], "generation_id"))
        return known["candidate"].keys()

    def candidate(self, candidate_id: str) -> Row:
        """A candidate with its generation and the critique it answers.

        Raises:
            KeyError: there is no such candidate.
        """
        candidate = self._row("candidate", candidate_id)
        if candidate is None:
            raise KeyError(candidate_id)
        critique_id = candidate.pop("critique_id")
        candidate["generation"] = self._generation(candidate.pop("generation_id"))
        candidate["critique"] = self.critique(critique_id) if critique_id else None
        return candidate

    def critique(self, critique_id: str) -> Row:
        """A critique with its constitution and its generation.

        Raises:
            KeyError: there is no such critique.
        """
        critique = self._row("critique", critique_id)
        if critique is None:
            raise KeyError(critique_id)
        critique["found"] = bool(critique["found"])
        critique["constitution"] = self._row("constitution", critique.pop("constitution_id"))
        critique["generation"] = self._generation(critique.pop("generation_id"))
        return critique

    def family(self, candidate_ids: Iterable[str]) -> list[str]:
        """Candidates and all they were made from, each once, the youngest of each line first."""
        family: dict[str, None] = {}
        for candidate_id in candidate_ids:
            here: str | None = candidate_id
            while here is not None and here not in family:
                family[here] = None
                row = self._row("candidate", here)
                here = None if row is None else row["parent_id"]
        return list(family)

    def _generation(self, generation_id: str | None) -> Row | None:
        generation = None if generation_id is None else self._row("generation", generation_id)
        if generation is not None:
            generation["run"] = self._row("run", generation.pop("run_id"))
        return generation

    def _row(self, table: str, item: str) -> Row | None:
        """A copy of one row, or None."""
        known = self._known[table]
        if item not in known:
            self._take(table, [item])
        return dict(known[item]) if item in known else None

    def _take(self, table: str, items: Iterable[str]) -> bool:
        """Read rows; whether there were any."""
        sql = f"{_TABLES[table]} WHERE id IN (SELECT value FROM json_each(?))"
        found = {
            row["id"]: row | {name: json.loads(row[name]) for name in _JSON if name in row}
            for row in self._db.query(sql, [json.dumps(list(items))])
        }
        self._known[table] |= found
        return bool(found)


def _named(rows: dict[str, Row], column: str) -> set[str]:
    return {row[column] for row in rows.values() if row[column] is not None}
