"""Critiques: what the model says is wrong with a candidate, under one principle."""

from __future__ import annotations

from typing import NotRequired, Required, TypedDict, Unpack

from sqlite_utils import Database

from store.db.connection import immediate
from store.errors import WrongId
from store.items import content_hashes
from store.records import Critique

_SELECT = (
    "SELECT id, candidate_id, round, constitution_id, principle_id, text, found,"
    " generation_id, created_at FROM critique"
)
_INSERT = (
    "INSERT OR IGNORE INTO critique (id, candidate_id, round, constitution_id, principle_id,"
    " text, found, generation_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

Row = tuple[str, str, int, str, str, str, int, str | None, str]
"""What ``_SELECT`` gives."""


class Fields(TypedDict):
    """What a critique is made of, as :class:`store.records.Critique` explains it."""

    candidate_id: Required[str]
    round: Required[int]
    constitution_id: Required[str]
    principle_id: Required[str]
    text: Required[str]
    found: Required[bool]
    generation_id: NotRequired[str | None]


def add(db: Database, *, at: str, **fields: Unpack[Fields]) -> str:
    """Adds a critique; the same content again adds nothing.

    Args:
        db: the project.
        at: UTC time, ISO-8601.
        **fields: the fields of :class:`store.records.Critique` but ``id`` and ``created_at``.

    Returns:
        Its id.
    """
    made = Critique(id="", created_at=at, **fields)
    critique_id = identity(made)
    with immediate(db):
        db.execute(
            _INSERT,
            (
                critique_id,
                made.candidate_id,
                made.round,
                made.constitution_id,
                made.principle_id,
                made.text,
                int(made.found),
                made.generation_id,
                at,
            ),
        )
    return critique_id


def identity(made: Critique) -> str:
    """The id a critique's content must have."""
    return content_hashes.identity(
        "critique",
        (
            made.id,
            made.candidate_id,
            made.round,
            made.constitution_id,
            made.principle_id,
            made.text,
            made.found,
            made.generation_id,
        ),
    )


def get(db: Database, critique_id: str) -> Critique:
    """The critique of this id.

    Raises:
        WrongId: there is none.
    """
    row = db.execute(_SELECT + " WHERE id = ?", (critique_id,)).fetchone()
    if row is None:
        raise WrongId(critique_id, "critique")
    return _from_row(row)


def of_candidate(db: Database, candidate_id: str) -> list[Critique]:
    """The critiques of a candidate, oldest first."""
    rows = db.execute(
        _SELECT + " WHERE candidate_id = ? ORDER BY created_at, rowid", (candidate_id,)
    )
    return [_from_row(row) for row in rows]


def _from_row(row: Row) -> Critique:
    return Critique(
        id=row[0],
        candidate_id=row[1],
        round=row[2],
        constitution_id=row[3],
        principle_id=row[4],
        text=row[5],
        found=bool(row[6]),
        generation_id=row[7],
        created_at=row[8],
    )
