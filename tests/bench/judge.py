"""Pairs judged in both orders against a loop over the plain API, and against the prefix tree.

Ours is on the weights that are in use (the converted copy), the plain API on the file as it was
shipped and on the copy. ``PAIRLAB_BENCH_PAIRS`` (24) is how many pairs; ``PAIRLAB_BENCH_RUNS`` (2)
how often all alternate.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import constitutions
from engine.llama.client import HostEngine
from engine.method.plan import JUDGING, Plan
from engine.method.runner import Runner
from store import clock
from store.db import connection
from store.db.thread import StoreThread
from store.items import candidates, pairs, prompts
from store.records import Candidate, Message, Origin
from tests.bench.engine import Naive, files
from tests.bench.table import BenchRow, rendered, told
from tests.hosts import rested

PAIRS = int(os.environ.get("PAIRLAB_BENCH_PAIRS", "24"))
RUNS = int(os.environ.get("PAIRLAB_BENCH_RUNS", "2"))
_TEXTS = (
    "Begin with the smallest step that you can undo, look at what it changed, and go on. ",
    "There is no quick way to do this well: ask somebody who has done it, and take your time. ",
)
"""What the answers are made of; how they read does not matter here."""


def rows() -> list[BenchRow]:
    """All rows; none where the starter model is not installed."""
    found = files()
    return asyncio.run(_rows(found)) if found else []


async def _rows(found: dict[str, Path]) -> list[BenchRow]:
    ours: list[float] = []
    plain: dict[str, list[float]] = {kind: [] for kind in found}
    bare: list[float] = []
    shares: list[float] = []
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        *_, used = found
        engine = HostEngine(found[used], log=folder / "host.log")
        stack.push_async_callback(engine.shutdown)
        await engine.load()
        naive = await stack.enter_async_context(Naive.started(found[used]))
        for run in range(RUNS):
            path = _project(folder / f"{run}.db", run)
            before = await rested(engine)
            ours.append(await _judged(engine, path))
            evaluated = (await rested(engine)).evaluated - before.evaluated
            loop = {"judge": _asked(path)}
            for kind, file in found.items():
                said = await naive.say(loop | {"model": str(file), "bare": kind == used})
                plain[kind].append(said["seconds"])
            bare.append(said["bare_seconds"])
            shares.append(evaluated / said["nodes"])
    loops = {f"plain API with logprobs in a loop, {kind}": plain[kind] for kind in found}
    loops[f"the same loop by hand, last logits alone, {used}"] = bare
    rows = [
        BenchRow(
            f"{PAIRS} pairs judged in both orders; {name}",
            f"{median(ours):.1f} s",
            f"{median(seconds):.1f} s",
            median(ours) / median(seconds),
            None if seconds is bare else 1 / 2.0,
        )
        for name, seconds in loops.items()
    ]
    rows.append(
        BenchRow(
            "tokens evaluated; nodes of the prefix tree over all questions",
            f"{evaluated:.0f}",
            f"{evaluated / shares[-1]:.0f}",
            median(shares),
            1.1,
        )
    )
    return told(rows)


async def _judged(engine: HostEngine, path: Path) -> float:
    store = StoreThread(path)
    try:
        runner = Runner(engine, store, Plan(parts=JUDGING), clock=clock.now)
        started = time.perf_counter()
        await runner.run()
        seconds = time.perf_counter() - started
        assert not runner.failures
    finally:
        store.close()
    return seconds


def _project(path: Path, run: int) -> Path:
    """Two pairs to each of the first starter prompts; each run has texts of its own."""
    lines = constitutions.STARTER.read_text("utf-8").splitlines()
    at = clock.now()
    db = connection.create(path)
    for number in range(PAIRS):
        row: dict[str, Any] = json.loads(lines[number // 2])
        prompt_id, _ = prompts.add(
            db,
            [Message("user", row["prompt"])],
            category=row["category"],
            source="bench",
            at=at,
        )
        made = [
            candidates.add(
                db,
                Candidate(
                    prompt_id=prompt_id,
                    origin=Origin.IMPORTED,
                    text=f"{number * 7919 + side + run} {text * (4 + number % 2)}".strip(),
                    created_at=at,
                ),
            )
            for side, text in enumerate(_TEXTS)
        ]
        pairs.add(db, prompt_id, made[0], made[1], "imported", source="bench", at=at)
    db.close()
    return path


def _asked(path: Path) -> list[dict[str, Any]]:
    db = connection.open_store(path)
    found = db.execute("SELECT rendered, settings FROM generation ORDER BY rowid").fetchall()
    db.close()
    return [
        {"messages": json.loads(said), "opening": json.loads(settings)["opening"]}
        for said, settings in found
    ]


if __name__ == "__main__":
    print(rendered(rows()))
