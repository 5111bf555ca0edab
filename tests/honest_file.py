"""A small project that is right in every part: what others are changed from."""

from __future__ import annotations

from pathlib import Path

from store.db import connection, replica
from store.items import candidates, constitutions, critiques, pairs, prompts
from store.judgements import decisions, guidelines, labels, settings
from store.records import Candidate, Critique, Message, Origin, StoredConstitution
from tests.hostile_files import AT, Ids


def make(path: Path) -> Ids:
    """Labels of two people, a chain, a decision, a guideline and a setting; one file, closed."""
    db = connection.create(path, seed="1", at=AT)
    one, two = (
        prompts.add(db, [Message("user", f"why {n}?")], category="c", source="s", at=AT)[0]
        for n in range(2)
    )
    made = []
    for prompt in (one, two):
        a, b = (
            candidates.add(
                db, Candidate(prompt_id=prompt, origin=Origin.IMPORTED, text=text, created_at=AT)
            )
            for text in (f"because of {prompt}", f"so of {prompt}")
        )
        made.append((pairs.add(db, prompt, a, b, "imported", source="s", at=AT)[0], a))
    law = constitutions.add(
        db,
        StoredConstitution(
            name="short", version="1", language="en", source="name = 'short'", created_at=AT
        ),
    )
    original = candidates.add(
        db, Candidate(prompt_id=one, origin=Origin.PROPOSED, text="long", created_at=AT)
    )
    critique = critiques.add(
        db,
        Critique(
            candidate_id=original,
            round=1,
            constitution_id=law,
            principle_id="C1",
            text="too long",
            found=True,
            created_at=AT,
        ),
    )
    revision = candidates.add(
        db,
        Candidate(
            prompt_id=one,
            origin=Origin.REVISION,
            text="short",
            parent_id=original,
            critique_id=critique,
            round=1,
            created_at=AT,
        ),
    )
    for pair, _ in made:
        labels.give(db, pair, "ann", "a", at=AT)
        labels.give(db, pair, "bob", "a", at=AT)
    decisions.decide(db, revision, "ann", "accept", at=AT)
    guidelines.add_version(db, "Be fair.", "ann", AT)
    settings.set(db, "repeats", 5, "ann", AT)
    ids = Ids(
        pair=made[0][0],
        prompt=one,
        candidate=made[0][1],
        other_candidate=made[1][1],
        revision=revision,
        replica=replica.current(db),
    )
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return ids
