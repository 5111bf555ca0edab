"""Decisions: a person accepts, edits or rejects a revision."""

from __future__ import annotations

from typing import Any

from sqlite_utils import Database

from store import ids
from store.db.project_database import immediate
from store.errors import BadInput, WrongId
from store.items import candidates, pairs
from store.log import events
from store.records import Candidate, Choice, Decision, Origin

_SELECT = (
    "SELECT item, annotator, json_extract(value, '$.choice'),"
    " json_extract(value, '$.edited_id'), json_extract(value, '$.seconds'), event_id, at FROM head"
    " WHERE kind = 'decision'"
)
_KEPT = (
    " AND item IN (SELECT candidate.id FROM candidate"
    " JOIN kept_prompt ON kept_prompt.id = prompt_id)"
)
_IN_CHAIN = """ AND item IN (
    SELECT candidate_id FROM chain
    WHERE root_id = ?1 AND prompt_id = (SELECT prompt_id FROM candidate WHERE id = ?1)
) ORDER BY at, event_id"""
_WITHDRAWN = """
SELECT pair.id FROM kept_pair AS pair
JOIN candidate AS edited ON edited.id = iif(pair.a_role = 'edited', pair.a_id, pair.b_id)
WHERE pair.kind = 'edited' AND NOT EXISTS (
    -- the same text as a revision of the model's, or as an edit that still holds
    SELECT 1 FROM candidate AS same
    WHERE same.prompt_id = pair.prompt_id AND same.text = edited.text AND (
        same.origin = 'revision' OR EXISTS (
            SELECT 1 FROM head WHERE kind = 'decision' AND item = same.parent_id
                AND json_extract(value, '$.edited_id') = same.id))
)
UNION ALL
SELECT pair.id FROM pair WHERE pair.kind = 'chosen'
    AND EXISTS (SELECT 1 FROM sound_event WHERE kind = 'pairing' AND item = pair.id)
    AND NOT EXISTS (SELECT 1 FROM head WHERE kind = 'pairing' AND item = pair.id)
"""


def decide(
    db: Database,
    revision_id: str,
    annotator: str,
    choice: Choice | str,
    *,
    edited_text: str | None = None,
    seconds: float | None = None,
    at: str,
) -> Decision:
    """Record a decision; an edit adds the person's candidate and its pair with the original.

    An accepted revision gets its pair with the original where the chain has not made it.

    Args:
        db: the project.
        revision_id: whole id of the revision.
        annotator: who decides.
        choice: accept, edit or reject.
        edited_text: the person's own text; with an edit, and only then.
        seconds: time it took.
        at: UTC time, ISO-8601.

    Raises:
        WrongId: there is no such candidate, or it is no revision.
        BadInput: no such choice, an edit without a text, or a text without an edit.
    """
    wanted = _choice(choice)
    if (wanted is Choice.EDIT) != bool(edited_text and edited_text.strip()):
        raise BadInput("an edit needs the edited text, and only an edit has one")
    who = ids.name(annotator)
    with immediate(db):
        revision = candidates.get(db, revision_id)
        if revision.origin is not Origin.REVISION:
            raise WrongId(revision_id, "revision")
        edited_id = None if edited_text is None else _edit(db, revision, edited_text, who, at)
        if wanted is Choice.ACCEPT:
            _pair_with_original(db, revision, at)
        value: dict[str, Any] = {"choice": wanted.value}
        if edited_id is not None:
            value["edited_id"] = edited_id
        if seconds is not None:
            value["seconds"] = seconds
        event = events.append(db, "decision", revision_id, who, value, at=at)
    return Decision(revision_id, who, wanted, edited_id, seconds, event.id, at)


def of_revision(db: Database, revision_id: str) -> list[Decision]:
    """The current decisions of everybody on a revision, by annotator."""
    rows = db.execute(_SELECT + " AND item = ? ORDER BY annotator", [revision_id]).fetchall()
    return [_decision(row) for row in rows]


def of_chain(db: Database, original_id: str) -> list[Decision]:
    """The current decisions on any revision that goes back to an original, oldest first."""
    rows = db.execute(_SELECT + _IN_CHAIN, [original_id]).fetchall()
    return [_decision(row) for row in rows]


def ordered(db: Database) -> list[Decision]:
    """All current decisions but those on removed prompts, oldest first."""
    rows = db.execute(_SELECT + _KEPT + " ORDER BY at, event_id").fetchall()
    return [_decision(row) for row in rows]


def withdrawn_pairs(db: Database) -> set[str]:
    """Pairs made by an edit or by a key that nothing current stands behind (undone, decided anew).

    A pair belongs to its two texts: while somebody else's edit, or a revision of the model's,
    says the same, it stays.
    """
    return {str(row[0]) for row in db.execute(_WITHDRAWN).fetchall()}


def _choice(text: Choice | str) -> Choice:
    try:
        return Choice(text)
    except ValueError:
        raise BadInput(f"'{text}' is no decision; there are {', '.join(Choice)}") from None


def _edit(db: Database, revision: Candidate, text: str, annotator: str, at: str) -> str:
    edited_id = candidates.add_edited(db, revision, text, annotator, at)
    original = candidates.root(db, revision.id)
    if original.text != text:  # a pair of two equal texts has nothing to tell apart
        pairs.make_edited_pair(db, original.id, edited_id, at=at)
    return edited_id


def _pair_with_original(db: Database, revision: Candidate, at: str) -> None:
    """A chain makes its last revision's pair; an accepted earlier one has none before this."""
    original = candidates.root(db, revision.id)
    if original.text != revision.text:
        pairs.make_revision_pair(db, original.id, revision.id, at=at)


def _decision(row: tuple[Any, ...]) -> Decision:
    return Decision(row[0], row[1], Choice(row[2]), *row[3:])
