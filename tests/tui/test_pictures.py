"""Pictures of the screens; `pytest --snapshot-update` after looking at each that changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.api import EngineStatus, State
from engine.method.events import PlanProgress
from engine.scripted import ScriptedEngine
from store.db.connection import open_store
from tests.tui.driving import MakeApp, StandInRunner, press, settle
from tests.tui.hostile import HOSTILE
from tests.tui.seed import a_chain
from tui.app import PairlabApp
from tui.modes.model import memory
from tui.modes.model.screen import ModelScreen

Picture = Callable[[PairlabApp], None]


class TestRevise:
    async def test_wide(self, study: Path, make_app: MakeApp, picture: Picture) -> None:
        app = make_app(study)
        async with app.run_test(size=(120, 30)) as pilot:
            await settle(pilot)
            picture(app)

    async def test_narrow(self, study: Path, make_app: MakeApp, picture: Picture) -> None:
        app = make_app(study)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await press(pilot, "a")
            picture(app)

    async def test_edit_in_light(self, study: Path, make_app: MakeApp, picture: Picture) -> None:
        app = make_app(study)
        app.theme = "pairlab-light"
        async with app.run_test(size=(120, 30)) as pilot:
            await settle(pilot)
            await press(pilot, "e")
            picture(app)

    async def test_cjk_and_hostile(
        self, empty_path: Path, make_app: MakeApp, picture: Picture
    ) -> None:
        db = open_store(empty_path)
        a_chain(
            db,
            (
                HOSTILE["cjk"],
                HOSTILE["closing_tag"] + "\n" + HOSTILE["escape"] + "\n" + HOSTILE["bidi"],
                HOSTILE["zwj"] + "\n" + HOSTILE["c1"],
                HOSTILE["cjk"].replace("猫", "犬"),
            ),
        )
        db.close()
        app = make_app(empty_path)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            picture(app)


class TestModel:
    async def test_narrow(
        self, study: Path, make_app: MakeApp, picture: Picture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # a slow machine must not draw a second's speed
        monkeypatch.setattr(ModelScreen, "_count_speed", lambda _self: None)
        monkeypatch.setattr(memory, "free_memory", lambda: 12_300_000_000)
        engine, runner = ScriptedEngine(name="tiny.gguf"), StandInRunner()
        app = make_app(study, engine=engine, runner=runner)
        async with app.run_test(size=(80, 24)) as pilot:
            await press(pilot, "M")
            trouble = "the model host was killed (SIGKILL); it was started again"
            engine.set_status(EngineStatus(State.WRITING, trouble, 61.2, 2, 3, 1000, 4000, 1))
            runner.say(PlanProgress(17, 63, 3, 61.2, 2400.0))
            await settle(pilot)
            picture(app)
