"""Texts that somebody is writing and has not kept yet, so that no way of ending the app loses them.

They are of this file alone: no export, no merge and no other annotator's screen reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from sqlite_utils import Database

from store import ids
from store.db.project_database import immediate


class DraftKind(StrEnum):
    """What the text will be once it is kept."""

    EDIT = "edit"
    """Of a revision."""
    OWN = "own answer"
    """Beside a model's."""
    CORRECTION = "correction"
    """Of an answer of a pair."""
    CORRECTED = "corrected"
    """The same, finished: it waits for the end of a sealed round."""
    NOTE = "note"
    """On an item."""
    REASON = "reason"
    """Of a ruling on a pair."""
    CASE = "case"
    """A pair as an example of the guideline."""
    GUIDELINE = "guideline"
    """Its next version; of no item."""


class DraftPlace(NamedTuple):
    """What a draft belongs to."""

    kind: DraftKind
    item: str = ""
    """Id of the revision, pair or other item; of a correction, pair and answer."""


class Draft(NamedTuple):
    """An unfinished text."""

    text: str
    at: str
    """When it was last written to, UTC, ISO-8601."""


def save(db: Database, annotator: str, changes: Mapping[DraftPlace, Draft | None]) -> None:
    """Store drafts in place of the earlier ones; None forgets one: it was kept, or is unwanted."""
    who = ids.name(annotator)
    with immediate(db):
        for place, draft in changes.items():
            db.execute(
                "DELETE FROM draft WHERE annotator = ? AND kind = ? AND item = ?",
                [who, place.kind.value, place.item],
            )
            if draft is not None:
                row = [who, place.kind.value, place.item, draft.text, draft.at]
                db.execute(
                    "INSERT INTO draft (annotator, kind, item, text, at, seal)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    [*row, ids.seal(row)],
                )


def of(db: Database, annotator: str) -> dict[DraftPlace, Draft]:
    """Every draft of an annotator."""
    rows = db.execute(
        "SELECT kind, item, text, at FROM draft WHERE annotator = ?", [ids.name(annotator)]
    ).fetchall()
    return {DraftPlace(DraftKind(kind), item): Draft(text, at) for kind, item, text, at in rows}
