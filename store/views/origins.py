"""What a text was made from: candidate, critique, generation, run and constitution, joined.

`pairlab show`, the audit export and the Revise screen tell of it, each under its own names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
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
    """Reads what is asked for, each row once; or the whole project at the start.

    Args:
        db: the project.
        whole: read everything now; for those who ask about every pair.
    """

    def __init__(self, db: Database, *, whole: bool = False) -> None:
        self._db = db
        self._whole = whole
        self._known: dict[str, dict[str, Row]] = {
            table: {row["id"]: row for row in self._read(table)} if whole else {}
            for table in _TABLES
        }

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
        if item not in known and not self._whole:
            known |= {row["id"]: row for row in self._read(table, item)}
        return dict(known[item]) if item in known else None

    def _read(self, table: str, item: str | None = None) -> Iterable[Row]:
        where, values = ("", []) if item is None else (" WHERE id = ?", [item])
        for row in self._db.query(_TABLES[table] + where, values):
            yield row | {name: json.loads(row[name]) for name in _JSON if name in row}
