"""The annotation rules: Markdown, every version kept, the labels knowing which one they follow."""

from __future__ import annotations

import json
from typing import Any, Final

from sqlite_utils import Database

from store import ids
from store.db.project_database import immediate
from store.errors import BadInput, WrongId
from store.log import current_state, events
from store.records import Guideline, Verdict

_ITEM = "guideline"
_RIGHT: Final = {
    Verdict.A: "Answer a is right",
    Verdict.B: "Answer b is right",
    Verdict.TIE: "Both answers are equally good",
    Verdict.BOTH_BAD: "Neither answer may be used",
}


def add_version(db: Database, text: str, author: str, at: str) -> Guideline:
    """Make a text the guideline in force; the same text as before adds nothing.

    Raises:
        BadInput: the text is blank.
    """
    return _add(db, text, author, at, {})


def add_case(
    db: Database, pair_id: str, verdict: Verdict, why: str, author: str, at: str
) -> Guideline:
    """Add a worked case to the guideline in force: the right answer, the reason, the pair.

    Raises:
        WrongId: there is no such pair.
        BadInput: nothing is said about the case.
    """
    if not why.strip():
        raise BadInput("a case needs a sentence that says why it is right")
    with immediate(db):
        row = db.execute(
            "SELECT prompt, a, b FROM pairs_readable WHERE id = ?", [pair_id]
        ).fetchone()
        if row is None:
            raise WrongId(pair_id, "pair")
        before = current(db)
        example = "\n\n".join(
            _quoted(name, part)
            for name, part in zip(("Prompt", "Answer a", "Answer b"), row, strict=True)
        )
        body = f"### Case {pair_id[:8]}\n\n{_RIGHT[verdict]}: {why.strip()}\n\n{example}\n"
        whole = f"{before.text.rstrip()}\n\n{body}" if before is not None else body
        return _add(db, whole, author, at, {"case": pair_id})


def current(db: Database) -> Guideline | None:
    """The guideline in force, or None before there is one."""
    said = _said(db)
    if not said:
        return None
    return next(each for each in history(db) if each.id == said[-1][0]["id"])


def current_id(db: Database) -> str | None:
    """Id of the guideline in force; cheaper than the whole of it."""
    said = current_state.latest(db, "guideline", _ITEM)
    return None if said is None else str(said.value["id"])


def history(db: Database) -> list[Guideline]:
    """Every version, oldest first; a text that came back keeps its first number."""
    versions: dict[str, Guideline] = {}
    for value, author, at in _said(db):
        identity = value["id"]
        if identity not in versions:
            versions[identity] = Guideline(identity, len(versions) + 1, value["text"], author, at)
    return list(versions.values())


def cases(db: Database) -> list[str]:
    """Ids of the pairs that became cases of the guideline, oldest first."""
    return [str(value["case"]) for value, _, _ in _said(db) if value.get("case")]


def labels_under(db: Database) -> dict[str, int]:
    """How many first labels, everybody's, stand that were made under each version, by its id.

    Without those of sealed rounds: which version a label is of may tell whether it is a skip.
    """
    rows = db.execute(
        "SELECT guideline_id, count(*) FROM kept_label AS label_head"
        " WHERE phase = 'first' AND guideline_id IS NOT NULL"
        "  AND pair_id NOT IN (SELECT pair_id FROM sealed_pair) GROUP BY guideline_id"
    ).fetchall()
    return dict(rows)


def _add(db: Database, text: str, author: str, at: str, extra: dict[str, str]) -> Guideline:
    if not text.strip():
        raise BadInput("the guideline is blank; the one in force was kept")
    identity = ids.digest("guideline", text)
    with immediate(db):
        if current_id(db) != identity:
            value = {"id": identity, "text": text, **extra}
            events.append(db, "guideline", _ITEM, author, value, at=at)
        added = current(db)
    assert added is not None
    return added


def _said(db: Database) -> list[tuple[dict[str, Any], str, str]]:
    rows = db.execute(
        "SELECT value, annotator, at FROM sound_event WHERE kind = 'guideline' AND item = ?"
        " ORDER BY lamport, replica, seq",
        [_ITEM],
    ).fetchall()
    return [(json.loads(value), author, at) for value, author, at in rows]


def _quoted(name: str, text: str) -> str:
    lines = f"{name}: {text.strip()}".splitlines()
    return "\n".join(f"> {line}".rstrip() for line in lines)
