"""Engines that hang, time out or fail halfway, and a store that does: no screen ends the app."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from engine.face import Generated, ModelInfo
from engine.plan import Plan
from sqlite_utils import Database

from engine.errors import EngineError
from engine.method.runner import Runner
from engine.scripted import ScriptedEngine
from store.db.thread import StoreThread
from store.errors import StoreError
from store.items import prompts
from store.judgements import labels
from store.records import Message
from tests.tui.driving import MakeApp, drawn, press, settle, until
from tests.tui.seed import AT
from tui.app import PairlabApp
from tui.modes.export import worker
from tui.modes.registry import MODES

SECRET = "marmalade"

Fail = Callable[[], Any]


async def hang() -> None:
    await asyncio.Event().wait()


async def time_out() -> None:
    raise TimeoutError(SECRET)


async def refuse() -> None:
    raise EngineError("the model refused")


async def break_() -> None:
    raise RuntimeError(SECRET)


class Failing(ScriptedEngine):
    """Does what it is made with at every operation but those named."""

    def __init__(self, fail: Fail, works: Sequence[str] = ()) -> None:
        super().__init__()
        self._fail = fail
        self._works = works

    async def load(self) -> ModelInfo:
        if "load" not in self._works:
            await self._fail()
        return await super().load()

    async def count(self, texts: Sequence[str]) -> list[int]:
        await self._fail()
        return await super().count(texts)

    async def generate(self, *args: Any, **kwargs: Any) -> Generated:
        await self._fail()
        return await super().generate(*args, **kwargs)

    async def restart(self) -> None:
        await self._fail()


class FailingStore:
    """The store thread, until it is told to fail."""

    def __init__(self, real: StoreThread) -> None:
        self._real = real
        self.error: Exception | None = None

    async def call(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self.error is not None:
            raise self.error
        return await self._real.call(fn, *args, **kwargs)

    def submit(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return self._real.submit(fn, *args, **kwargs)

    def close(self) -> None:
        self._real.close()


async def through_every_mode(pilot: Any, *keys: str) -> None:
    """Open each mode and press a few of its keys."""
    for mode in MODES:
        await pilot.press(mode.key)
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()


@pytest.mark.parametrize("works", [(), ("load",)])
@pytest.mark.parametrize("fail", [hang, time_out, refuse, break_])
async def test_no_screen_falls_with_the_engine(
    study: Path,
    rows: Database,
    make_app: MakeApp,
    monkeypatch: pytest.MonkeyPatch,
    fail: Fail,
    works: tuple[str, ...],
) -> None:
    monkeypatch.setattr(worker, "COUNTING_SECONDS", 0.05)
    prompts.add(rows, [Message("user", "more?")], category="helpful", source="test", at=AT)
    engine = Failing(fail, works)
    app = make_app(
        study,
        engine=engine,
        runner=lambda store: Runner(engine, store, Plan(), clock=lambda: AT, annotator="first"),
    )
    async with app.run_test(size=(120, 40)) as pilot:
        await through_every_mode(pilot)
        await pilot.press("p", "p", "h", "X")
        await until(pilot, lambda: "As written" in drawn(app))
        await pilot.press("R")
        await pilot.press("r")
        await pilot.press("L")
        await until(pilot, lambda: "Pair 1 of 3" in drawn(app))
        await pilot.press("1")
        await until(pilot, lambda: "Pair 2 of 3" in drawn(app))
        assert app.is_running
        assert SECRET not in drawn(app)
    assert not app.return_code
    assert rows.execute("SELECT count(*) FROM label_head").fetchone()[0] == 1


async def test_a_stalled_count_leaves_the_export_uncounted(
    study: Path, rows: Database, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(study.parent)
    monkeypatch.setattr(worker, "COUNTING_SECONDS", 0.05)
    for (pair,) in rows.execute("SELECT id FROM pair").fetchall():
        labels.give(rows, pair, "first", "a", at=AT)
    engine = Failing(hang, ("load",))
    await engine.load()
    app = make_app(study, engine=engine)
    async with app.run_test(size=(140, 40)) as pilot:
        await press(pilot, "X")
        await until(pilot, lambda: "go out" in drawn(app))
        await press(pilot, "enter")
        await until(pilot, lambda: "written to" in drawn(app))


@pytest.mark.parametrize(
    "error", [TimeoutError(SECRET), RuntimeError(SECRET), StoreError("the disk is away")]
)
async def test_no_screen_falls_with_the_store(
    study: Path, make_app: MakeApp, tmp_path: Path, error: Exception
) -> None:
    log = tmp_path / "host.log"
    app: PairlabApp = make_app(study, log_path=log)
    store = FailingStore(app.services.store)
    object.__setattr__(app.services, "store", store)
    async with app.run_test(size=(140, 40)) as pilot:
        await settle(pilot)
        store.error = error
        await through_every_mode(pilot, "a", "1", "space", "g", "escape")
        await settle(pilot)
        assert app.is_running
        assert SECRET not in drawn(app)
        store.error = None
        await press(pilot, "L", "1")
        assert "Pair 2 of 3" in drawn(app)
        store.error = error
    assert not app.return_code
    written = log.with_name("crash.log")
    assert written.exists() != isinstance(error, StoreError)
    assert not written.exists() or SECRET not in written.read_text()
