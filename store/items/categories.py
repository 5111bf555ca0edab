"""What people say a prompt's category is: an event for each change, the last one stands.

What a prompt came with stays in its row. ``prompt_now`` of :mod:`store.db.views` is the rule that
says which of all this stands; whatever asks for a category asks that view.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlite_utils import Database

from store import ids
from store.db.project_database import immediate
from store.errors import BadInput
from store.items import prompts
from store.log import events

CATEGORY_MAX: Final = 40
"""Characters of a category that a person gives."""
_STANDS: Final = "SELECT id, category FROM prompt_now WHERE id IN (SELECT value FROM json_each(?))"
_SAID: Final = """
SELECT annotator, at, json_extract(value, '$.category'), json_extract(value, '$.from'),
       json_extract(value, '$.undoes') IS NOT NULL
FROM sound_event WHERE kind = 'category' AND item = ? ORDER BY lamport, replica, seq
"""


class CategoryChange(NamedTuple):
    """One word on a prompt's category."""

    by: str
    at: str
    category: str | None
    """None where an undo left nothing of this annotator's."""
    was: str | None
    """What stood when it was said."""
    undo: bool


def meant(db: Database, text: str) -> str:
    """The category that was typed, as it is spelled here.

    Raises:
        BadInput: it is no word for a category.
    """
    word = prompts.known_category(db, "_".join(text.split()))
    if not word.isprintable() or not 0 < len(word) <= CATEGORY_MAX:
        raise BadInput(f"a category is a word or a few, at most {CATEGORY_MAX} characters")
    return word


def change(
    db: Database, prompt_ids: Sequence[str], category: str, annotator: str, *, at: str
) -> list[str]:
    """Say what the category of some prompts is.

    Returns:
        The prompts that had another one.

    Raises:
        BadInput: it is no word for a category.
    """
    word = meant(db, category)
    who = ids.name(annotator)
    with immediate(db):
        stands = dict(db.execute(_STANDS, [json.dumps(list(prompt_ids))]).fetchall())
        changed = [each for each in dict.fromkeys(prompt_ids) if stands[each] != word]
        for each in changed:
            value = {"category": word, "from": stands[each]}
            events.append(db, "category", each, who, value, at=at)
    return changed


def history(db: Database, prompt_id: str) -> list[CategoryChange]:
    """All that was said, in the order in which it counts."""
    rows = db.execute(_SAID, [prompt_id]).fetchall()
    return [
        CategoryChange(by, when, category, was, bool(undo))
        for by, when, category, was, undo in rows
    ]
