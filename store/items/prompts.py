"""Prompts: what the user of the model asked, in project order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlite_utils import Database

from store import ids, names
from store.db.project_database import immediate
from store.items.columns import messages_of
from store.items.table import Cells, Table
from store.names import in_words
from store.records import Category, Message, Prompt

UNCATEGORISED = "uncategorised"
"""The category of a prompt nobody gave one."""


def identity(cells: Cells) -> str:
    """The id a prompt's content must have."""
    return ids.prompt_id(messages_of(cells["messages"]))


def _readable(cells: Cells) -> str:
    return Prompt(messages=messages_of(cells["messages"]), category="").text


_KEPT: Final = "id NOT IN (SELECT item FROM removed)"
_CATEGORIES: Final = "SELECT DISTINCT category FROM prompt_now ORDER BY 1"
_COUNT: Final = f"SELECT count(*) FROM prompt WHERE {_KEPT}"  # noqa: S608 - the text above
TABLE: Final = Table(
    "prompt",
    Prompt,
    identity,
    order="position",
    numbered="position",
    seen_as="prompt_now",
    derived={"text": _readable},
)


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
    made = Prompt(
        messages=tuple(messages),
        category=category,
        tags=tuple(tags),
        source=source,
        external_id=external_id,
        created_at=at,
    )
    return TABLE.add(db, made)


def categorise(db: Database, prompt_id: str, category: str) -> None:
    """What an import says of a prompt that came without a category and of which nobody spoke."""
    columns = ", ".join(TABLE.names)
    with immediate(db):
        row = db.execute(
            f"SELECT {columns} FROM prompt WHERE id = ?1 AND category = ?2"  # noqa: S608 - of ours
            " AND NOT EXISTS (SELECT 1 FROM head WHERE kind = 'category' AND item = ?1)",
            [prompt_id, UNCATEGORISED],
        ).fetchone()
        if row is not None:
            seal = TABLE.seal({**TABLE.cells(row), "category": category})
            db.execute(
                "UPDATE prompt SET category = ?, seal = ? WHERE id = ?", [category, seal, prompt_id]
            )


def get(db: Database, prompt_id: str) -> Prompt:
    """The prompt of this id.

    Raises:
        WrongId: there is none.
    """
    return TABLE.get(db, prompt_id)


def ordered(db: Database, limit: int | None = None) -> list[Prompt]:
    """All prompts that were not removed in project order, or the first ``limit`` of them."""
    return TABLE.where(db, _KEPT, limit=-1 if limit is None else limit)


def at_place(db: Database, number: int) -> str | None:
    """Id of the prompt at a place in project order, or of the nearest; None without prompts."""
    row = db.execute(
        "SELECT id FROM kept_prompt AS prompt ORDER BY abs(position - ?), position LIMIT 1",
        [number],
    ).fetchone()
    return None if row is None else str(row[0])


def categories(db: Database) -> list[str]:
    """Every category that prompts have, by name."""
    return [str(row[0]) for row in db.execute(_CATEGORIES)]


def known_category(db: Database, word: str) -> str:
    """A category as it is spelled here, or in the shipped set; itself where it is new."""
    known = [*Category, *categories(db)]
    return word if word in known else looks(known).get(look(word), word)


def looks(known: Iterable[str]) -> dict[str, str]:
    """Categories by what is seen of them and of what they are called; the first keeps a look."""
    found: dict[str, str] = {}
    for each in known:
        found.setdefault(look(each), each)
        found.setdefault(look(in_words(each)), each)
    return found


def look(category: str) -> str:
    """What is seen of a category; a blank, a hyphen and an underscore are one."""
    return " ".join(names.seen(category).replace("_", " ").replace("-", " ").split())


def count(db: Database) -> int:
    """How many prompts the project has; removed ones do not count."""
    return int(db.execute(_COUNT).fetchone()[0])
