"""What is done to many rows of mode B at once, each in one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlite_utils import Database

from store import ids
from store.db.project_database import immediate
from store.exporting import preview
from store.items import removal
from store.items.removal import Concerned
from store.judgements import labels
from store.log import current_state
from store.views.query import SearchTarget

_PAIRS_OF: Final = {
    SearchTarget.PAIR: "pair.id IN (SELECT value FROM json_each(:items))",
    SearchTarget.PROMPT: "pair.prompt_id IN (SELECT value FROM json_each(:items))",
    SearchTarget.ANSWER: (
        "(pair.a_id IN (SELECT value FROM json_each(:items))"
        " OR pair.b_id IN (SELECT value FROM json_each(:items)))"
    ),
}


class Flagged(NamedTuple):
    """What flagging several items came to."""

    number: int
    """Items whose flag has changed."""
    on: bool


def pairs_of(db: Database, kind: SearchTarget, items: Sequence[str]) -> list[str]:
    """The pairs among some items, or those of the prompts or answers, in project order."""
    rows = db.execute(
        f"SELECT id FROM pair WHERE {_PAIRS_OF[kind]} ORDER BY position",
        {"items": json.dumps(list(items))},
    )
    return [str(row[0]) for row in rows]


def to_export(db: Database, pair_ids: Sequence[str], viewer: str) -> tuple[list[str], int]:
    """Those that may be exported by themselves, and how many may not.

    What becomes of a few pairs tells what others chose on them: those that are closed to the
    viewer go out with all others only.
    """
    hidden = preview.closed(db, viewer)
    kept = [each for each in pair_ids if each not in hidden]
    return kept, len(pair_ids) - len(kept)


def flag(db: Database, items: Sequence[str], annotator: str, *, at: str) -> Flagged:
    """Flag all of them; where all have this annotator's flag, take it back."""
    who = ids.name(annotator)
    with immediate(db):
        stand = [
            bool((current_state.value(db, current_state.Cell("flag", i, who, "")) or {}).get("on"))
            for i in items
        ]
        on = not all(stand)
        changed = [item for item, stands in zip(items, stand, strict=True) if stands is not on]
        for item in changed:
            labels.flag(db, item, annotator, on, at)
    return Flagged(len(changed), on)


class Removing(NamedTuple):
    """What a removal, or bringing back, of some items would concern."""

    items: tuple[str, ...]
    back: bool
    """All of them are out: they are brought back."""
    concerned: Concerned


def removing(db: Database, items: Sequence[str]) -> Removing:
    """What removing some prompts and pairs means; where all are out, what bringing back does."""
    out = removal.changing(db, items, removed=True)
    found = out or list(items)
    return Removing(tuple(found), not out, removal.concerned(db, found))


def remove(db: Database, asked: Removing, annotator: str, *, at: str) -> None:
    """Take the items out, or bring them back."""
    (removal.bring_back if asked.back else removal.remove)(db, asked.items, annotator, at=at)
