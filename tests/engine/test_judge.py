"""AI feedback: both orders, the soft label, and where it is stored."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from engine.method.context import RunContext, open_context
from engine.method.events import PlanProgress, RunnerEvent, Stored
from engine.method.judge import judge
from engine.method.plan import JUDGING
from engine.scripted import ScriptedEngine
from store.db.thread import StoreThread
from store.items import pairs
from store.judgements import labels
from store.records import Verdict
from tests.engine.making import made, plan, project, read, ticking

YES, NO = math.log(0.8), math.log(0.2)


@pytest_asyncio.fixture
async def context(tmp_path: Path) -> AsyncIterator[tuple[RunContext, ScriptedEngine]]:
    path = project(tmp_path / "study.db")
    await made(path, plan(candidates=1))
    store = StoreThread(path)
    engine = ScriptedEngine(name="judge.gguf")
    yield await open_context(store, plan(), engine, teacher=None, clock=ticking()), engine
    store.close()


@pytest.mark.parametrize(
    ("straight", "swapped", "verdict", "soft"),
    [
        ((YES, NO), (NO, YES), Verdict.A, 0.8),
        ((NO, YES), (YES, NO), Verdict.B, 0.2),
        ((YES, NO), (YES, NO), Verdict.TIE, 0.5),
        ((NO, YES), (NO, YES), Verdict.TIE, 0.5),
        ((YES, NO), (YES, YES), Verdict.TIE, 0.65),
        ((0.0, -1e9), (-1e9, 0.0), Verdict.A, 1.0),
    ],
)
async def test_both_orders_are_asked_and_averaged(
    context: tuple[RunContext, ScriptedEngine],
    straight: tuple[float, float],
    swapped: tuple[float, float],
    verdict: Verdict,
    soft: float,
) -> None:
    shop, engine = context
    pair = (await shop.store.call(pairs.ordered))[0]
    text = await shop.store.call(pairs.text, pair.id)
    engine.enqueue_weights(straight, swapped)
    judgement = await judge(shop, pair.id)
    assert judgement.verdict is verdict
    assert judgement.soft == pytest.approx(soft)
    asked = [one.messages[-1].content for one in engine.history]
    assert asked[0].index(text.a) < asked[0].index(text.b)
    assert asked[1].index(text.b) < asked[1].index(text.a)
    label = await shop.store.call(labels.mine, pair.id, "ai:judge.gguf")
    assert label is not None
    assert label.verdict is verdict
    assert "probability" in (label.note or "")


async def test_a_plan_that_judges_labels_each_pair_once(tmp_path: Path) -> None:
    path = project(tmp_path / "study.db")
    await made(path, plan(candidates=1))
    heard: list[RunnerEvent] = []
    first, again = ScriptedEngine(name="judge.gguf"), ScriptedEngine(name="judge.gguf")
    runner = await made(path, plan(parts=JUDGING), first, heard)
    assert runner.failures == {}
    assert {(event.kind, event.original_id) for event in heard if isinstance(event, Stored)} == {
        ("judge", None)
    }
    last = [event for event in heard if isinstance(event, PlanProgress)][-1]
    assert (last.done, last.total) == (5, 5)
    await made(path, plan(parts=JUDGING), again)
    assert again.history == []
    assert read(path).kinds.count("judge") == 10


async def test_pairs_of_one_prompt_are_judged_at_the_same_time(tmp_path: Path) -> None:
    class Together(ScriptedEngine):
        """Answers when three have asked."""

        asked = 0
        enough = asyncio.Event()

        async def choose(self, *args: Any, **kwargs: Any) -> tuple[float, ...]:
            self.asked += 1
            if self.asked == 3:
                self.enough.set()
            await self.enough.wait()
            return await super().choose(*args, **kwargs)

    path = project(tmp_path / "study.db", ["Why?"])
    await made(path, plan(candidates=3, revise_all=True))
    await asyncio.wait_for(made(path, plan(parts=JUDGING), Together(slots=3)), timeout=60)
    assert read(path).kinds.count("judge") == 6
