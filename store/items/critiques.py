"""Critiques: what the model says is wrong with a candidate, under one principle."""

from __future__ import annotations

from typing import Final

from sqlite_utils import Database

from store import ids
from store.items.table import Cells, Table
from store.records import Critique


def identity(cells: Cells) -> str:
    """The id a critique's content must have."""
    return ids.digest(
        "critique",
        [
            cells["candidate_id"],
            cells["round"],
            cells["constitution_id"],
            cells["principle_id"],
            cells["text"],
            bool(cells["found"]),
            cells["generation_id"],
        ],
    )


TABLE: Final = Table("critique", Critique, identity, order="created_at, rowid")


def add(db: Database, made: Critique) -> str:
    """Write a critique; the same content again adds nothing. Returns its id."""
    return TABLE.add(db, made)[0]


def get(db: Database, critique_id: str) -> Critique:
    """The critique of this id.

    Raises:
        WrongId: there is none.
    """
    return TABLE.get(db, critique_id)


def of_candidate(db: Database, candidate_id: str) -> list[Critique]:
    """The critiques of a candidate, oldest first."""
    return TABLE.where(db, "candidate_id = ?", [candidate_id])
