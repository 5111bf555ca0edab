"""Prompts: what the user of the model asked, in project order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from store import ids
from store.db.connection import immediate
from store.errors import WrongId
from store.records import Message, Prompt

UNCATEGORISED = "uncategorised"
"""The category of a prompt nobody gave one."""

_SELECT = "SELECT id, messages, category, tags, source, external_id, position FROM prompt"
_INSERT = (
    "INSERT INTO prompt (id, messages, text, category, tags, source, external_id, created_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)

Row = tuple[str, str, str, str, str, str | None, int]
"""What ``_SELECT`` gives."""


def add(
    db: Database,
    messages: Iterable[Message],
    *,
    category: str,
    tags: Sequence[str] = (),
    source: str,
    external_id: str | None = None,
    at: str,
) -> tuple[str, bool]:
    """Adds a prompt at the end of the project order.

    The messages are the identity: a prompt that is already there keeps its place, category,
    tags and source.

    Args:
        db: the project.
        messages: the conversation, oldest first.
        category: one of :class:`store.records.Category`, or a word of the user's own.
        tags: further words.
        source: file name or ``starter``.
        external_id: the id the source gave it.
        at: UTC time, ISO-8601.

    Returns:
        The id, and whether the prompt is new.
    """
    turns = tuple(messages)
    prompt = Prompt(ids.prompt_id(turns), turns, category, tuple(tags), source, external_id)
    row = (
        prompt.id,
        json.dumps([m._asdict() for m in turns], ensure_ascii=False),
        prompt.text,
        category,
        json.dumps(list(tags), ensure_ascii=False),
        source,
        external_id,
        at,
    )
    with immediate(db):
        # Looked up first: an ignored insert would leave a gap in the positions.
        if db.execute("SELECT 1 FROM prompt WHERE id = ?", (prompt.id,)).fetchone():
            return prompt.id, False
        db.execute(_INSERT, row)
    return prompt.id, True


def categorise(db: Database, prompt_id: str, category: str) -> None:
    """Gives a category to a prompt that has none yet."""
    with immediate(db):
        db.execute(
            "UPDATE prompt SET category = ? WHERE id = ? AND category = ?",
            (category, prompt_id, UNCATEGORISED),
        )


def get(db: Database, prompt_id: str) -> Prompt:
    """The prompt of this id.

    Raises:
        WrongId: there is none.
    """
    row = db.execute(_SELECT + " WHERE id = ?", (prompt_id,)).fetchone()
    if row is None:
        raise WrongId(prompt_id, "prompt")
    return from_row(row)


def ordered(db: Database, limit: int | None = None) -> list[Prompt]:
    """All prompts in project order, or the first ``limit`` of them."""
    rows = db.execute(_SELECT + " ORDER BY position LIMIT ?", (-1 if limit is None else limit,))
    return [from_row(row) for row in rows]


def at_place(db: Database, number: int) -> str | None:
    """Id of the prompt at a place in project order, or of the nearest; None without prompts."""
    row = db.execute(
        "SELECT id FROM prompt ORDER BY abs(position - ?), position LIMIT 1", [number]
    ).fetchone()
    return None if row is None else str(row[0])


def count(db: Database) -> int:
    """How many prompts the project has."""
    return int(db.execute("SELECT count(*) FROM prompt").fetchone()[0])


def from_row(row: Row) -> Prompt:
    """The record behind a row of the ``prompt`` table."""
    return Prompt(
        id=row[0],
        messages=messages_of(row[1]),
        category=row[2],
        tags=tags_of(row[3]),
        source=row[4],
        external_id=row[5],
        position=row[6],
    )


def messages_of(text: str) -> tuple[Message, ...]:
    """The messages behind the JSON of the ``messages`` column."""
    return tuple(Message(turn["role"], turn["content"]) for turn in json.loads(text))


def tags_of(text: str) -> tuple[str, ...]:
    """The words behind the JSON of the ``tags`` column."""
    return tuple(json.loads(text))
