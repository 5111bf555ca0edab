"""What ``new --starter`` puts into a project: the shipped prompts, constitutions, guideline."""

from __future__ import annotations

import json
from typing import NamedTuple

import constitutions as shipped
from engine.method import baits, constitution
from store.db.project_database import immediate
from store.db.sqlite import Database
from store.items import baits as bait_prompts
from store.items import constitutions, prompts
from store.items.baits import Form
from store.judgements import guidelines
from store.records import Message, StoredConstitution


class Added(NamedTuple):
    """How many of each are new in the project."""

    prompts: int
    constitutions: int


def add_starter(db: Database, *, author: str, at: str) -> Added:
    """Add the starter set in one transaction; what is there already is not added twice."""
    new_prompts = new_constitutions = 0
    with immediate(db):
        for line in shipped.STARTER.read_text("utf-8").splitlines():
            row = json.loads(line)
            _, is_new = prompts.add(
                db,
                [Message("user", row["prompt"])],
                category=row["category"],
                tags=tuple(row.get("tags", ())),
                source="starter",
                external_id=row.get("id"),
                at=at,
            )
            new_prompts += is_new
        _link_baits(db, author, at)
        for name in constitution.shipped_names():
            text = constitution.shipped(name)
            constitutions.add(
                db,
                StoredConstitution(
                    name=text.name,
                    version=text.version,
                    language=text.language,
                    source=text.source,
                    created_at=at,
                ),
            )
            new_constitutions += 1
        if guidelines.current(db) is None:
            guidelines.add_version(db, shipped.GUIDELINE.read_text("utf-8"), author, at=at)
    return Added(new_prompts, new_constitutions)


def _link_baits(db: Database, author: str, at: str) -> None:
    """Say of the prompts just added which of them are forms of the shipped questions.

    So `check` knows the user's wrong opinion in them, and the flip test asks them as they are.
    """
    for bait in baits.load():
        for form, whole in ((Form.WRONG, bait.wrong_prompt), (Form.RIGHT, bait.right_prompt)):
            if whole is not None:
                bait_prompts.add(db, bait, form, baits.asked(bait, form), None, author, at=at)
