"""Reading: Markdown on a key, the shield over harmful prompts, copying when asked and only then."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from textual.driver import Driver

from store.db.connection import open_store
from tests.tui.driving import MakeApp, drawn, press
from tests.tui.seed import a_chain
from tests.tui.test_label import label
from tui import configuration

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
