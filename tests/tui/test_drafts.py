"""A text that is open is on the disk, and offered again."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner
from sqlite_utils import Database

from store.db.connection import create, open_store
from store.items import candidates, pairs
from store.judgements import decisions, guidelines, labels, rulings
from store.merging.merge import merge
from store.records import Choice
from tests.tui.driving import MakeApp, drawn, press, revise, settle, until
from tests.tui.seed import AT, PROCESS
from tui.cli import main

TIME = r"from (\d+ \w+, )?\d\d:\d\d"


def drafts(rows: Database) -> dict[str, str]:
    """Kind to text."""
    return dict(rows.execute("SELECT kind, text FROM draft").fetchall())


def notes(rows: Database) -> list[str]:
    """The notes on all pairs."""
    return [note for pair in pairs.ordered(rows) for note in labels.notes(rows, pair.id).values()]


async def saved(pilot, rows: Database, kind: str, text: str) -> None:
    await until(pilot, lambda: drafts(rows).get(kind) == text)


async def test_an_edit_is_on_the_disk_while_it_is_open(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "e", "M", "y")
        await saved(pilot, rows, "edit", "My" + PROCESS[3])


async def test_ctrl_q_keeps_the_edit_and_the_next_start_offers_it(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "e", "M", "y")
        await pilot.press("ctrl+q")
    assert drafts(rows) == {"edit": "My" + PROCESS[3]}
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        assert re.search(f"unfinished edit {TIME} is here: e goes on", drawn(app))
        await press(pilot, "e")
        assert re.search(f"your draft {TIME}", drawn(app))
        await press(pilot, "ctrl+s")
        assert not revise(app).chain.editor.display
    (decision,) = decisions.ordered(rows)
    assert candidates.get(rows, decision.edited_id or "").text == "My" + PROCESS[3]
    assert drafts(rows) == {}


async def test_a_text_that_is_again_as_it_was_is_no_draft(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "e", "M")
        await saved(pilot, rows, "edit", "M" + PROCESS[3])
        await press(pilot, "backspace", "escape")
        await until(pilot, lambda: not drafts(rows))
        assert "unfinished" not in drawn(app)


async def test_a_note_is_offered_again(study: Path, rows: Database, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "L", "m", "o", "d")
        await pilot.press("ctrl+q")
    assert drafts(rows) == {"note": "od"}
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "L")
        assert "unfinished note" in drawn(app)
        await press(pilot, "m", "d", "enter")
    assert notes(rows) == ["odd"]
    assert drafts(rows) == {}


async def test_letters_typed_at_once_behind_m_are_the_note(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "L", "m", "a", "enter")
        await pilot.press("m", "b", "1")
        await settle(pilot)
        await press(pilot, "enter")
    (note,) = [
        note for pair in pairs.ordered(rows) for note in labels.notes(rows, pair.id).values()
    ]
    assert note == "ab1"
    assert rows.execute("SELECT count(*) FROM label_head").fetchone()[0] == 0


async def test_a_reason_and_a_case_are_offered_again(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    pair = pairs.ordered(rows)[0].id
    labels.give(rows, pair, "first", "a", at=AT)
    labels.give(rows, pair, "second", "b", at=AT)
    app = make_app(study)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "J", "1", "enter", "s", "o", "escape")
        await pilot.press("ctrl+q")
    assert drafts(rows) == {"reason": "so"}
    app = make_app(study)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "J")
        assert "unfinished reason" in drawn(app)
        await press(pilot, "1", "enter", "enter", "left", "g", "n", "o")
        await pilot.press("ctrl+q")
    assert rulings.all_standing(rows)[pair].reason == "so"
    assert drafts(rows) == {"case": "sono"}
    app = make_app(study)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "J", "left")
        assert "unfinished" in drawn(app)


async def test_a_guideline_is_offered_again(study: Path, rows: Database, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "g", "e", "N", "e", "w")
        await pilot.press("ctrl+q")
    assert drafts(rows)["guideline"].startswith("New")
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "g")
        assert "unfinished" in drawn(app)
        await press(pilot, "e", "ctrl+s")
    current = guidelines.current(rows)
    assert current is not None
    assert current.text.startswith("New")
    assert drafts(rows) == {}


async def test_a_click_on_a_key_in_the_footer_is_no_command_while_a_text_is_open(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "e")
        keys = "ctrl+s Save"
        for x in range(len(keys) + 16, 110, 5):  # behind the two keys of an open text
            await pilot.click("KeysLine", offset=(x, 0))
            await settle(pilot)
        assert keys in drawn(app)
        assert decisions.ordered(rows) == []
        await pilot.click("KeysLine", offset=(5, 0))
        await settle(pilot)
        assert keys not in drawn(app)
    assert [each.choice for each in decisions.ordered(rows)] == [Choice.ACCEPT]


def test_drafts_leave_the_file_with_no_export_and_no_merge(
    study: Path, rows: Database, tmp_path: Path
) -> None:
    rows.execute("INSERT INTO draft VALUES ('first', 'note', 'x', 'marmalade', ?, NULL)", [AT])
    out = tmp_path / "out"
    done = CliRunner().invoke(
        main, ["--db", str(study), "export", str(out), "--format", "audit", "--allow", "unlabelled"]
    )
    done = CliRunner().invoke(main, ["--db", str(study), "export", str(out), "--format", "audit"])
    assert done.exit_code == 0, done.output
    assert not any("marmalade" in file.read_text() for file in out.rglob("*.json*"))
    other = create(tmp_path / "other.db", seed="seed", at=AT)
    merge(other, study)
    assert drafts(other) == {}
    other.close()


def test_a_guideline_draft_of_an_older_file_is_kept(empty_path: Path) -> None:
    db = open_store(empty_path)
    db.execute("INSERT INTO meta (key, value) VALUES ('guideline draft:first', 'my words')")
    db.execute("DROP TABLE draft")
    db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm0006_drafts'")
    db.close()
    db = open_store(empty_path)
    assert drafts(db) == {"guideline": "my words"}
    db.close()
