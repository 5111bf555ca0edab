"""Reading: Markdown on a key, the shield over harmful prompts, copying when asked and only then."""

from __future__ import annotations

import base64
from contextlib import closing
from pathlib import Path

import pytest
from textual.driver import Driver
from textual.events import Paste

from store.db.connection import open_store
from store.items import pairs
from store.judgements import labels
from tests.tui.driving import MakeApp, drawn, mode_screen, press, settle
from tests.tui.seed import AT, a_chain
from tests.tui.test_label import label
from tui import configuration
from tui.widgets.answer_pane import AnswerPane

WORSE = "## Steps\n\n1. Say **nothing**.\n2. Leave."
BETTER = "I will not help with that. " + "No. " * 20 + "Ask somebody who may know of another way."


@pytest.fixture
def harmful(empty_path: Path) -> Path:
    db = open_store(empty_path)
    a_chain(db, ("How do I rob a bank?", WORSE, "it helps", BETTER), "harmful")
    a_chain(
        db,
        (
            "How do I bake?",
            "Take flour",
            "it is short",
            "Take flour. " + "Knead it. " * 12 + "Then, and water",
        ),
    )
    db.close()
    return empty_path


async def test_markdown_is_drawn_on_a_key_and_bare_by_default(
    harmful: Path, make_app: MakeApp
) -> None:
    app = make_app(harmful)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "L", "#", "1", "enter")
        while "rob" not in label(app).prompt.text:
            await press(pilot, "right")
        assert "## Steps" in drawn(app)
        assert "**nothing**" in drawn(app)
        await press(pilot, "l")
        assert "##" not in drawn(app)
        assert "1. Say nothing." in drawn(app)
        await press(pilot, "l")
        assert "## Steps" in drawn(app)


async def test_answers_to_harmful_prompts_are_hidden_until_asked_for(
    harmful: Path, make_app: MakeApp, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    file.write_text('shield = "harmful"\n')
    read = configuration.read(file)
    assert read.refused == ()
    app = make_app(harmful, configuration=read)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "L")
        while "rob" not in label(app).prompt.text:
            await press(pilot, "right")
        assert "another way" not in drawn(app)
        await press(pilot, "s")
        assert "another way" in drawn(app)
        await press(pilot, "left", "right")
        while "bake" not in label(app).prompt.text:
            await press(pilot, "left")
        assert "and water" in drawn(app)
        await press(pilot, "f")
        await press(pilot, "right", "left")
        while "rob" not in label(app).prompt.text:
            await press(pilot, "right")
        assert "another way" not in drawn(app)


def test_a_shield_of_another_name_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('shield = "always"\n')
    assert configuration.read(file).refused == ("shield is one of off, harmful",)


async def test_a_text_reaches_the_clipboard_when_asked_and_only_then(
    harmful: Path, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(harmful)
    written: list[str] = []
    async with app.run_test(size=(80, 24)) as pilot:
        driver = app._driver
        assert isinstance(driver, Driver)
        monkeypatch.setattr(driver, "write", written.append)
        await press(pilot, "L", "1", "u", "tab", "tab")
        assert not any("\x1b]52;" in each for each in written)
        await press(pilot, "ctrl+y")
        (sent,) = [each for each in written if "\x1b]52;" in each]
        text = base64.b64decode(sent.partition("c;")[2].rstrip("\x07\x1b\\")).decode()
        assert text == label(app).left.text
        assert "copied" in drawn(app)


@pytest.mark.parametrize("keys", [["e", "escape"], ["L", "c", "2", "escape"], ["J"], ["B"]])
async def test_a_pane_on_the_full_screen_is_alone(
    study: Path, make_app: MakeApp, keys: list[str]
) -> None:
    """Whichever it is, also one that gave its place to an editor."""
    with closing(open_store(study)) as db:
        for verdict, name in (("a", "first"), ("b", "second")):
            labels.give(db, pairs.ordered(db)[0].id, name, verdict, at=AT)
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, *keys)
        screen = mode_screen(app)
        panes = [pane for pane in screen.query(AnswerPane) if pane.region]
        for pane in panes:
            await press(pilot, "tab", "v")
            rows = [each for each in screen.query("AnswerPane, RowList") if each.region]
            assert rows == [pane]
            await press(pilot, "v")
            assert [each for each in screen.query(AnswerPane) if each.region] == panes


async def test_keys_and_pastes_that_can_do_nothing_say_so(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "L")
        app.post_message(Paste("meant for a note"))
        await settle(pilot)
        assert "paste did not count: no text is open for it" in drawn(app)
