"""Prompts that came with finished pairs: nobody asked for more answers to them.

A prompt is one of these when an imported pair brought it along. Importing it as a prompt as well,
before or after, is asking for answers; so is the first answer a model has written to it.
"""

from __future__ import annotations

from typing import Final

from sqlite_utils import Database

from store.db import meta
from store.db.project_database import immediate

_ASKED: Final = "asked:"
"""Before the id of a prompt that was asked for: the beginning of a key of ``meta``."""

CAME_WITH_PAIRS: Final = """(
    EXISTS (SELECT 1 FROM pair WHERE pair.prompt_id = prompt.id AND pair.kind = 'imported'
            AND pair.source = prompt.source AND pair.created_at = prompt.created_at)
    AND NOT EXISTS (SELECT 1 FROM meta WHERE key = 'asked:' || prompt.id)
    AND NOT EXISTS (SELECT 1 FROM candidate WHERE candidate.prompt_id = prompt.id
                    AND candidate.origin = 'proposed')
)"""
"""Condition on a row of ``prompt``."""

_COUNT: Final = "SELECT count(*) FROM kept_prompt AS prompt WHERE "
_WANTED: Final = "SELECT 1 FROM kept_prompt AS prompt WHERE NOT "
_ASK_ALL: Final = "SELECT id FROM kept_prompt AS prompt WHERE "


def came_with_pairs(db: Database, prompt_id: str) -> bool:
    """Whether a prompt came with finished pairs and was not asked for."""
    row = db.execute(f"{_COUNT}{CAME_WITH_PAIRS} AND id = ?", [prompt_id]).fetchone()
    return bool(row[0])


def count(db: Database) -> int:
    """How many prompts came with finished pairs and were not asked for."""
    return int(db.execute(_COUNT + CAME_WITH_PAIRS).fetchone()[0])


def only_pairs(db: Database) -> bool:
    """Whether there are pairs to label and no prompt that answers are wanted to."""
    wanted = db.execute(_WANTED + CAME_WITH_PAIRS + " LIMIT 1").fetchone()
    return (
        wanted is None
        and db.execute("SELECT 1 FROM kept_pair AS pair LIMIT 1").fetchone() is not None
    )


def ask(db: Database, prompt_id: str) -> None:
    """Note that answers to a prompt are wanted, although it came with pairs."""
    meta.put(db, _ASKED + prompt_id, "1")


def ask_all(db: Database) -> None:
    """Note that answers to all prompts are wanted that came with pairs so far."""
    with immediate(db):
        for (prompt_id,) in db.execute(_ASK_ALL + CAME_WITH_PAIRS).fetchall():
            ask(db, prompt_id)
