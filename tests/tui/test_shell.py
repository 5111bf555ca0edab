from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlite_utils import Database

from engine.scripted import ScriptedEngine
from store.db import meta
from store.errors import DiskFull
from store.judgements import decisions
from tests.tui.driving import (
    MakeApp,
    StandInRunner,
    drawn,
    mode_screen,
    press,
    revise,
    settle,
    until,
)
from tests.tui.seed import PROCESS
from tui.app import PairlabApp
from tui.dialogs.sheet import Sheet
from tui.modes.registry import MODES
from tui.widgets.footer import shown_keys
from tui.widgets.header import Header
from tui.widgets.text_body import TextBody


async def test_upper_case_letters_and_clicks_change_the_mode(
    study: Path, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "M")
        assert app.current_mode == "model"
        header = app.screen.query_one(Header)
        at = header.render().plain.index("Revise") + 1
        await pilot.click(Header, offset=(at, 0))
        await settle(pilot)
        assert app.current_mode == "revise"
        assert revise(app).prompt.text == PROCESS[0]


@pytest.mark.parametrize("width", [80, 120, 200])
async def test_header_and_footer_are_as_wide_as_the_screen(
    study: Path, make_app: MakeApp, width: int
) -> None:
    app = make_app(study, annotator="a name of many letters 猫猫猫猫猫猫猫猫猫猫猫猫")
    async with app.run_test(size=(width, 24)) as pilot:
        await settle(pilot)
        screen = mode_screen(app)
        screen.header.agreement = "κ .76  n 124"
        line = screen.header.render()
        assert line.cell_length <= width - 2
        assert all(mode.name in line.plain for mode in MODES if mode.in_header)
        assert "κ .76  n 124" in line.plain
        assert "as a name" in line.plain
        rows = screen.keys_line.render().split("\n")
        assert len(rows) == (1 if width == 200 else 2)
        assert all(row.cell_length <= width - 2 for row in rows)
        assert rows[-1].plain.endswith("q Quit")
        if width == 120:  # the mode's own keys above those of everywhere
            assert rows[1].plain.startswith("u Undo")


async def test_the_footer_shows_only_keys_that_work(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(160, 30)) as pilot:
        await settle(pilot)
        keys = {key for key, _, enabled in shown_keys(app.screen) if enabled}
        assert {"a", "e", "x", "o", "d", "u", "space", "?"} <= keys
        assert not {"r", "p", "n"} & keys  # no model
        for key, binding, _ in shown_keys(app.screen):
            assert binding.tooltip, key
            *of_app, action = binding.action.split("(")[0].split(".")
            owner = app if of_app or binding.id == "all.quit" else app.screen
            assert hasattr(owner, f"action_{action}"), key


