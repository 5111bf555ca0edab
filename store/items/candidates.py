"""Candidates: the answers to a prompt, proposed, imported, revised or edited."""

from __future__ import annotations

from typing import Final

from sqlite_utils import Database

from store import ids
from store.items.table import Cells, Table
from store.records import Candidate, Origin

_COVERED: Final = (
    "prompt_id",
    "origin",
    "text",
    "parent_id",
    "critique_id",
    "generation_id",
    "author",
    "round",
    "slot",
)
_AUTHOR: Final = _COVERED.index("author")


def identity(cells: Cells) -> str:
    """The id a candidate's content must have.

    The author of an imported text is the file it came in, and no part of it: the same text in a
    second file is the same candidate.
    """
    covered = [cells[name] for name in _COVERED]
    if cells["origin"] == Origin.IMPORTED:
        covered[_AUTHOR] = None
    return ids.digest("candidate", covered)


TABLE: Final = Table("candidate", Candidate, identity, order="slot, round, created_at, rowid")


def add(db: Database, made: Candidate) -> str:
    """Write a candidate; the same content again adds nothing. Returns its id."""
    return TABLE.add(db, made)[0]


def add_edited(db: Database, parent: Candidate, text: str, author: str, at: str) -> str:
    """Write what a person made of a candidate; the same content again adds nothing.

    Returns:
        Its id.
    """
    edited = Candidate(
        prompt_id=parent.prompt_id,
        origin=Origin.EDITED,
        text=text,
        parent_id=parent.id,
        author=author,
        round=parent.round,
        slot=parent.slot,
        created_at=at,
    )
    return add(db, edited)


def get(db: Database, candidate_id: str) -> Candidate:
    """The candidate of this id.

    Raises:
        WrongId: there is none.
    """
    return TABLE.get(db, candidate_id)


def of_prompt(db: Database, prompt_id: str) -> list[Candidate]:
    """The candidates of a prompt by slot, round and age."""
    return TABLE.where(db, "prompt_id = ?", [prompt_id])


def any_here(db: Database) -> bool:
    """Whether the project has an answer."""
    return db.execute("SELECT 1 FROM candidate LIMIT 1").fetchone() is not None


def children(db: Database, candidate_id: str) -> list[Candidate]:
    """The revisions and edits made straight from a candidate, by slot, round and age."""
    return TABLE.where(db, "parent_id = ?", [candidate_id])


def root(db: Database, candidate_id: str) -> Candidate:
    """The proposed or imported candidate that a revision or an edit goes back to.

    Raises:
        WrongId: there is no such candidate.
    """
    row = db.execute("SELECT root_id FROM chain WHERE candidate_id = ?", [candidate_id]).fetchone()
    return get(db, candidate_id if row is None else row[0])


def is_padded(candidate: Candidate) -> bool:
    """Whether a candidate is long and useless on purpose, made from a short answer."""
    return candidate.origin is Origin.PROPOSED and candidate.parent_id is not None
