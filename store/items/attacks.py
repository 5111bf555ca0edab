"""Wrapped prompts: a prompt in an attack style, linked to the prompt it was made from.

A wrapped prompt is a prompt like any other, with the category of its base. The link is an event
(``attack``), so that it travels with a merge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlite_utils import Database

from store.db.project_database import immediate
from store.items import pending, prompts
from store.log import current_state, events
from store.records import Category, Message, Prompt

_SELECT = "SELECT prompt_id, base_id, style FROM attack"
SOURCE = "attack"
"""What a wrapped prompt came from, in place of a file name."""


class Wrapped(NamedTuple):
    """A prompt that was made from another."""

    prompt_id: str
    base_id: str
    style: str


def to_wrap(db: Database, limit: int | None = None) -> list[Prompt]:
    """The harmful prompts that a run with this limit writes for, without wrapped ones."""
    made = wrapped(db)
    bare = [prompts.get(db, each) for each in pending.chosen(db, limit) if each not in made]
    return [prompt for prompt in bare if prompt.category == Category.HARMFUL]


def wrap(
    db: Database, base: Prompt, style: str, messages: Sequence[Message], annotator: str, *, at: str
) -> bool:
    """Add a prompt in an attack style at the end of the project order, with its link.

    Returns:
        Whether the link is new: the same prompt in the same style adds nothing.
    """
    with immediate(db):
        prompt_id, _ = prompts.add(
            db,
            messages,
            category=base.category,
            tags=(*base.tags, style),
            source=SOURCE,
            at=at,
        )
        if prompt_id == base.id or current_state.latest(db, "attack", prompt_id) is not None:
            return False
        value = {"base": base.id, "style": style}
        events.append(db, "attack", prompt_id, annotator, value, at=at)
    return True


def wrapped(db: Database) -> dict[str, Wrapped]:
    """Every wrapped prompt whose base is here, by its id."""
    rows = db.execute(f"{_SELECT} ORDER BY prompt_id").fetchall()
    return {row[0]: Wrapped(*row) for row in rows}


def of_prompt(db: Database, prompt_id: str) -> Wrapped | None:
    """What a prompt was made from; None for one that is not wrapped."""
    row = db.execute(f"{_SELECT} WHERE prompt_id = ?", [prompt_id]).fetchone()
    return None if row is None else Wrapped(*row)
