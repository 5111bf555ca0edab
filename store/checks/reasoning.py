"""Reasoning text in answers and critiques: what a model thought, where its answer should stand."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlite_utils import Database

from store import reasoning
from store.checks.finding import Finding, Level
from store.records import Message


def thoughts(db: Database) -> Finding:
    """Answers and critiques that hold reasoning, of all pairs, decided or not.

    The gate keeps such pairs out, so that the rows that would be exported cannot show them. The
    pairs of a critique are those of the answer it is about, those of a conversation all that
    answer it.
    """
    answers = dict(_holding(db, "SELECT id, text FROM candidate"))
    critiques = list(_holding(db, "SELECT candidate_id, text FROM critique"))
    prompts = dict(_prompts(db))
    held = {*answers, *(candidate for candidate, _ in critiques), *prompts}
    rows = db.execute("SELECT id, prompt_id, a_id, b_id FROM kept_pair AS pair ORDER BY position")
    pairs = tuple(pair for pair, *items in rows if not held.isdisjoint(items))
    marks = sorted({*answers.values(), *prompts.values(), *(mark for _, mark in critiques)})
    told = f"{len(answers)} answers and {len(critiques)} critiques hold what a model thought"
    if prompts:
        told += f", and {len(prompts)} conversations in an earlier answer"
    return Finding(
        Level.WARN if marks else Level.FINE,
        f"{told} ({', '.join(marks[:3])}): a model would learn to write it" if marks else told,
        {
            "answers": len(answers),
            "critiques": len(critiques),
            "prompts": len(prompts),
            "pairs": len(pairs),
        },
        pairs,
    )


def _holding(db: Database, query: str) -> Iterator[tuple[str, str]]:
    for key, text in db.execute(query):
        if mark := reasoning.found(text):
            yield key, mark


def _prompts(db: Database) -> Iterator[tuple[str, str]]:
    rows = db.execute("SELECT id, messages FROM prompt_now WHERE instr(messages, '\"assistant\"')")
    for key, messages in rows:
        said = (Message(**each) for each in json.loads(messages))
        if mark := next(filter(None, map(reasoning.found, reasoning.turns(said))), None):
            yield key, mark
