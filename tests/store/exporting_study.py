"""Pairs decided one way or another, for the tests of the export."""

from __future__ import annotations

from sqlite_utils import Database

from store.exporting import ExportOptions, ExportPlan, plan
from store.items import candidates, pairs, prompts
from store.judgements import labels
from store.records import Candidate, Message, Origin
from tests.store.building import AT

Turns = str | list[Message]


def pair(
    db: Database,
    prompt: Turns,
    a: str = "a good answer",
    b: str = "a poor answer",
    *,
    category: str = "helpful",
    external_id: str | None = None,
    cut_off: bool = False,
) -> str:
    messages = [Message("user", prompt)] if isinstance(prompt, str) else prompt
    prompt_id, _ = prompts.add(db, messages, category=category, source="test", at=AT)
    a_id, b_id = (
        candidates.add(
            db,
            Candidate(
                prompt_id=prompt_id,
                origin=Origin.IMPORTED,
                text=text,
                finish_reason="length" if cut_off and text == b else None,
                created_at=AT,
            ),
        )
        for text in (a, b)
    )
    return pairs.add(
        db, prompt_id, a_id, b_id, "imported", external_id=external_id, source="test", at=AT
    )[0]


def labelled(db: Database, prompt: Turns, a: str = "good one", b: str = "poor one", **kw) -> str:
    made = pair(db, prompt, a, b, **kw)
    labels.give(db, made, "ann", "a", at=AT)
    return made


def planned(db: Database, count_tokens=None, **options) -> ExportPlan:
    if "allow" in options:
        options["allow"] = frozenset(options["allow"])
    return plan(db, ExportOptions(**options), count_tokens)


def reason_of(db: Database, pair_id: str, **options) -> str | None:
    """Why a pair stays, or None when it goes out."""
    made = planned(db, **options)
    found = [reason for reason, ids in made.excluded.items() if pair_id in ids]
    assert len(found) + (pair_id in {row.pair.id for row in made.rows}) == 1
    return found[0] if found else None
