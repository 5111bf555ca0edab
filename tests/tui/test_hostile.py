"""Every hostile text through modes R and M: nothing is obeyed, nothing reaches the terminal raw."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.scripted import ScriptedEngine
from store.db.connection import open_store
from store.items import candidates
from store.judgements import decisions, guidelines
from tests.tui.driving import MakeApp, StandInRunner, drawn, growing, press, revise, settle
from tests.tui.hostile import FORBIDDEN, HOSTILE
from tests.tui.seed import AT, a_chain, a_run

KEPT = {name: text for name, text in HOSTILE.items() if name != "surrogate"}
"""SQLite refuses lone surrogates: they can come from a model's stream only."""


async def test_revise_shows_streams_and_goes_on(empty_path: Path, make_app: MakeApp) -> None:
    rows = open_store(empty_path)
    run = a_run(rows)
    seeded = [
        a_chain(rows, (text, text, text, f"{text} and more"), category=text[:40] or "x", run=run)
        for text in KEPT.values()
    ]
    runner = StandInRunner()
    app = make_app(empty_path, engine=ScriptedEngine(), runner=runner)
    async with app.run_test(size=(80, 24)) as pilot:
        for name, made in zip(KEPT, seeded, strict=True):
            await settle(pilot)
            item = revise(app).item
            assert item is not None
            assert item.original_id == made.original, name
            runner.say(growing(made.prompt, made.original, "revise", KEPT[name]))
            shown = drawn(app)
            await settle(pilot)
            shown += drawn(app)
            assert not FORBIDDEN.intersection(shown.replace("\n", "")), name
            await press(pilot, "space")
    rows.close()


@pytest.mark.parametrize("name", ["closing_tag", "half_tag", "osc52", "c1"])
async def test_every_view_of_a_hostile_item(empty_path: Path, make_app: MakeApp, name: str) -> None:
    text = KEPT[name]
    rows = open_store(empty_path)
    a_chain(rows, (text, text, text, f"{text} and more"), category=text[:40])
    guidelines.add_version(rows, text, "first", AT)
    rows.close()
    app = make_app(empty_path, no_model=text)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for keys in (["i"], ["escape", "g"], ["escape", "v"], ["v", "s"], ["s", "a"], ["M"]):
            await press(pilot, *keys)
            assert not FORBIDDEN.intersection(drawn(app).replace("\n", "")), keys


async def test_a_stream_with_half_a_pair(empty_path: Path, make_app: MakeApp) -> None:
    rows = open_store(empty_path)
    made = a_chain(rows, ("q", "a", "c", "b"))
    rows.close()
    runner = StandInRunner()
    app = make_app(empty_path, engine=ScriptedEngine(), runner=runner)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        runner.say(growing(made.prompt, made.original, "revise", HOSTILE["surrogate"]))
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
    from store.db.connection import create

    path = tmp_path / "[red]\x1b[31m\u202ex.db"
    create(path, seed="s").close()
    app = make_app(path, annotator="[/b]\x9b31mme")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "M", "R")
        shown = drawn(app)
        assert "[red]" in shown
        assert not FORBIDDEN.intersection(shown.replace("\n", ""))
