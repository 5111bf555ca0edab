"""AI feedback: both orders, the soft label, and where it is stored."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from engine.judge import judge, judge_pending
from engine.scripted import ScriptedEngine
from engine.workshop import Workshop, open_workshop
from store import labels, pairs
from store.records import Verdict
from store.thread import StoreThread
from tests.engine.making import made, plan, project, read, ticking

YES, NO = math.log(0.8), math.log(0.2)


@pytest_asyncio.fixture
async def workshop(tmp_path: Path) -> AsyncIterator[tuple[Workshop, ScriptedEngine]]:
    path = project(tmp_path / "study.db")
    await made(path, plan(candidates=1))
    store = StoreThread(path)
    engine = ScriptedEngine(name="judge.gguf")
    yield await open_workshop(store, plan(), engine, teacher=None, clock=ticking()), engine
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
    workshop: tuple[Workshop, ScriptedEngine],
    straight: tuple[float, float],
    swapped: tuple[float, float],
    verdict: Verdict,
    soft: float,
) -> None:
    shop, engine = workshop
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


async def test_pending_pairs_are_judged_once(
    workshop: tuple[Workshop, ScriptedEngine], tmp_path: Path
) -> None:
    shop, _engine = workshop
    assert await judge_pending(shop) == 5
    assert await judge_pending(shop) == 0
    assert read(tmp_path / "study.db").kinds.count("judge") == 10
