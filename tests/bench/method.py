"""How well a model does its part of the method: ``python -m tests.bench.method [MODEL.gguf]``.

Runs one round over the starter prompts with a fixed seed and prints which share of the critiques
and revisions the detectors pass, before and after retries, and ten whole chains.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import constitutions
from engine.llama.client import HostEngine
from engine.llama.conversion import in_use
from engine.llama.weights import find_model
from engine.method.constitution import shipped
from engine.method.events import RunnerEvent, Stored
from engine.method.plan import Plan
from engine.method.runner import Runner
from store import clock
from store.db import connection
from store.db.sqlite import Database
from store.db.thread import StoreThread
from store.items import candidates, critiques, prompts
from store.items.runs import get_generation
from store.records import Candidate, Generation, Message, Origin

_SEED = 20260102


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", help="GGUF file; the starter model without it")
    parser.add_argument("--constitution", default="harmlessness")
    parser.add_argument("--limit", type=int, default=None)
    parser.add_argument("--chains", type=int, default=10)
    parser.add_argument("--seed", type=int, default=_SEED)
    parser.add_argument("--keep", type=Path, help="keep the project file here")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        path = options.keep or Path(folder) / "method.db"
        plan = Plan(
            constitution=shipped(options.constitution),
            candidates=1,
            seed=options.seed,
            limit=options.limit,
        )
        if not path.exists():
            _fill(path)
        seconds = asyncio.run(_run(path, plan, options.model))
        _report(path, plan, options.chains, seconds)


def _fill(path: Path) -> None:
    db = connection.create(path)
    for line in constitutions.STARTER.read_text("utf-8").splitlines():
        row = json.loads(line)
        prompts.add(
            db,
            [Message("user", row["prompt"])],
            category=row["category"],
            tags=row["tags"],
            source="starter",
            external_id=row["id"],
            at=clock.now(),
        )
    db.close()


async def _run(path: Path, plan: Plan, model: str | None) -> float:
    found = find_model(model, env=os.environ, last=None)
    engine = HostEngine(in_use(found.path).path)
    store = StoreThread(path)
    runner = Runner(engine, store, plan, clock=clock.now)

    def show(event: RunnerEvent) -> None:
        if isinstance(event, Stored):
            sys.stderr.write(event.kind[0])
            sys.stderr.flush()

    runner.subscribe(show)
    began = time.monotonic()
    try:
        await runner.run()
    finally:
        await engine.shutdown()
        store.close()
    sys.stderr.write("\n")
    return time.monotonic() - began


def _report(path: Path, plan: Plan, chains_shown: int, seconds: float) -> None:
    db = connection.open_store(path)
    chosen = prompts.ordered(db, plan.limit)
    generations = [
        get_generation(db, row[0]) for row in db.execute("SELECT id FROM generation ORDER BY rowid")
    ]
    print(f"{len(chosen)} prompts, constitution {plan.constitution.name}, seed {plan.seed},")
    print(f"{len(generations)} texts in {seconds:.0f} s")
    for kind in ("propose", "critique", "revise"):
        _shares(kind, [g for g in generations if g.kind == kind])
    revisions = [
        (prompt, c)
        for prompt in chosen
        for c in candidates.of_prompt(db, prompt.id)
        if c.origin is Origin.REVISION
    ]
    longer = sum(len(c.text) > len(_parent(db, c).text) for _, c in revisions)
    print(f"revisions longer than their original: {longer} of {len(revisions)}")
    picked = random.Random(plan.seed).sample(revisions, min(chains_shown, len(revisions)))
    for prompt, revision in sorted(picked, key=lambda item: item[0].position):
        critique = critiques.get(db, revision.critique_id or "")
        generation = get_generation(db, revision.generation_id or "")
        print(f"\n--- {prompt.external_id} ({prompt.category}), principle {critique.principle_id}")
        print(f"prompt:    {prompt.text}")
        print(f"candidate: {_parent(db, revision).text}")
        print(f"critique:  {critique.text}")
        print(f"revision:  {revision.text}")
        print(f"attempt {generation.attempt}, {generation.refused or 'passed'}")
    db.close()


def _parent(db: Database, revision: Candidate) -> Candidate:
    return candidates.get(db, revision.parent_id or "")


def _shares(kind: str, made: list[Generation]) -> None:
    first = [g for g in made if g.attempt == 1]
    passed_first = sum(g.refused is None for g in first)
    passed = sum(g.refused is None for g in made)
    print(
        f"{kind}: {len(first)}; passed at once {passed_first / max(1, len(first)):.1%}, "
        f"after retries {passed / max(1, len(first)):.1%}; texts written {len(made)}"
    )
    why = Counter((g.refused or "").split(":")[0] for g in made if g.refused)
    if why:
        print("  refused: " + ", ".join(f"{name} {count}" for name, count in why.most_common()))


if __name__ == "__main__":
    main()
