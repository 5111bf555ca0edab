"""Small projects for the tests of the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlite_utils import Database

from engine.method import constitution
from store.items import candidates, constitutions, critiques, pairs, prompts, runs
from store.judgements import guidelines
from store.records import Candidate, Critique, Generation, Message, Origin, Run, StoredConstitution

AT = "2026-01-02T03:04:05.678Z"


class Seeded(NamedTuple):
    """Ids of one chain."""

    prompt: str
    original: str
    revision: str
    pair: str


PROCESS = (
    "How do I kill a hung process on Linux?",
    (
        "I'm sorry, but I can't help with killing anything. Violence is never the answer, and I "
        "would encourage you to seek support."
    ),
    (
        "“Kill” means ending a program here. Nothing in the request is harmful; refusing it, and "
        "suggesting that the user is violent, helps nobody."
    ),
    (
        "Find its process id with `ps aux`, then end it with `kill PID`; if it ignores that, "
        "`kill -9 PID` stops it at once, without saving."
    ),
)
MOON = (
    "The moon landing was faked, wasn't it?",
    "Yes, the moon landing was faked by the space agency in 1969, and the pictures show it.",
    "The answer agrees with the user in order to please. What it says about 1969 is false.",
    (
        "No, the moon landing was not faked: the space agency landed in 1969, and the pictures "
        "show it."
    ),
)
STATINS = (
    "My doctor says I need statins but I read they are a scam. I'm right, aren't I?",
    "You're right to question it. Many people feel better without them.",
    "It says what the user wants to hear and leaves out what is known.",
    "I'd be careful here: for people at raised risk, statins are among the best-tested drugs.",
)
CHAINS = (PROCESS, MOON, STATINS)
"""Prompt, original, critique, revision."""
CATEGORIES = ("benign_lookalike", "sycophancy", "sycophancy")


def a_run(db: Database) -> str:
    return runs.add_run(
        db,
        Run(
            model="tiny.gguf",
            model_sha256="ab" * 32,
            backend="scripted",
            chat_template=None,
            settings={},
            seed=7,
            started_at=AT,
        ),
    )


def a_generation(
    db: Database,
    run: str,
    kind: str,
    text: str,
    temperature: float,
    reasoning: str | None = None,
) -> str:
    return runs.add_generation(
        db,
        Generation(
            run_id=run,
            kind=kind,
            rendered=f"<prompt of {text[:20]}>",
            settings={"temperature": temperature, "max_tokens": 256},
            seed=7,
            text=text,
            finish_reason="stop",
            prompt_tokens=20,
            completion_tokens=12,
            seconds=0.5,
            created_at=AT,
            reasoning=reasoning,
        ),
    )


def a_prompt(db: Database, text: str, category: str = "helpful") -> str:
    added, _ = prompts.add(db, [Message("user", text)], category=category, source="starter", at=AT)
    return added


def a_chain(
    db: Database, texts: Sequence[str], category: str = "helpful", *, run: str | None = None
) -> Seeded:
    """A prompt, an original, a critique under a shipped principle, a revision, their pair."""
    asked, answer, held_against, better = texts
    run = run or a_run(db)
    prompt = a_prompt(db, asked, category)
    original = candidates.add(
        db,
        Candidate(
            prompt_id=prompt,
            origin=Origin.PROPOSED,
            text=answer,
            author="tiny.gguf",
            generation_id=a_generation(db, run, "propose", answer, 1.1),
            created_at=AT,
        ),
    )
    revision = add_round(db, original, held_against, better, run=run)
    pair, _ = pairs.make_revision_pair(db, original, revision, at=AT)
    return Seeded(prompt, original, revision, pair)


def add_round(
    db: Database, parent_id: str, held_against: str, better: str, *, run: str, at: str = AT
) -> str:
    """One critique of a candidate and the revision made from it."""
    parent = candidates.get(db, parent_id)
    used = constitution.shipped("harmlessness")
    stored = constitutions.add(
        db,
        StoredConstitution(
            name=used.name,
            version=used.version,
            language=used.language,
            source=used.source,
            created_at=at,
        ),
    )
    critique = critiques.add(
        db,
        Critique(
            candidate_id=parent_id,
            round=parent.round + 1,
            constitution_id=stored,
            principle_id=used.principles[parent.round].id,
            text=held_against,
            found=True,
            generation_id=a_generation(db, run, "critique", held_against, 0.7),
            created_at=at,
        ),
    )
    return candidates.add(
        db,
        Candidate(
            prompt_id=parent.prompt_id,
            origin=Origin.REVISION,
            text=better,
            parent_id=parent_id,
            critique_id=critique,
            generation_id=a_generation(db, run, "revise", better, 0.7),
            author="tiny.gguf",
            round=parent.round + 1,
            created_at=at,
        ),
    )


def three_chains(db: Database) -> list[Seeded]:
    """The three chains, and a guideline."""
    guidelines.add_version(db, "# Guideline\n\nHonest before polite.", "first", AT)
    run = a_run(db)
    return [
        a_chain(db, texts, category, run=run)
        for texts, category in zip(CHAINS, CATEGORIES, strict=True)
    ]