async def test_a_remapped_key_is_shown_and_works(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        app.set_keymap({"revise.accept": "y"})
        await settle(pilot)
        assert "y Accept" in revise(app).keys_line.render().plain
        await press(pilot, "y")
    assert len(decisions.ordered(rows)) == 1


async def test_help_tells_this_modes_keys_in_sentences(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(100, 60)) as pilot:
        await settle(pilot)
        await press(pilot, "question_mark")
        shown = drawn(app)
        assert "takes the revision as the better answer" in shown
        assert "struck through" in shown
        await press(pilot, "slash", *"shield")
        await until(pilot, lambda: "struck through" not in drawn(app))
        assert "hides all but the first lines" in drawn(app)
        assert "takes the revision" not in drawn(app)
        await press(pilot, "enter", "escape", "escape")
        assert app.screen is mode_screen(app)


async def test_guideline_over_the_screen(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "g")
        assert "Honest before polite." in drawn(app)
        await press(pilot, "g")
        assert not isinstance(app.screen, Sheet)


async def test_panes_are_picked_and_scrolled(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        chain = revise(app).chain
        lines = "\n".join(map(str, range(200)))
        for pane in (chain.candidate, chain.revision):
            pane.show(lines)
        await settle(pilot)
        left, right = (pane.query_one(TextBody) for pane in (chain.candidate, chain.revision))
        await press(pilot, "j", "down", "pagedown")
        assert left.top == right.top > 2
        await press(pilot, "home", "tab", "tab", "end")
        assert left.top > 100
        assert right.top == 0
        assert "more ↓" in drawn(app)
        await press(pilot, "shift+tab", "shift+tab", "k")
        assert app.screen.focused is None


async def test_full_screen_and_back(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        chain = revise(app).chain
        await press(pilot, "v")
        assert chain.revision.size.height > 15
        assert not chain.candidate.display
        await press(pilot, "escape")
        assert chain.candidate.display
        await press(pilot, "v", "v")
        assert chain.candidate.display


async def test_shield_hides_all_but_the_first_line_and_is_remembered(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "seek support" in drawn(app)
        await press(pilot, "s")
        assert "seek support" not in drawn(app)
    assert meta.get(rows, "shield:first") == "on"
    other = make_app(study, annotator="second")
    async with other.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "seek support" in drawn(other)
    again = make_app(study)
    async with again.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "seek support" not in drawn(again)
        await press(pilot, "a")
        assert "shielded" in drawn(again)


async def test_wide_is_side_by_side_and_narrow_is_stacked(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        chain = revise(app).chain
        assert chain.candidate.region.y == chain.revision.region.y
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        tops = [p.region.y for p in (chain.candidate, chain.critique, chain.revision)]
        assert tops == sorted(set(tops))
        await pilot.resize_terminal(120, 30)
        await settle(pilot)
        assert chain.candidate.region.y == chain.revision.region.y < chain.critique.region.y


async def test_quit_ends_the_model(study: Path, make_app: MakeApp) -> None:
    engine, runner = ScriptedEngine(), StandInRunner()
    engine.hold()
    app = make_app(study, engine=engine, runner=runner)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert runner.started
        await pilot.press("q")
    assert not runner.started
    assert engine.status.state == "stopped"
    assert app.return_code == 0


async def test_a_store_error_is_one_line_and_nothing_is_lost(
    study: Path, rows: Database, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise DiskFull("study.db: the disk is full; what was stored before is kept")

    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        with monkeypatch.context() as patch:
            patch.setattr("tui.modes.revise.item.decisions.decide", full)
            await press(pilot, "a")
        assert "the disk is full" in drawn(app)
        assert revise(app).prompt.text == PROCESS[0]
        await press(pilot, "a")
        assert "the disk is full" not in drawn(app)
    assert len(decisions.ordered(rows)) == 1


async def accept_one(app: PairlabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("a")
        await settle(pilot)


async def test_a_workers_error_is_a_line_and_a_log_entry(
    study: Path, tmp_path: Path, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(PROCESS[1])

    log = tmp_path / "state" / "model-host.log"
    log.parent.mkdir()
    app = make_app(study, log_path=log)
    async with app.run_test(size=(160, 30)) as pilot:
        await settle(pilot)
        monkeypatch.setattr("tui.modes.revise.screen.revise_item.decide", broken)
        await press(pilot, "a")
        assert "RuntimeError" in drawn(app)
        assert "is kept" in drawn(app)
        monkeypatch.undo()
        await press(pilot, "a")
        assert "accepted" in drawn(app)
    crash = log.with_name("crash.log")
    assert "RuntimeError" in crash.read_text()
    assert PROCESS[1] not in crash.read_text()
    assert crash.stat().st_mode & 0o777 == 0o600


async def test_a_crash_shows_no_texts_and_names_the_log(
    study: Path, tmp_path: Path, make_app: MakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise RuntimeError(PROCESS[1])

    log = tmp_path / "state" / "model-host.log"
    log.parent.mkdir()
    app = make_app(study, log_path=log)

    async def crash() -> None:
        async with app.run_test(size=(120, 30)) as pilot:
            await settle(pilot)
            app.call_later(broken)
            await settle(pilot)

    with pytest.raises(RuntimeError):
        await crash()
    told = "".join(capsys.readouterr().err.split())  # a long path is broken over lines
    assert "crash.log" in told
    assert "killing" not in told
    kept = log.with_name("crash.log").read_text()
    assert "RuntimeError" in kept
    assert "killing" not in kept


def test_textuals_debugging_switches_are_dropped() -> None:
    probe = (
        "import tui, textual.constants as c;"
        "print(c.LOG_FILE, c.SCREENSHOT_DELAY, c.PRESS == '', c.DEBUG)"
    )
    leaky = {
        "TEXTUAL_LOG": "/tmp/leak.log",
        "TEXTUAL_SCREENSHOT": "1",
        "TEXTUAL_PRESS": "a",
        "TEXTUAL_DEBUG": "1",
        "TEXTUAL": "devtools,debug",
    }
    done = subprocess.run(
        [sys.executable, "-c", probe],
        env={**os.environ, **leaky},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["None", "-1", "True", "False"]


def kept(folder: Path) -> list[str]:
    """Files that are not the project's."""
    return [path.name for path in folder.iterdir() if not path.name.startswith("study.db")]


async def test_nothing_leaves_by_itself(
    study: Path, tmp_path: Path, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.chdir(tmp_path)
    app = make_app(study)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        app.open_url("http://example.org/[/b]", new_tab=False)
        await settle(pilot)
        assert "http://example.org/[/b]" in drawn(app)
        app.action_screenshot()
        await press(pilot, "ctrl+p", *"scree")
        assert "creenshot" not in drawn(app)
    assert opened == []
    assert sorted(kept(tmp_path)) == []


async def test_the_palette_has_modes_first_then_actions_then_keys(
    study: Path, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(100, 60)) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+p")
        await until(pilot, lambda: "Back up the project" in drawn(app))
        shown = drawn(app)
        names = ["Revise", "Import a file", "Rounds", "Settings", "Accept", "Guideline", "Colours"]
        places = [shown.index(f"{name}  ") for name in names[:-1]]
        assert places == sorted(places)
        assert "H r" in shown
        await press(pilot, *"light")
        await until(
            pilot, lambda: "Colours: light" in drawn(app) and "Import a file" not in drawn(app)
        )
        await press(pilot, "down", "enter")
        assert app.theme == "pairlab-light"


@pytest.mark.parametrize("theme", ["pairlab-dark", "pairlab-light", "pairlab-terminal"])
async def test_every_theme_draws(study: Path, make_app: MakeApp, theme: str) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.theme = theme
        await settle(pilot)
        assert "Find its process" in drawn(app)


async def test_every_mode_opens(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for mode in MODES:
            await press(pilot, mode.key)
            assert app.current_mode == mode.id
            assert mode.name in drawn(app)


async def test_no_color_is_honoured(
    study: Path, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "d")
        svg = app.export_screenshot()
        assert "line-through" in svg
        assert "underline" in svg
        colours = set(re.findall(r"r\d+ \{ fill: (#\w+)", svg))
        assert len(colours) == 1


async def test_the_model_starts_also_when_one_leaves_before_the_first_item_is_painted(
    study: Path, make_app: MakeApp
) -> None:
    runner = StandInRunner()
    app = make_app(study, engine=ScriptedEngine(), runner=runner)
    async with app.run_test(size=(80, 24)) as pilot:
        app.action_mode("kappa")
        await settle(pilot)
        await until(pilot, lambda: runner.started)
        assert app.current_mode == "kappa"


async def test_the_screen_is_there_before_the_model(study: Path, make_app: MakeApp) -> None:
    class Slow(ScriptedEngine):
        def __init__(self) -> None:
            super().__init__()
            self.gate = asyncio.Event()

        async def load(self):  # type: ignore[no-untyped-def]
            await self.gate.wait()
            return await super().load()

    engine, runner = Slow(), StandInRunner()
    app = make_app(study, engine=engine, runner=runner)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: PROCESS[0] in drawn(app))
        assert not runner.started
        while revise(app).prompt.text == PROCESS[0]:
            await pilot.press("a")  # dropped as long as the item is not painted
        engine.gate.set()
        await settle(pilot)
        assert runner.started


async def test_without_an_item_only_keys_that_do_something_are_told(
    empty_path: Path, make_app: MakeApp
) -> None:
    app = make_app(empty_path)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        for mode in "LJK":
            await press(pilot, mode)
            told = [binding.description for _, binding, _ in shown_keys(app.screen)]
            assert set(told) <= {"Undo", "Guideline", "Find", "Help", "Quit"}


async def test_a_key_that_has_nothing_to_act_on_says_so(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "R")
        revise(app).item_shown(None)
        await press(pilot, "m")
        assert revise(app).status.dropped == "m did not count: there is nothing for it here now"
