"""Candidates: the answers to a prompt, proposed, imported, revised or edited."""

from __future__ import annotations

from typing import NotRequired, Required, TypedDict, Unpack

from sqlite_utils import Database

from store.db.connection import immediate
from store.errors import WrongId
from store.items import content_hashes
from store.records import Candidate, Origin

_SELECT = (
    "SELECT id, prompt_id, origin, text, parent_id, critique_id, generation_id, author,"
    " round, slot, finish_reason, created_at FROM candidate"
)
_INSERT = (
    "INSERT OR IGNORE INTO candidate (id, prompt_id, origin, text, parent_id, critique_id,"
    " generation_id, author, round, slot, finish_reason, created_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_ORDER = " ORDER BY slot, round, created_at, rowid"

Row = tuple[
    str, str, str, str, str | None, str | None, str | None, str | None, int, int, str | None, str
]
"""What ``_SELECT`` gives."""


class Fields(TypedDict):
    """What a candidate is made of, as :class:`store.records.Candidate` explains it."""

    prompt_id: Required[str]
    origin: Required[Origin]
    text: Required[str]
    parent_id: NotRequired[str | None]
    critique_id: NotRequired[str | None]
    generation_id: NotRequired[str | None]
    author: NotRequired[str | None]
    round: NotRequired[int]
    slot: NotRequired[int]
    finish_reason: NotRequired[str | None]


def add(db: Database, *, at: str, **fields: Unpack[Fields]) -> str:
    """Adds a candidate; the same content again adds nothing.

    Args:
        db: the project.
        at: UTC time, ISO-8601.
        **fields: the fields of :class:`store.records.Candidate` but ``id`` and ``created_at``.

    Returns:
        Its id.
    """
    made = Candidate(id="", created_at=at, **fields)
    candidate_id = identity(made)
    with immediate(db):
        db.execute(
            _INSERT,
            (
                candidate_id,
                made.prompt_id,
                made.origin.value,
                made.text,
                made.parent_id,
                made.critique_id,
                made.generation_id,
                made.author,
                made.round,
                made.slot,
                made.finish_reason,
                at,
            ),
        )
    return candidate_id


def get(db: Database, candidate_id: str) -> Candidate:
    """The candidate of this id.

    Raises:
        WrongId: there is none.
    """
    row = db.execute(_SELECT + " WHERE id = ?", (candidate_id,)).fetchone()
    if row is None:
        raise WrongId(candidate_id, "candidate")
    return _from_row(row)


def of_prompt(db: Database, prompt_id: str) -> list[Candidate]:
    """The candidates of a prompt by slot, round and age."""
    rows = db.execute(_SELECT + " WHERE prompt_id = ?" + _ORDER, (prompt_id,))
    return [_from_row(row) for row in rows]


def children(db: Database, candidate_id: str) -> list[Candidate]:
    """The revisions and edits made straight from a candidate, oldest first."""
    rows = db.execute(_SELECT + " WHERE parent_id = ?" + _ORDER, (candidate_id,))
    return [_from_row(row) for row in rows]


def root(db: Database, candidate_id: str) -> Candidate:
    """The proposed or imported candidate that a revision or an edit goes back to.

    Raises:
        WrongId: there is no such candidate.
    """
    row = db.execute("SELECT root_id FROM chain WHERE candidate_id = ?", (candidate_id,)).fetchone()
    return get(db, candidate_id if row is None else row[0])


def identity(made: Candidate) -> str:
    """The id a candidate's content must have."""
    return content_hashes.identity(
        "candidate",
        (
            made.id,
            made.prompt_id,
            made.origin.value,
            made.text,
            made.parent_id,
            made.critique_id,
            made.generation_id,
            made.author,
            made.round,
            made.slot,
        ),
    )


def _from_row(row: Row) -> Candidate:
    return Candidate(
        id=row[0],
        prompt_id=row[1],
        origin=Origin(row[2]),
        text=row[3],
        parent_id=row[4],
        critique_id=row[5],
        generation_id=row[6],
        author=row[7],
        round=row[8],
        slot=row[9],
        finish_reason=row[10],
        created_at=row[11],
    )
