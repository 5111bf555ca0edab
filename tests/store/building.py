"""Small projects for the tests of the store's item side."""

from __future__ import annotations

from typing import NamedTuple

from sqlite_utils import Database

from store.items import candidates, constitutions, critiques, prompts
from store.records import Candidate, Critique, Message, Origin, StoredConstitution

AT = "2026-01-02T03:04:05.678Z"


class Made(NamedTuple):
    prompt: str
    original: str
    revisions: list[str]


def a_prompt(db: Database, text: str = "what is a pipe?", category: str = "helpful") -> str:
    return prompts.add(db, [Message("user", text)], category=category, source="test", at=AT)[0]


def a_candidate(db: Database, prompt: str, text: str = "a tube", slot: int = 0) -> str:
    return candidates.add(
        db,
        Candidate(
            prompt_id=prompt,
            origin=Origin.PROPOSED,
            text=text,
            author="m",
            slot=slot,
            created_at=AT,
        ),
    )


def a_critique(db: Database, candidate: str, number: int = 1, *, found: bool = True) -> str:
    constitution = constitutions.add(
        db,
        StoredConstitution(
            name="short", version="1", language="en", source="name = 'short'", created_at=AT
        ),
    )
    return critiques.add(
        db,
        Critique(
            candidate_id=candidate,
            round=number,
            constitution_id=constitution,
            principle_id="C1",
            text=f"too long ({number})" if found else "nothing",
            found=found,
            created_at=AT,
        ),
    )


def a_revision(db: Database, critique: str, text: str, at: str = AT) -> str:
    criticised = critiques.get(db, critique)
    parent = candidates.get(db, criticised.candidate_id)
    return candidates.add(
        db,
        Candidate(
            prompt_id=parent.prompt_id,
            origin=Origin.REVISION,
            text=text,
            parent_id=parent.id,
            critique_id=critique,
            author="m",
            round=criticised.round,
            slot=parent.slot,
            created_at=at,
        ),
    )


def a_chain(db: Database, text: str = "what is a pipe?", *, rounds: int = 1, slot: int = 0) -> Made:
    prompt = a_prompt(db, text)
    original = here = a_candidate(db, prompt, f"answer to {text}", slot)
    revisions = []
    for n in range(1, rounds + 1):
        here = a_revision(db, a_critique(db, here, n), f"better answer {n} to {text}")
        revisions.append(here)
    return Made(prompt, original, revisions)
