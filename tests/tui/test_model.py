from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from engine.api import EngineStatus, State
from engine.method.events import Failed, Idle, PlanProgress, RunnerEvent, Stored
from engine.scripted import ScriptedEngine
from store.db.connection import open_store
from store.rounds import presence
from tests.engine.test_weights import gguf
from tests.tui.driving import (
    MakeApp,
    StandInRunner,
    drawn,
    growing,
    mode_screen,
    press,
    settle,
    until,
)
from tests.tui.hostile import FORBIDDEN, HOSTILE
from tests.tui.seed import AT
from tui.modes.model.facts import facts
from tui.modes.model.screen import ModelScreen
from tui.modes.model.text import speed_bars
from tui.modes.registry import MODES


async def test_model_queue_and_trouble(study: Path, make_app: MakeApp) -> None:
    engine, runner = ScriptedEngine(name="tiny.gguf"), StandInRunner()
    app = make_app(study, engine=engine, runner=runner)
    prompt = next(iter(open_rows(study)))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "M")
        trouble = "the host died (illegal instruction) and was started again"
        engine.set_status(EngineStatus(State.WRITING, trouble, 61.2, 2, 3, 1000, 4000, 1))
        runner.say(PlanProgress(17, 63, 3, 61.2, 2400.0))
        runner.say(growing(prompt, None, "propose", "..."))
        await settle(pilot)
        await until(pilot, lambda: "last minute" in drawn(app))
        assert "nothing since this page was opened" in drawn(app)
        shown = drawn(app)
        for words in (
            "tiny.gguf",
            "context 4,096 tokens",
            "17 of 63 texts written · about 40 min left",
            "writing a candidate for prompt 1",
            "2 texts being written, 3 waiting",
            trouble,
            "started again 1 time",
            "free",
            "last minute",
        ):
            assert words in shown, words


async def test_how_a_load_is_ended_is_said_while_it_lasts(study: Path, make_app: MakeApp) -> None:
    engine = ScriptedEngine()
    app = make_app(study, engine=engine, runner=StandInRunner())
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "M")
        for state in State:
            engine.set_status(EngineStatus(state))
            await settle(pilot)
            said = "enter takes another file, h starts anew, q leaves" in " ".join(
                drawn(app).split()
            )
            assert said == (state in {State.STARTING, State.RESTARTING}), state


async def test_what_a_model_takes_is_told_once_it_is_loaded(
    study: Path, tmp_path: Path, make_app: MakeApp
) -> None:
    file = tmp_path / "small.gguf"
    file.write_bytes(gguf())
    engine = ScriptedEngine()
    app = make_app(study, engine=engine, runner=StandInRunner())
    async with app.run_test(size=(80, 30)) as pilot:
        await press(pilot, "M")
        assert "takes about" not in drawn(app)
        assert engine.info is not None
        engine._info = replace(engine.info, path=str(file))
        engine.set_status(EngineStatus(State.READY))
        await until(pilot, lambda: "takes about" in drawn(app))


async def test_what_was_finished_last_stands_below(study: Path, make_app: MakeApp) -> None:
    runner = StandInRunner()
    app = make_app(study, engine=ScriptedEngine(), runner=runner)
    first, second, *_ = open_rows(study)
    async with app.run_test(size=(80, 30)) as pilot:
        await press(pilot, "M")
        runner.say(Stored(first, None, "propose"))
        runner.say(Failed(second, "the prompt is too long"))
        runner.say(Stored(second, None, "critique"))
        told = (
            "a critique for prompt 2\n\ngiven up: the prompt is too long\n\n"
            "a candidate for prompt 1"
        )
        await until(pilot, lambda: told in drawn(app))


@pytest.mark.parametrize(
    ("since", "named", "waits"),
    [
        ("2026-01-01T00:00:00.000Z", False, True),
        ("2026-01-01T00:00:00.000Z", True, False),  # --model FILE means this window
        ("2026-03-01T00:00:00.000Z", False, False),  # the other one came later, and waits
    ],
)
async def test_a_second_window_waits_with_its_model_and_says_what_it_takes(
    study: Path, tmp_path: Path, make_app: MakeApp, since: str, named: bool, waits: bool
) -> None:
    file = tmp_path / "small.gguf"
    file.write_bytes(gguf())
    db = open_store(study)
    presence.enter(db, "first", AT)
    presence.enter(db, "second", since, process=os.getppid())
    db.close()
    engine, other = ScriptedEngine(), ScriptedEngine()
    app = make_app(
        study,
        make_model=lambda _store: lambda: (engine, StandInRunner()),
        model_file=None if named else file,
        other_model=lambda _path: lambda: (other, StandInRunner()),
    )
    async with app.run_test(size=(80, 24)) as pilot:
        if not waits:
            await until(pilot, lambda: app.services.engine is engine)
            return
        for mode in "HM":
            await press(pilot, mode)
            await until(pilot, lambda: "second has this project open" in drawn(app))
            shown = " ".join(drawn(app).split())
            assert "a second model takes about " in shown
            assert " MB of memory" in shown
        assert "needs no model" in drawn(app)
        await app.session.use_model(file)
        await until(pilot, lambda: app.services.engine is other)


async def test_the_endpoints_that_are_open_are_named_in_every_mode(
    study: Path, make_app: MakeApp
) -> None:
    servers = "http://127.0.0.1:8080/llm, http://127.0.0.1:8081"
    engine = ScriptedEngine(n_ctx=0, server=servers)
    app = make_app(study, engine=engine, runner=StandInRunner())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for mode in MODES:
            await press(pilot, mode.key)
            assert "open: 127.0.0.1:8080/llm and 1 more" in drawn(app), mode.id
        await press(pilot, "M")
        shown = drawn(app)
        assert f"endpoint {servers}" in shown
        assert "context unknown" in shown
        assert "threads" not in shown


