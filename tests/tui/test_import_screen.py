"""Importing from the app: what was understood first, then the import."""

from __future__ import annotations

import json
from pathlib import Path

from store.db.connection import open_store
from store.items import pairs
from tests.tui.driving import MakeApp, drawn, mode_screen, press, settle, until
from tui.dialogs.import_file import ImportScreen
from tui.modes.label.screen import LabelScreen
from tui.widgets.note_line import CleanInput


def stored(path: Path) -> int:
    db = open_store(path)
    try:
        return len(pairs.ordered(db))
    finally:
        db.close()


async def test_shows_what_was_understood_then_writes_and_label_has_the_pair(
    empty_path: Path, make_app: MakeApp, tmp_path: Path
) -> None:
    row = {"prompt": "why?", "chosen": "because", "rejected": "no", "colour": "red"}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n{broken\n", encoding="utf-8")
    app = make_app(empty_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "L")
        label = mode_screen(app)
        assert isinstance(label, LabelScreen)
        assert "ctrl+o" in drawn(app)
        await press(pilot, "ctrl+o")
        screen = app.screen
        assert isinstance(screen, ImportScreen)
        field = screen.note_line.query_one(CleanInput)
        field.value = str(tmp_path / "ro")
        field.cursor_position = len(field.value)
        await until(pilot, lambda: bool(field._suggestion))
        await press(pilot, "tab")
        assert field.value == str(tmp_path / "rows.jsonl")
        await press(pilot, "enter")
        await until(pilot, lambda: "Bring in" in drawn(app))
        shown = " ".join(drawn(app).split())
        for words in ("nothing was written", "why?", "1 to add", "1 refused", "colour in 1 row"):
            assert words in shown
        assert stored(empty_path) == 0
        await press(pilot, "enter")
        await until(pilot, lambda: "1 added" in drawn(app))
        assert stored(empty_path) == 1
        await press(pilot, "escape")
        await until(pilot, lambda: label.to_label is not None and "because" in drawn(app))


async def test_a_column_given_as_category_is_seen_in_the_first_rows(
    empty_path: Path, make_app: MakeApp, tmp_path: Path
) -> None:
    (tmp_path / "own.csv").write_text("question;topic\nWhy?;myths\n", encoding="utf-8")
    app = make_app(empty_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+o")
        screen = app.screen
        assert isinstance(screen, ImportScreen)
        for item, text in (("path", str(tmp_path / "own.csv")), ("column", "category=topic")):
            screen.note_line.open(item, text)
            await press(pilot, "enter")
        await until(pilot, lambda: "category myths" in " ".join(drawn(app).split()))
        assert "category from topic" in drawn(app)


async def test_escape_leaves_everything_as_it_was_and_a_missing_file_is_told(
    empty_path: Path, make_app: MakeApp, tmp_path: Path
) -> None:
    (tmp_path / "prompts.txt").write_text("one\ntwo\n", encoding="utf-8")
    app = make_app(empty_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+o")
        screen = app.screen
        assert isinstance(screen, ImportScreen)
        for name, words in (("none.txt", "p takes another path"), ("prompts.txt", "2 to add")):
            screen.note_line.open("path", str(tmp_path / name))
            await press(pilot, "enter")
            await until(pilot, lambda words=words: words in drawn(app))
        await press(pilot, "escape")
        assert app.screen is mode_screen(app)
        assert "no prompts yet" in drawn(app)
