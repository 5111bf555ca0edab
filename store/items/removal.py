"""Taking prompts and pairs out of a project again, and bringing them back.

An event (``removed``) for each item; nothing is deleted. The views of :mod:`store.db.views` that
begin with ``kept_`` leave out what was removed, so that it is in no queue, figure or export.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlite_utils import Database

from store import find, ids
from store.db.project_database import immediate
from store.errors import BadInput
from store.items import purged
from store.log import events
from store.names import hint

_UNDO: Final = "was removed here; bring it back with: pairlab remove --undo ID"
_OF_IMPORT: Final = """
SELECT id FROM prompt WHERE source = :name AND NOT EXISTS (
    SELECT 1 FROM pair WHERE prompt_id = prompt.id AND kind = 'imported' AND source <> :name
) AND (EXISTS (SELECT 1 FROM removed WHERE item = prompt.id)) = :removed
UNION ALL
SELECT pair.id FROM pair JOIN prompt ON prompt.id = prompt_id
WHERE pair.source = :name AND (prompt.source <> :name OR EXISTS (
    SELECT 1 FROM pair AS other
    WHERE other.prompt_id = prompt.id AND other.kind = 'imported' AND other.source <> :name
)) AND (EXISTS (SELECT 1 FROM removed WHERE item = pair.id)) = :removed
"""
_SOURCES: Final = "SELECT source FROM prompt UNION SELECT source FROM pair ORDER BY 1"
_CONCERNED: Final = """
WITH item AS MATERIALIZED (SELECT value AS id FROM json_each(?)), concerned AS MATERIALIZED (
    SELECT id FROM pair WHERE id IN (SELECT id FROM item)
    UNION SELECT id FROM pair WHERE prompt_id IN (SELECT id FROM item)
)
SELECT (SELECT count(*) FROM prompt WHERE id IN (SELECT id FROM item)),
       (SELECT count(*) FROM concerned),
       (SELECT count(*) FROM label_head WHERE pair_id IN (SELECT id FROM concerned))
"""


class Concerned(NamedTuple):
    """What a removal takes along, or brings back."""

    prompts: int
    pairs: int
    """Those of the prompts too."""
    labels: int
    """Current labels on these pairs, in all phases, of people, models and files."""


class Removal(NamedTuple):
    """Who took an item out, and when."""

    item: str
    """The prompt or pair that was named."""
    by: str
    at: str


def of_import(db: Database, name: str, *, removed: bool = False) -> list[str]:
    """The prompts that an import brought, and its pairs on prompts that others brought pairs for.

    Args:
        db: the project.
        name: of the imported file, as ``show`` tells it.
        removed: those that were removed, in place of those that were not.

    Raises:
        BadInput: nothing came from there.
    """
    known = [str(row[0]) for row in db.execute(_SOURCES)]
    if name not in known:
        raise BadInput(f"nothing was imported from '{name}'{hint(name, known)}")
    return [str(row[0]) for row in db.execute(_OF_IMPORT, {"name": name, "removed": removed})]


def named(db: Database, texts: Sequence[str]) -> list[str]:
    """The whole ids of prompts and pairs that ids, beginnings of ids or imported ids name.

    Raises:
        WrongId: one names nothing, or several items.
        BadInput: one names an answer.
    """
    found = [find.anything(db, text) for text in texts]
    for text, each in zip(texts, found, strict=True):
        if each.kind == "candidate":
            raise BadInput(f"{text} is an answer; only prompts and pairs are removed")
    return list(dict.fromkeys(each.id for each in found))


def prompts_of(db: Database, texts: Sequence[str]) -> list[str]:
    """The prompts that ids of prompts, pairs or answers lead to, but for those purged already.

    Raises:
        WrongId: one names nothing, or several items.
    """
    found = dict.fromkeys(
        db.execute(
            "SELECT coalesce((SELECT prompt_id FROM pair WHERE id = ?1),"
            " (SELECT prompt_id FROM candidate WHERE id = ?1), ?1)",
            [find.anything(db, text).id],
        ).fetchone()[0]
        for text in texts
    )
    gone = {*purged.here(db)}
    return [str(each) for each in found if each not in gone]


def changing(db: Database, items: Sequence[str], *, removed: bool) -> list[str]:
    """Those of some prompts and pairs that a removal, or its undoing, would change."""
    out = {str(row[0]) for row in db.execute("SELECT item FROM removed")}
    return [item for item in items if (item in out) != removed]


def concerned(db: Database, items: Sequence[str]) -> Concerned:
    """What goes, or comes back, with some prompts and pairs."""
    return Concerned(*db.execute(_CONCERNED, [json.dumps(list(items))]).fetchone())


def remove(db: Database, items: Sequence[str], annotator: str, *, at: str) -> list[str]:
    """Take prompts (with all their pairs) and pairs out; what is out already is left.

    Returns:
        The items that were in before.
    """
    return _say(db, items, annotator, on=True, at=at)


def bring_back(db: Database, items: Sequence[str], annotator: str, *, at: str) -> list[str]:
    """Bring back what was removed, whoever did it. A pair that went with its prompt stays out.

    Returns:
        The items that were out before.

    Raises:
        BadInput: the texts of one were purged.
    """
    if gone := sorted({*purged.here(db)} & {*items}):
        raise BadInput(f"{gone[0][:12]} was purged: its texts are gone; nothing was brought back")
    return _say(db, items, annotator, on=False, at=at)


def why_closed(db: Database, pair_id: str) -> str | None:
    """What became of a pair that takes no label, and what to do; None where it takes one."""
    if of_item(db, pair_id) is None:
        return None
    row = db.execute("SELECT prompt_id FROM pair WHERE id = ?", [pair_id]).fetchone()
    gone = row is not None and row[0] in purged.here(db)
    return "was purged here, for good" if gone else _UNDO


def of_item(db: Database, item: str) -> Removal | None:
    """Whether a prompt or a pair is out, by its own removal or with its prompt."""
    row: Any = db.execute(
        "SELECT item, annotator, at FROM removed"
        " WHERE item IN (?1, (SELECT prompt_id FROM pair WHERE id = ?1)) ORDER BY item = ?1 DESC",
        [item],
    ).fetchone()
    return None if row is None else Removal(*row)


def _say(db: Database, items: Sequence[str], annotator: str, *, on: bool, at: str) -> list[str]:
    who = ids.name(annotator)
    with immediate(db):
        changed = changing(db, items, removed=on)
        for item in changed:
            events.append(db, "removed", item, who, {"on": on}, at=at)
    return changed
