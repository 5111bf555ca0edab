"""However the process is killed while somebody types, at most the last second of it is lost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from store.judgements.drafts import Draft, DraftKind, DraftPlace
from tests.tui.seed import AT
from tui.drafts import Drafts

PLACE = DraftPlace(DraftKind.EDIT, "revision")
LETTER = 1 / 12
"""Seconds between two letters at most."""


class Disk:
    """A store thread whose writes take their time, and which a kill cuts off in between."""

    def __init__(self, draw: random.Random, clock: Callable[[], float]) -> None:
        self.kept: Mapping[DraftPlace, Draft | None] = {}
        self.writes: list[tuple[float, Mapping[DraftPlace, Draft | None], Future[None]]] = []
        self._draw, self._clock = draw, clock

    def submit(self, _fn: Any, *_args: Any) -> Future[dict[DraftPlace, Draft]]:
        read: Future[dict[DraftPlace, Draft]] = Future()
        read.set_result({})
        return read

    async def call(self, _fn: Any, _who: str, changes: Mapping[DraftPlace, Draft | None]) -> None:
        done: Future[None] = Future()
        took = self._draw.choice([0.002, 0.02, 0.2])
        self.writes.append((self._clock() + took, changes, done))
        await asyncio.wrap_future(done)


async def typed_until_killed(draw: random.Random) -> tuple[list[tuple[float, str]], str, float]:
    """What was typed and when, what the disk held at the kill, when that came."""
    now = 0.0
    timers: list[float] = []
    disk = Disk(draw, lambda: now)
    drafts = Drafts(
        disk,  # type: ignore[arg-type]  # a store thread as far as drafts use it
        "first",
        lambda: AT,
        lambda seconds: timers.append(now + seconds),
    )
    killed = draw.uniform(0.5, 8.0)
    typed: list[tuple[float, str]] = []
    tasks = []
    letter = 0.0
    while True:
        moments = [letter, *timers, *(at for at, _, _ in disk.writes)]
        now = min(moments)
        if now >= killed:
            for task in tasks:
                task.cancel()
            held = disk.kept.get(PLACE)
            return typed, held.text if held else "", killed
        if now in timers:
            timers.remove(now)
            tasks.append(asyncio.create_task(drafts.save()))
        elif any(at == now for at, _, _ in disk.writes):
            one = next(one for one in disk.writes if one[0] == now)
            disk.writes.remove(one)
            disk.kept = {**disk.kept, **one[1]}
            one[2].set_result(None)
        else:
            typed.append((now, (typed[-1][1] if typed else "") + draw.choice("etaoin shrdlu")))
            drafts.write(PLACE, typed[-1][1])
            letter = now + draw.choice([LETTER, draw.uniform(0.01, LETTER), draw.uniform(0.3, 2)])
        for _ in range(3):
            await asyncio.sleep(0)  # what waits for a write goes on


def test_a_hundred_kills_lose_the_last_second_at_most() -> None:
    for seed in range(100):
        typed, held, killed = asyncio.run(typed_until_killed(random.Random(seed)))
        before = [text for at, text in typed if at <= killed - 1.0]
        assert held.startswith(before[-1] if before else ""), (seed, held, typed)
