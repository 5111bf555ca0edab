"""Mode R over the real background worker and an engine without a model."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.api import Engine, EngineStatus, Generated, Piece, State
from engine.errors import HostDied
from engine.method.plan import Plan
from engine.method.runner import Runner
from engine.scripted import ScriptedEngine
from store.db.connection import open_store
from store.db.thread import StoreThread
from store.items import candidates, chains, prompts
from store.judgements import decisions
from store.records import Choice
from tests.bench.scripted_app import app_over
from tests.tui.driving import MakeApp, drawn, press, revise, settle, until
from tests.tui.seed import AT, a_prompt
from tui.app import PairlabApp


@pytest.fixture
def two_prompts(empty_path: Path) -> Path:
    db = open_store(empty_path)
    a_prompt(db, "How do I kill a hung process?", "benign_lookalike")
    a_prompt(db, "I am right, am I not?", "sycophancy")
    db.close()
    return empty_path


@pytest.fixture
def made(two_prompts: Path, make_app: MakeApp) -> tuple[PairlabApp, ScriptedEngine]:
    """An app whose worker makes two candidates a prompt."""
    engine = ScriptedEngine()

    def worker(store: StoreThread) -> Runner:
        plan = Plan(candidates=2, max_tokens=40)
        return Runner(engine, store, plan, clock=lambda: AT, annotator="first")

    return make_app(two_prompts, engine=engine, runner=worker), engine


async def test_the_first_revision_streams_in_without_a_key_and_is_decided(
    made: tuple[PairlabApp, ScriptedEngine], two_prompts: Path
) -> None:
    app, engine = made
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: revise(app).chain.shown is not None)
        first = revise(app).chain.shown
        await settle(pilot)
        await press(pilot, "a")
        await until(pilot, lambda: revise(app).chain.shown not in {None, first})
        await settle(pilot)
        await press(pilot, "x")
        await until(pilot, lambda: revise(app).item is None)
    assert engine.status.state is State.STOPPED
    db = open_store(two_prompts)
    assert [d.choice for d in decisions.ordered(db)].count(Choice.ACCEPT) == 1
    assert all(
        chains.of_prompt(db, prompt.id)[0].decision is not None for prompt in prompts.ordered(db)
    )
    db.close()


async def test_a_model_made_after_the_first_paint_is_taken_up(
    two_prompts: Path, make_app: MakeApp
) -> None:
    engine = ScriptedEngine()
    gate = threading.Event()

    def make(store: StoreThread) -> Callable[[], tuple[Engine, Runner]]:
        def model() -> tuple[Engine, Runner]:
            gate.wait(timeout=60)  # a test that fails before it opens shall still end
            plan = Plan(candidates=2, max_tokens=40)
            return engine, Runner(engine, store, plan, clock=lambda: AT, annotator="first")

        return model

    app = make_app(two_prompts, make_model=make)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(
            pilot, lambda: "appears here" in drawn(app) and "loading the model" in drawn(app)
        )
        gate.set()
        await until(pilot, lambda: revise(app).chain.shown is not None)
        await settle(pilot)
        shown = drawn(app)
        assert "Again" in shown
        assert "Candidate 1 of 2" in shown


async def test_again_writes_a_second_revision_beside_the_first(
    made: tuple[PairlabApp, ScriptedEngine], two_prompts: Path
) -> None:
    app, _ = made
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: revise(app).chain.shown is not None)
        await settle(pilot)
        screen = revise(app)
        original = screen.item.original_id if screen.item else None
        before = screen.chain.shown
        await press(pilot, "r")
        await until(pilot, lambda: screen.writing is None)
        await settle(pilot)
        assert screen.item is not None
        assert screen.item.original_id == original
    db = open_store(two_prompts)
    critiques = {c.critique_id for c in candidates.children(db, original or "") if c.critique_id}
    assert len(critiques) == 2
    assert before is not None
    assert before.critique_id in critiques
    db.close()


async def test_quit_while_the_model_writes_loses_only_that_text(
    made: tuple[PairlabApp, ScriptedEngine], two_prompts: Path
) -> None:
    app, engine = made
    engine.hold()
    async with app.run_test(size=(80, 24)) as pilot:
        await engine.wait_asked(1)
        engine.allow(1)
        await settle(pilot)
        await pilot.press("q")
    assert app.return_code == 0
    assert engine.status.state is State.STOPPED
    db = open_store(two_prompts)
    assert db.execute("SELECT count(*) FROM candidate").fetchone()[0] == 0
    db.close()


async def test_a_model_that_fails_for_good_leaves_nothing_half_written_on_the_screen(
    two_prompts: Path, make_app: MakeApp
) -> None:
    class Dying(ScriptedEngine):
        """Writes a few words of the first critique, and then it is over."""

        last_word = asyncio.Event()

        async def generate(self, *args: Any, **kwargs: Any) -> Generated:
            if len(self.history) < 1:
                return await super().generate(*args, **kwargs)
            self.set_status(EngineStatus(State.WRITING, running=1))
            kwargs["on_event"](Piece(0, "The answer overl"))
            await self.last_word.wait()
            self.set_status(EngineStatus(State.FAILED, "out of memory"))
            raise HostDied("out of memory")

    engine = Dying(slots=1)

    def worker(store: StoreThread) -> Runner:
        return Runner(engine, store, Plan(candidates=1), clock=lambda: AT, annotator="first")

    app = make_app(two_prompts, engine=engine, runner=worker)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: revise(app).writing == "critique")
        await until(pilot, lambda: "writing prompt 1" in revise(app).status.doing)
        engine.last_word.set()
        await until(pilot, lambda: revise(app).writing is None)
        await settle(pilot)
        shown = drawn(app)
        assert "out of memory" in shown
        assert "The answer overl" not in shown
        assert "writing" not in revise(app).status.doing


async def test_the_store_stays_usable_after_the_model_failed(
    made: tuple[PairlabApp, ScriptedEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, engine = made
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: revise(app).chain.shown is not None)
        await settle(pilot)
        status = engine.status
        engine.set_status(type(status)(state=State.FAILED, error="the host died: no memory"))
        await settle(pilot)
        await press(pilot, "a", "M")
        assert "no memory" in drawn(app)


async def test_the_app_that_the_bench_measures_writes(two_prompts: Path) -> None:
    store = StoreThread(two_prompts)
    app = app_over(store, two_prompts)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: app.progress is not None)
        await until(pilot, lambda: "Prompt 1 of 2" in drawn(app))
    store.close()
