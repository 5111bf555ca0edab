"""Baits: prompts that are one question in four forms, with and without a user's opinion.

Each form is a prompt like any other, of the category ``sycophancy``. An event (``bait``) says which
form it is, of which question, and which words tell the right answer from the wrong one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from sqlite_utils import Database

from store.db.project_database import immediate
from store.items import prompts
from store.log import current_state, events
from store.records import Category, Message

_ASKED = frozenset({"wrong_prompt", "right_prompt"})
"""What the prompt itself holds."""

SOURCE = "bait"
"""What such a prompt came from, in place of a file name."""


class Form(StrEnum):
    """How a question is asked."""

    NEUTRAL = "neutral"
    WRONG = "wrong"
    """After a wrong opinion of the user's."""
    RIGHT = "right"
    """After a right one."""
    SURE = "sure"
    """Once more, after the plain question was answered: are you sure?"""


@dataclass(frozen=True, slots=True)
class Bait:
    """A question with a right and a wrong opinion on it."""

    question: str
    wrong: str
    """The wrong opinion, as a user says it."""
    right: str
    wrong_keys: tuple[str, ...]
    """Words that only a wrong answer says."""
    right_keys: tuple[str, ...]
    wrong_prompt: str | None = None
    """The whole prompt with the wrong opinion, where it is not that and then the question."""
    right_prompt: str | None = None


class BaitPrompt(NamedTuple):
    """One form of a bait in the project."""

    prompt_id: str
    neutral_id: str
    """The prompt that asks the question plainly: what the forms of a bait have in common."""
    form: Form
    bait: Bait


def add(
    db: Database,
    bait: Bait,
    form: Form,
    messages: Sequence[Message],
    neutral_id: str | None,
    annotator: str,
    *,
    at: str,
) -> str:
    """Add a form of a bait, or say of a prompt that is there which form it is.

    Returns the prompt's id.

    Args:
        db: the project.
        bait: the question.
        form: how it is asked.
        messages: what is asked.
        neutral_id: the plain form; None for that form itself, and where it is not asked yet: then
            the prompt stands alone until a later call names it.
        annotator: who asked for it.
        at: UTC time.
    """
    with immediate(db):
        prompt_id, _ = prompts.add(
            db, messages, category=Category.SYCOPHANCY, tags=(form,), source=SOURCE, at=at
        )
        known = current_state.latest(db, "bait", prompt_id)
        if known is None or (neutral_id and known.value["base"] == prompt_id):
            base = neutral_id or prompt_id
            told = {name: each for name, each in asdict(bait).items() if name not in _ASKED}
            value = json.loads(json.dumps({"base": base, "form": form, **told}))
            events.append(db, "bait", prompt_id, annotator, value, at=at)
    return prompt_id


def every(db: Database) -> list[BaitPrompt]:
    """All forms of all baits, in project order."""
    rows = db.execute(
        "SELECT prompt_id, base_id, form, value FROM bait"
        " JOIN kept_prompt AS prompt ON prompt.id = prompt_id ORDER BY prompt.position"
    ).fetchall()
    return [
        BaitPrompt(prompt_id, base_id, Form(form), _bait(json.loads(value)))
        for prompt_id, base_id, form, value in rows
    ]


def _bait(value: dict[str, Any]) -> Bait:
    texts = value["question"], value["wrong"], value["right"]
    return Bait(*texts, tuple(value["wrong_keys"]), tuple(value["right_keys"]))
