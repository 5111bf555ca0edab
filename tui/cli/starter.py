"""What ``new --starter`` puts into a project: the shipped prompts, constitutions, guideline."""

from __future__ import annotations

import json
from typing import NamedTuple

import constitutions as shipped
from engine.method import constitution
from store.db.project_database import immediate
from store.db.sqlite import Database
from store.items import constitutions, prompts
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