async def test_without_an_endpoint_nothing_is_said_to_be_open(
    study: Path, make_app: MakeApp
) -> None:
    app = make_app(study, engine=ScriptedEngine(), runner=StandInRunner())
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "M")
        assert "open:" not in drawn(app)


@pytest.mark.parametrize("end", ["stored", "failed", "failed for good", "idle"])
async def test_what_is_over_is_not_said_to_be_written(
    study: Path, make_app: MakeApp, end: str
) -> None:
    engine, runner = ScriptedEngine(), StandInRunner()
    app = make_app(study, engine=engine, runner=runner)
    prompt = open_rows(study)[0]
    ends: dict[str, RunnerEvent] = {
        "stored": Stored(prompt, None, "propose"),
        "failed": Failed(prompt, "the prompt is too long"),
        "failed for good": Failed("", "out of memory"),
        "idle": Idle(0),
    }
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "M")
        engine.set_status(EngineStatus(State.WRITING, tokens_per_second=61.2, running=1))
        runner.say(PlanProgress(62, 63, 3, 61.2, 20.0))
        runner.say(growing(prompt, None, "propose", "..."))
        await until(pilot, lambda: "writing a candidate for prompt 1" in drawn(app))
        runner.say(ends[end])
        engine.set_status(EngineStatus(State.READY))
        await until(pilot, lambda: "model at rest" in drawn(app) and "writing" not in drawn(app))
        shown = drawn(app)
        assert "being written" not in shown


def open_rows(path: Path) -> list[str]:
    """Ids of the prompts, in order."""
    db = open_store(path)
    found = [str(row[0]) for row in db.execute("SELECT id FROM prompt ORDER BY position")]
    db.close()
    return found


async def test_pause_and_go_on(study: Path, make_app: MakeApp) -> None:
    runner = StandInRunner()
    app = make_app(study, engine=ScriptedEngine(), runner=runner)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "M", "p")
        assert runner.paused
        assert "Go on" in drawn(app)
        await press(pilot, "p")
        assert not runner.paused
        assert "Pause" in drawn(app)


async def test_restart(study: Path, make_app: MakeApp) -> None:
    engine = ScriptedEngine()
    app = make_app(study, engine=engine, runner=StandInRunner())
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "M", "h")
        assert engine.status.restarts == 1


async def test_log_ends_with_the_newest_line_and_is_harmless(
    study: Path, tmp_path: Path, make_app: MakeApp
) -> None:
    log = tmp_path / "host.log"
    app = make_app(study, engine=ScriptedEngine(), runner=StandInRunner(), log_path=log)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "M", "l")
        assert "no log yet" in drawn(app)
        await press(pilot, "escape")
        hostile = HOSTILE["escape"] + HOSTILE["closing_tag"]
        log.write_text("old line\n" * 20_000 + f"{hostile}\nthe newest line\n")
        await press(pilot, "l")
        shown = drawn(app)
        assert "the newest line" in shown
        assert "[bold red]" in shown
        assert not FORBIDDEN.intersection(shown)


async def test_without_a_model_what_to_do(study: Path, make_app: MakeApp) -> None:
    app = make_app(study, no_model="No model was found; get one with: make starter")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "M")
        shown = drawn(app)
        assert "No model was found" in shown
        assert "Pause" not in shown
        screen = mode_screen(app)
        assert isinstance(screen, ModelScreen)
        await press(pilot, "p", "h", "l", "space", "f")


async def test_what_does_not_fit_scrolls(study: Path, make_app: MakeApp) -> None:
    engine = ScriptedEngine()
    app = make_app(study, engine=engine, runner=StandInRunner())
    async with app.run_test(size=(80, 12)) as pilot:
        await press(pilot, "M")
        engine.set_status(EngineStatus(State.READY, "the very last line"))
        await settle(pilot)
        assert "the very last line" not in drawn(app)
        await press(pilot, "end")
        assert "the very last line" in drawn(app)
        await press(pilot, "home", "j", "pagedown", "pageup", "pageup")
        assert "context 4,096" in drawn(app)


async def test_weights_and_how_they_are_loaded_are_told() -> None:
    info = replace(await ScriptedEngine(name="tiny.gguf").load(), path="/models/tiny.gguf")
    assert "models convert" not in facts(info, EngineStatus(), None).plain
    slow = facts(replace(info, several_at_once=False), EngineStatus(), None).plain
    assert "pairlab models convert /models/tiny.gguf" in slow
    loaded = facts(replace(info, loaded_with="--cache-type q8_0"), EngineStatus(), None).plain
    assert "loaded with --cache-type q8_0" in loaded
    assert "loaded with" not in slow
    made = replace(info, original="was.gguf", original_sha256="ab" * 32)
    told = facts(made, EngineStatus(), None).plain
    assert f"converted from was.gguf\nsha-256 {'ab' * 32}" in told


def test_the_speed_is_drawn_from_the_right_and_blank_where_nothing_was_written() -> None:
    assert speed_bars([0, 0], 8, 4) == ""
    assert speed_bars([60, 0, 30], 6, 6) == "   ▇ ▄"
    assert speed_bars([10, 60, 0, 0, 60], 6, 3) == "▂▇▇"
    assert speed_bars([60.0] * 180, 180, 100) == " " * 10 + "▇" * 90
