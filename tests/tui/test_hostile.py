"""Every hostile text through modes R and M: nothing is obeyed, nothing reaches the terminal raw."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.scripted import ScriptedEngine
from store import candidates, decisions
from store.sqlite import open_store
from tests.tui.driving import MakeApp, StandInMaker, drawn, growing, press, revise, settle
from tests.tui.hostile import FORBIDDEN, HOSTILE
from tests.tui.seed import a_chain

KEPT = {name: text for name, text in HOSTILE.items() if name != "surrogate"}
"""SQLite refuses lone surrogates: they can come from a model's stream only."""


@pytest.mark.parametrize("name", KEPT)
async def test_revise_shows_streams_and_decides(
    empty_path: Path, make_app: MakeApp, name: str
) -> None:
    text = KEPT[name]
    rows = open_store(empty_path)
    made = a_chain(rows, (text, text, text, f"{text} and more"), category=text[:40] or "x")
    maker = StandInMaker()
    app = make_app(empty_path, annotator="first", engine=ScriptedEngine(), maker=maker)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert revise(app).item is not None
        shown = drawn(app)
        await press(pilot, "i")
        shown += drawn(app)
        await press(pilot, "escape", "v", "v")
        maker.say(growing(made.prompt, made.original, "revise", text))
        await settle(pilot)
        shown += drawn(app)
        assert not FORBIDDEN.intersection(shown.replace("\n", ""))
        await press(pilot, "space")
    rows.close()


async def test_a_stream_with_half_a_pair(empty_path: Path, make_app: MakeApp) -> None:
    rows = open_store(empty_path)
    made = a_chain(rows, ("q", "a", "c", "b"))
    rows.close()
    maker = StandInMaker()
    app = make_app(empty_path, engine=ScriptedEngine(), maker=maker)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        maker.say(growing(made.prompt, made.original, "revise", HOSTILE["surrogate"]))
        await settle(pilot)
        assert "half \ufffd of a pair" in drawn(app)


@pytest.mark.parametrize("name", ["escape", "separators", "crlf", "tabs", "bidi"])
async def test_an_edit_that_changes_nothing_keeps_every_byte(
    empty_path: Path, make_app: MakeApp, name: str
) -> None:
    rows = open_store(empty_path)
    made = a_chain(rows, ("q", "a", "c", KEPT[name]))
    app = make_app(empty_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "e")
        assert not FORBIDDEN.intersection(drawn(app).replace("\n", ""))
        await press(pilot, "ctrl+s")
    (decision,) = decisions.ordered(rows)
    assert decision.choice == "accept"
    assert candidates.get(rows, made.revision).text == KEPT[name]
    rows.close()


async def test_a_project_and_an_annotator_with_hostile_names(
    tmp_path: Path, make_app: MakeApp
) -> None:
    from store.sqlite import create

    path = tmp_path / "[red]\x1b[31m\u202ex.db"
    create(path, seed="s").close()
    app = make_app(path, annotator="[/b]\x9b31mme")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "M", "R")
        shown = drawn(app)
        assert "[red]" in shown
        assert not FORBIDDEN.intersection(shown.replace("\n", ""))
