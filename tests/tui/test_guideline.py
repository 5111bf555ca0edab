"""The guideline's own screen: versions, search, editor, labelling again."""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database

from store.items import pairs
from store.judgements import guidelines, labels
from tests.tui.driving import MakeApp, drawn, press, settle
from tests.tui.seed import AT
from tui.app import PairlabApp
from tui.dialogs.guideline import GuidelineScreen
from tui.dialogs.guideline_text import found, sections, unbroken

SECOND = "# Guideline\n\nHonest before polite.\n\n## Length\n\nShorter is better.\n"


def sheet(app: PairlabApp) -> GuidelineScreen:
    assert isinstance(app.screen, GuidelineScreen)
    return app.screen


async def test_a_new_version_is_written_in_place(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study, "second")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "g", "e", "Z", "e", "ctrl+s")
        assert sheet(app).status.told == "version 2 is in force"
        assert "Ze" in drawn(app)
        await press(pilot, "escape")
        assert not isinstance(app.screen, GuidelineScreen)
    now = guidelines.current(rows)
    assert now is not None
    assert (now.version, now.author) == (2, "second")
    assert now.text == "Ze# Guideline\n\nHonest before polite."


async def test_what_was_not_kept_waits(study: Path, rows: Database, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "g", "e", "Q", "escape", "escape")
        assert len(guidelines.history(rows)) == 1
        await press(pilot, "g", "e")
        assert "Q# Guideline" in drawn(app)
        await press(pilot, "ctrl+s", "e")
        assert "your unfinished text" not in drawn(app)
    assert len(guidelines.history(rows)) == 2


async def test_an_unchanged_text_adds_no_version(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "g", "e", "ctrl+s")
        assert sheet(app).status.told == "version 1 is as it was"
    assert len(guidelines.history(rows)) == 1


async def test_a_version_made_meanwhile_is_not_run_over_unseen(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(100, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "g", "e", "X")
        guidelines.add_version(rows, SECOND, "second", AT)
        await press(pilot, "ctrl+s")
        assert "second made a new version meanwhile" in sheet(app).status.told
        assert len(guidelines.history(rows)) == 2
        await press(pilot, "ctrl+s")
    assert [each.version for each in guidelines.history(rows)] == [1, 2, 3]


async def test_versions_changes_and_search(study: Path, rows: Database, make_app: MakeApp) -> None:
    guidelines.add_version(rows, SECOND, "second", AT)
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "g")
        shown = drawn(app)
        assert "v1" in shown
        assert "● v2" in shown
        assert "Shorter is better." in shown
        await press(pilot, "d")
        assert "changes since v1" in drawn(app)
        await press(pilot, "d", "left")
        assert "Shorter is better." not in drawn(app)
        await press(pilot, "right", "slash", "s", "h", "o", "enter")
        assert "Honest before polite." not in drawn(app)
        await press(pilot, "escape")
        assert "Honest before polite." in drawn(app)


async def test_labels_under_an_older_version_are_queued_again(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    pair = pairs.ordered(rows)[0].id
    labels.give(rows, pair, "first", "a", at=AT)
    labels.give(rows, pair, "second", "a", at=AT)
    guidelines.add_version(rows, SECOND, "second", AT)
    app = make_app(study)
    async with app.run_test(size=(100, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "g", "r")
        assert "r again queues 1 pair" in sheet(app).status.told
        assert labels.mine(rows, pair, "first") is not None
        await press(pilot, "r")
        assert "1 pair in your queue again" in sheet(app).status.told
    answers = {each.annotator: each.answer for each in labels.of_pair(rows, pair)}
    assert answers == {"first": "again", "second": "given"}


async def test_a_project_without_a_guideline_gets_one(empty_path: Path, make_app: MakeApp) -> None:
    app = make_app(empty_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "g")
        assert "no guideline yet" in drawn(app)
        await press(pilot, "e", "ctrl+s")
        assert "version 1 is in force" in drawn(app)


def test_sections_and_what_a_search_finds() -> None:
    assert sections(SECOND) == [
        "# Guideline\n\nHonest before polite.\n",
        "## Length\n\nShorter is better.",
    ]
    assert found(SECOND, "BETTER shorter") == ["## Length\n\nShorter is better."]
    assert found(SECOND, "nowhere") == []
    assert "\n".join(found(SECOND, "")) == SECOND.rstrip()


def test_a_paragraph_is_one_line_where_versions_are_compared() -> None:
    text = (
        "# Top\n\none\n  two\n**three**\n\n- a\n  b\n- c\n1. d\n\n```\nx\ny\n```\n\n| a |\n| b |\n"
    )
    assert unbroken(text) == (
        "# Top\n\none two **three**\n\n- a b\n- c\n1. d\n\n```\nx\ny\n```\n\n| a |\n| b |\n"
    )
