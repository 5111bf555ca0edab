"""Chains of the method, asked of any engine: propose, criticise, revise."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Awaitable, Callable

import constitutions
from engine.method.constitution import shipped
from engine.method.templates import FULL, critique, proposal, revision
from store.records import Message, Prompt

Ask = Callable[[tuple[Message, ...], int], Awaitable[str]]
"""Writes a text to some messages, with a seed."""


async def chain(prompt: Prompt, run: int, ask: Ask) -> None:
    """Three texts that build on each other; which principle is drawn depends on run and prompt."""
    constitution = shipped("harmlessness")
    draw = random.Random(f"{run} {prompt.id}")
    principle = draw.choice(constitution.applying(prompt.category))
    seed = draw.getrandbits(30)
    answer = await ask(proposal(prompt).messages, seed)
    fault = await ask(critique(constitution, principle, prompt, answer, FULL).messages, seed + 1)
    await ask(revision(constitution, principle, prompt, answer, fault, FULL).messages, seed + 2)


def prompts(count: int) -> list[Prompt]:
    """Starter prompts, again from the first where there are too few."""
    rows = map(json.loads, constitutions.STARTER.read_text("utf-8").splitlines())
    return [
        Prompt(id=str(n), messages=(Message("user", row["prompt"]),), category=row["category"])
        for n, row in zip(range(count), itertools.cycle(rows), strict=False)
    ]
