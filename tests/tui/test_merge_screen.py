"""Merging from the app: a look first, then the merge."""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database

from store.db.backup import backup
from store.db.connection import open_store
from store.items import pairs
from store.judgements import labels
from tests.tui.driving import MakeApp, drawn, press, settle, until
from tests.tui.seed import AT
from tui.dialogs.merge import MergeScreen


async def test_shows_what_would_come_in_then_brings_it_in(
    study: Path, rows: Database, make_app: MakeApp, tmp_path: Path
) -> None:
    backup(rows, tmp_path / "other.db")
    other = open_store(tmp_path / "other.db")
    ids = [each.id for each in pairs.ordered(other)]
    labels.give(other, ids[0], "second", "b", at=AT)
    labels.give(other, ids[1], "first", "b", at=AT)
    other.close()
    labels.give(rows, ids[1], "first", "a", at=AT)
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await app.push_screen(MergeScreen())
        await settle(pilot)
        screen = app.screen
        assert isinstance(screen, MergeScreen)
        screen.note_line.open("path", str(tmp_path / "other.db"))
        await press(pilot, "enter")
        await until(pilot, lambda: "would come in" in " ".join(drawn(app).split()))
        shown = drawn(app)
        assert "second 1 1 0 0" in " ".join(shown.split())
        assert "first 1 0 1 1" in " ".join(shown.split())
        assert "conflict · label of first" in shown
        assert labels.mine(rows, ids[0], "second") is None
        await press(pilot, "enter")
        await until(pilot, lambda: screen.status.told == "merged")
        assert "came in" in " ".join(drawn(app).split())
        await press(pilot, "escape")
        assert not isinstance(app.screen, MergeScreen)
    assert labels.mine(rows, ids[0], "second") is not None


async def test_a_file_that_is_no_project_is_refused_in_words(
    study: Path, make_app: MakeApp, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("nothing of the kind", encoding="utf-8")
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await app.push_screen(MergeScreen())
        await settle(pilot)
        screen = app.screen
        assert isinstance(screen, MergeScreen)
        screen.note_line.open("path", str(tmp_path / "notes.txt"))
        await press(pilot, "enter")
        assert "is no pairlab project" in " ".join(drawn(app).split())
        assert "p takes another path" in drawn(app)
        await press(pilot, "enter")
        assert app.is_running
