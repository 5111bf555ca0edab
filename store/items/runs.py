"""Runs and generations: which model wrote what, from which text, under which settings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from sqlite_utils import Database

from store import ids
from store.items.table import Cells, Table
from store.records import Generation, Run


def run_identity(cells: Cells) -> str:
    """The id a run's content must have."""
    return _digest_of_all("run", cells)


def generation_identity(cells: Cells) -> str:
    """The id a generation's content must have."""
    return _digest_of_all("generation", cells)


def _digest_of_all(kind: str, cells: Cells) -> str:
    """Over all columns; those that came after the time of writing only where they hold something.

    So rows of before such a column keep their ids.
    """
    _, *covered = cells.values()
    while covered and covered[-1] is None:
        covered.pop()
    return ids.digest(kind, covered)


RUNS: Final = Table("run", Run, run_identity, order="started_at, id")
GENERATIONS: Final = Table("generation", Generation, generation_identity, order="rowid")


def add_run(db: Database, made: Run) -> str:
    """Write one use of a model; returns its id."""
    return RUNS.add(db, made)[0]


def get_run(db: Database, run_id: str) -> Run:
    """The run of this id.

    Raises:
        WrongId: there is none.
    """
    return RUNS.get(db, run_id)


def runs(db: Database) -> list[Run]:
    """All runs, oldest first."""
    return RUNS.where(db)


def add_generation(db: Database, made: Generation) -> str:
    """Write one text a model wrote, refused ones included; returns its id.

    Call it in one :func:`store.db.connection.immediate` with the candidate or critique that
    comes of it, so that a kill leaves both or neither.
    """
    return GENERATIONS.add(db, made)[0]


def attempts_made(db: Database) -> dict[str, int]:
    """The last attempt that was refused, by the place of its text.

    The place is what the text is for, ``place`` of the settings; texts of older versions, whose
    record has none, are not told.
    """
    rows = db.execute(
        "SELECT json_extract(settings, '$.place'), max(attempt) FROM generation"
        " WHERE refused IS NOT NULL AND json_type(settings, '$.place') = 'text' GROUP BY 1"
    )
    return dict(rows.fetchall())


def thoughts(db: Database, generation_ids: Sequence[str]) -> dict[str, str]:
    """What the model thought before these texts, by generation; only those with any."""
    rows = db.execute(
        "SELECT id, reasoning FROM generation WHERE reasoning IS NOT NULL"
        " AND id IN (SELECT value FROM json_each(?))",
        (json.dumps(generation_ids),),
    )
    return dict(rows.fetchall())


def get_generation(db: Database, generation_id: str) -> Generation:
    """The generation of this id.

    Raises:
        WrongId: there is none.
    """
    return GENERATIONS.get(db, generation_id)
