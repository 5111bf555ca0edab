from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlite_utils import Database
from textual.events import Paste

from store.db.connection import open_store
from store.items import pairs
from store.judgements import decisions, labels
from store.records import Choice
from tests.tui.driving import MakeApp, drawn, press, settle, until
from tests.tui.seed import AT, a_chain
from tui.app import PairlabApp
from tui.dialogs.pairs_list import ItemsScreen
from tui.modes.export.screen import ExportScreen


def export(app: PairlabApp) -> ExportScreen:
    screen = app.screen_stack[0]
    assert isinstance(screen, ExportScreen)
    return screen


@pytest.fixture
def decided(empty_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six pairs of which three go out; the working directory is the project's."""
    db = open_store(empty_path)
    found = [a_chain(db, (f"prompt {i}", f"bad {i}", "no", f"good {i}")) for i in range(6)]
    for chain, verdict in zip(found, ("a", "b", "tie"), strict=False):
        labels.give(db, chain.pair, "first", verdict, at=AT)
    labels.give(db, found[3].pair, "first", "a", at=AT)
    labels.give(db, found[3].pair, "second", "b", at=AT)
    decisions.decide(db, found[4].revision, "first", Choice.ACCEPT, at=AT)
    db.close()
    monkeypatch.chdir(empty_path.parent)
    return empty_path


async def test_counts_rows_and_the_file_agree(decided: Path, make_app: MakeApp) -> None:
    app = make_app(decided)
    async with app.run_test(size=(140, 40)) as pilot:
        await press(pilot, "X")
        screen = export(app)
        assert screen.rule.heading == "3 of 6 pairs go out; these stay"
        told = drawn(app)
        for words in ("not labelled yet", "disagreement without ruling", "tie"):
            assert words in told
        assert "3 rows" in screen.rows.title
        assert '"chosen": "good 4"' in screen.rows.text
        await press(pilot, "enter")
        out = decided.parent / "study-triplets.jsonl"
        assert f"3 rows written to  {out}" in screen.result.visual.plain  # type: ignore[attr-defined]
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [set(line) for line in lines] == [{"prompt", "chosen", "rejected"}] * 3
    assert lines[2] == {"prompt": "prompt 4", "chosen": "good 4", "rejected": "bad 4"}


async def test_what_is_there_is_replaced_only_by_a_second_key(
    decided: Path, make_app: MakeApp
) -> None:
    out = decided.parent / "study-triplets.jsonl"
    out.write_text("mine")
    app = make_app(decided)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "X", "enter", "enter")
        assert out.read_text() == "mine"
        assert "exists." in drawn(app)
        await press(pilot, "escape", "y")
        assert out.read_text() == "mine"
        await press(pilot, "enter", "y")
        assert len(out.read_text().splitlines()) == 3


async def test_format_and_path_can_be_changed(decided: Path, make_app: MakeApp) -> None:
    app = make_app(decided)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "X", "t", "down", "enter")
        screen = export(app)
        assert screen.path.value == "study-trl.jsonl"
        assert '"role": "user"' in screen.rows.text
        await press(pilot, "p", "home", *"out/", "end", *["backspace"] * len("study-trl.jsonl"))
        assert screen.path.value == "out/"
        await press(pilot, "enter")
    assert (decided.parent / "out" / "manifest.json").exists()


@pytest.mark.parametrize("path", ["no/such/out", "x" * 300])
async def test_an_impossible_path_is_said_and_nothing_is_lost(
    decided: Path, make_app: MakeApp, path: str
) -> None:
    app = make_app(decided)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "X", "p", "ctrl+u")
        app.post_message(Paste(path))
        await press(pilot, "enter")
        await until(pilot, lambda: "could not be written" in " ".join(drawn(app).split()))
        assert export(app).rule.heading == "3 of 6 pairs go out; these stay"


async def test_a_reason_lists_its_pairs(decided: Path, make_app: MakeApp) -> None:
    app = make_app(decided)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "X", "down", "enter")
        assert isinstance(app.screen, ItemsScreen)
        assert "prompt 5" in drawn(app)
        await press(pilot, "enter")
        assert "good 5" in drawn(app)
        await press(pilot, "escape", "escape", "down", "enter")
        told = drawn(app)
        assert "the annotators disagree" in told
        assert "prompt 3" in told


async def test_a_label_elsewhere_moves_the_counts(decided: Path, make_app: MakeApp) -> None:
    app = make_app(decided, look_every=0.05)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "X")
        db = open_store(decided)
        labels.give(db, pairs.ordered(db)[5].id, "first", "b", at=AT)
        db.close()
        await until(pilot, lambda: export(app).rule.heading == "4 of 6 pairs go out; these stay")


async def test_an_empty_project_says_what_to_do(empty_path: Path, make_app: MakeApp) -> None:
    app = make_app(empty_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "X")
        assert "There is no pair in this project yet" in drawn(app)
        await press(pilot, "enter", "t", "p", "y", "down")
        assert app.screen is export(app)


async def test_nothing_decided_says_why(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "X", "enter")
        assert export(app).rule.heading == "0 of 3 pairs go out; these stay"
        assert "No pair goes out yet" in drawn(app)
        await settle(pilot)
    assert not list(study.parent.glob("*.jsonl"))


@pytest.mark.parametrize(("size", "name"), [((80, 24), "narrow"), ((160, 45), "wide")])
async def test_looks_calm(
    decided: Path, make_app: MakeApp, picture, size: tuple[int, int], name: str
) -> None:
    app = make_app(decided)
    async with app.run_test(size=size) as pilot:
        await press(pilot, "X")
        picture(app)


def test_rows_stay_as_they_are_while_the_screen_looks(decided: Path) -> None:
    db: Database = open_store(decided)
    kinds = {row[0] for row in db.execute("SELECT DISTINCT kind FROM event").fetchall()}
    db.close()
    assert "shown" not in kinds


async def test_what_the_checks_find_is_told_with_the_search_that_lists_it(
    decided: Path, make_app: MakeApp
) -> None:
    db = open_store(decided)
    labels.give(db, pairs.ordered(db)[5].id, "first", "a", seconds=0.1, at=AT)
    db.close()
    app = make_app(decided)
    async with app.run_test(size=(140, 40)) as pilot:
        await press(pilot, "X")
        assert "1 of 1 labels came faster" in drawn(app)
        assert "/ lists the pairs: finding:hasty_labels" in drawn(app)
        await press(pilot, "slash", *"hasty", "enter")
        assert "Pairs · 1" in drawn(app)


async def test_whose_word_stands_and_the_split_can_be_chosen(
    decided: Path, make_app: MakeApp
) -> None:
    app = make_app(decided)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "X")
        assert "one file, no split" in drawn(app)
        await press(pilot, "w")
        assert "by:second" in drawn(app)
        await press(pilot, "end", "up", "enter")  # by:first: its labels, else its decisions
        assert export(app).rule.heading == "4 of 6 pairs go out; these stay"
        await press(pilot, "s")
        assert "train 90 %, validation 5 %, test 5 %" in drawn(app)
        await press(pilot, "enter")
    manifest = json.loads((decided.parent / "study-triplets" / "manifest.json").read_text())
    assert manifest["from"] == "by:first"
