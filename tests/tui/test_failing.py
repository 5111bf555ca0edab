"""Engines that hang, time out or fail halfway, and a store that does: no screen ends the app."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database
from textual.screen import Screen

import tui
from engine.errors import EngineError
from engine.method.plan import Plan
from engine.method.runner import Runner
from engine.scripted import OPERATIONS, ScriptedEngine, Trouble
from store.db.thread import StoreThread
from store.errors import StoreError
from store.items import prompts
from store.judgements import labels
from store.records import Message
from tests.tui.driving import MakeApp, drawn, press, settle, until
from tests.tui.seed import AT, a_chain
from tui.app import PairlabApp
from tui.modes.export import worker
from tui.modes.registry import MODES
from tui.worker_errors import Bordered

SECRET = "marmalade"


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


TROUBLES: tuple[Trouble | Exception, ...] = (
    *Trouble,
    EngineError("the model refused"),
    RuntimeError(SECRET),
)
LONG = "Is this so? " * 300
"""A prompt that may be too long for a trainer: only a tokenizer tells."""
AFTER_LOADING = tuple(one for one in OPERATIONS if one != "load")


@pytest.mark.parametrize("operations", [OPERATIONS, AFTER_LOADING], ids=["at once", "once loaded"])
@pytest.mark.parametrize("trouble", TROUBLES, ids=repr)
async def test_no_screen_falls_with_the_engine(
    study: Path,
    rows: Database,
    make_app: MakeApp,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Trouble | Exception,
    operations: tuple[str, ...],
) -> None:
    monkeypatch.setattr(worker, "COUNTING_SECONDS", 0.05)
    prompts.add(rows, [Message("user", "more?")], category="helpful", source="test", at=AT)
    engine = ScriptedEngine()
    engine.get_into(trouble, *operations)
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
    asked = {one.operation for one in engine.history}
    assert asked == (set() if "load" in operations else {"generate"})
    assert rows.execute("SELECT count(*) FROM label_head").fetchone()[0] == 1


@pytest.mark.parametrize("trouble", [*Trouble, EngineError("the model refused")], ids=repr)
async def test_a_count_that_fails_leaves_the_export_uncounted(
    study: Path,
    rows: Database,
    make_app: MakeApp,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Trouble | Exception,
) -> None:
    monkeypatch.chdir(study.parent)
    monkeypatch.setattr(worker, "COUNTING_SECONDS", 0.05)
    a_chain(rows, (LONG, "No.", "It is curt.", "No, and here is why."))
    for (pair,) in rows.execute("SELECT id FROM pair").fetchall():
        labels.give(rows, pair, "first", "a", at=AT)
    engine = ScriptedEngine()
    engine.get_into(trouble, "count")
    await engine.load()
    app = make_app(study, engine=engine)
    async with app.run_test(size=(140, 40)) as pilot:
        await press(pilot, "X")
        await until(pilot, lambda: "go out" in drawn(app))
        await press(pilot, "enter")
        await until(pilot, lambda: "written to" in drawn(app))
        assert "1 not checked" in drawn(app)
    assert "count" in {one.operation for one in engine.history}


async def test_a_count_that_breaks_ends_in_a_line(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    a_chain(rows, (LONG, "No.", "It is curt.", "No, and here is why."))
    for (pair,) in rows.execute("SELECT id FROM pair").fetchall():
        labels.give(rows, pair, "first", "a", at=AT)
    engine = ScriptedEngine()
    engine.get_into(RuntimeError(SECRET), "count")
    await engine.load()
    app = make_app(study, engine=engine)
    async with app.run_test(size=(140, 40)) as pilot:
        await press(pilot, "X")
        assert "go out" not in drawn(app)
        assert SECRET not in drawn(app)
        engine.get_into(None)
        await press(pilot, "L", "X")
        assert "go out" in drawn(app)


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


def test_every_screen_with_workers_of_its_own_is_bordered() -> None:
    for found in pkgutil.walk_packages(tui.__path__, "tui."):
        if found.name != "tui.__main__":
            importlib.import_module(found.name)

    def below(screen: type[Screen[Any]]) -> Iterator[type[Screen[Any]]]:
        for each in screen.__subclasses__():
            yield each
            yield from below(each)

    ours = {each for each in below(Screen) if each.__module__.startswith("tui.")}
    assert len(ours) > 15
    bare = {each for each in ours if not issubclass(each, Bordered)}
    assert [each for each in bare if "self.run_worker" in inspect.getsource(each)] == []
