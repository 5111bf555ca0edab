"""What an item's id covers, and whether the items of a file still are what their ids say.

The id of an item is the hash of its content (see docs/database.md for what that is in each
table), so a letter changed outside pairlab, or by a failing disk, can be found.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from sqlite_utils import Database

from store import ids
from store.errors import Damaged
from store.items import runs
from store.records import Message, Origin, Prompt

Row = tuple[Any, ...]

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "prompt": ("id", "messages", "category", "tags", "source", "external_id", "created_at"),
    "constitution": ("id", "name", "version", "language", "source", "created_at"),
    "run": (
        "id",
        "model",
        "model_sha256",
        "backend",
        "chat_template",
        "settings",
        "seed",
        "started_at",
    ),
    "generation": (
        "id",
        "run_id",
        "kind",
        "rendered",
        "settings",
        "seed",
        "text",
        "finish_reason",
        "prompt_tokens",
        "completion_tokens",
        "seconds",
        "attempt",
        "refused",
        "created_at",
        "reasoning",
    ),
    "candidate": (
        "id",
        "prompt_id",
        "origin",
        "text",
        "parent_id",
        "critique_id",
        "generation_id",
        "author",
        "round",
        "slot",
        "finish_reason",
        "created_at",
    ),
    "critique": (
        "id",
        "candidate_id",
        "round",
        "constitution_id",
        "principle_id",
        "text",
        "found",
        "generation_id",
        "created_at",
    ),
    "pair": (
        "id",
        "prompt_id",
        "a_id",
        "b_id",
        "kind",
        "external_id",
        "a_role",
        "b_role",
        "source",
        "created_at",
    ),
    "event": (
        "id",
        "replica",
        "seq",
        "lamport",
        "at",
        "annotator",
        "kind",
        "item",
        "phase",
        "value",
    ),
}
"""The tables that travel between files, in the order they are written, and their columns."""

ITEMS: Final = tuple(table for table in COLUMNS if table != "event")

_PAIRS = """
SELECT pair.id, pair.prompt_id, a.text, b.text, pair.external_id,
       a.prompt_id = pair.prompt_id AND b.prompt_id = pair.prompt_id
FROM pair LEFT JOIN candidate AS a ON a.id = pair.a_id LEFT JOIN candidate AS b ON b.id = pair.b_id
ORDER BY pair.position
"""


def there(connection: Any, table: str) -> list[str]:
    """The columns of a table by :data:`COLUMNS`; NULL for what an older file does not have."""
    found = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
    return [column if column in found else "NULL" for column in COLUMNS[table]]


def insert(db: Database, table: str, rows: Iterable[Row]) -> None:
    """Write rows of items that were looked at; call inside a transaction.

    Args:
        db: the project.
        table: one of :data:`ITEMS`.
        rows: by :data:`COLUMNS`.
    """
    columns = COLUMNS[table]
    if table == "prompt":
        columns = (*columns, "text")
        rows = ((*row, _readable(row)) for row in rows)
    marks = ", ".join("?" * len(columns))
    statement = ("INSERT INTO", table, "(", ", ".join(columns), ") VALUES (", marks, ")")
    db.conn.executemany(" ".join(statement), rows)


class Changed(NamedTuple):
    """An item that is not what its id says."""

    table: str
    id: str

    def __str__(self) -> str:
        return f"{self.table} {self.id[:12]}"


def changed(db: Database, tables: Iterable[str] = ITEMS) -> Iterator[Changed]:
    """The items whose content does not belong to their id; a second for some 50,000 rows."""
    for table in tables:
        if table == "pair":
            yield from _changed_pairs(db)
        elif table == "prompt":
            yield from _changed_prompts(db)
        else:
            columns = ", ".join(there(db.conn, table))
            for row in db.execute(f"SELECT {columns} FROM {table}"):  # noqa: S608 - names of ours
                if not belongs(table, row):
                    yield Changed(table, str(row[0]))


def must_be_unchanged(db: Database, otherwise: str) -> None:
    """Go on only where every item is what its id says.

    Args:
        db: a project.
        otherwise: the end of the message: what was kept, what to do.

    Raises:
        Damaged: names the first item that was changed, and says how many there are.
    """
    found = list(changed(db))
    if found:
        raise Damaged(f"{told(found)}; {otherwise}")


def told(found: list[Changed]) -> str:
    """Which items were changed, on one line."""
    more = f" and {len(found) - 1} more items do" if len(found) > 1 else " does"
    return f"The content of {found[0]}{more} not belong to its id: changed outside pairlab"


def belongs(table: str, row: Row) -> bool:
    """Whether id and content of a row, by :data:`COLUMNS`, belong together.

    A pair's id covers texts that are not in its row: see :func:`pair_belongs`.
    """
    try:
        return bool(row[0] == identity(table, row))
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError):
        return False


def identity(table: str, row: Row) -> str:
    """The id that a row's content must have; its first field is not looked at."""
    return _IDENTITY[table](row)


def pair_belongs(pair_id: str, prompt_id: str, a: str, b: str, external_id: str | None) -> bool:
    """Whether a pair's id is that of its prompt, both texts and the imported id."""
    return pair_id == ids.pair_id(prompt_id, a, b, external_id)


def _changed_pairs(db: Database) -> Iterator[Changed]:
    for pair_id, prompt_id, a, b, external_id, of_one_prompt in db.execute(_PAIRS):
        if not of_one_prompt or not pair_belongs(pair_id, prompt_id, a, b, external_id):
            yield Changed("pair", pair_id)


def _changed_prompts(db: Database) -> Iterator[Changed]:
    """The readable text is made from the messages, which the id covers."""
    for row in db.execute("SELECT id, messages, text FROM prompt ORDER BY position"):
        if not belongs("prompt", row) or row[2] != _readable(row):
            yield Changed("prompt", row[0])


def _readable(row: Row) -> str:
    turns = tuple(Message(turn["role"], turn["content"]) for turn in json.loads(row[1]))
    return Prompt(row[0], turns, "").text


def _prompt(row: Row) -> str:
    return ids.prompt_id(Message(turn["role"], turn["content"]) for turn in json.loads(row[1]))


def _constitution(row: Row) -> str:
    return hashlib.sha256(row[4].encode()).hexdigest()


def _run(row: Row) -> str:
    return ids.digest("run", row[1:])


def _generation(row: Row) -> str:
    return runs.generation_identity(row[1:])


def _candidate(row: Row) -> str:
    # The author of an imported text is the file it came in: the same text in a second file is
    # the same candidate.
    author = None if row[2] == Origin.IMPORTED else row[7]
    return ids.digest("candidate", [*row[1:7], author, *row[8:10]])


def _critique(row: Row) -> str:
    return ids.digest("critique", [*row[1:6], bool(row[6]), row[7]])


_IDENTITY: Final[dict[str, Callable[[Row], str]]] = {
    "prompt": _prompt,
    "constitution": _constitution,
    "run": _run,
    "generation": _generation,
    "candidate": _candidate,
    "critique": _critique,
}
