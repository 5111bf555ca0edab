"""Keys where a person wants them: on the real screen, and what cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from store.judgements import labels, settings
from tests.tui.driving import MakeApp, drawn, press, settle, until
from tests.tui.seed import AT
from tui import configuration, keymap
from tui.configuration import Configuration
from tui.widgets.footer import KeysLine

SIZE = (120, 30)


def written(tmp_path: Path, text: str) -> Configuration:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    return configuration.read(file)


def footer(app: Any) -> str:
    return app.screen.query_one(KeysLine).render().plain.replace("\n", "  ")


def verdicts(rows: Database) -> list[str]:
    return [one.verdict.value for one in labels.by_annotator(rows, "first")]


async def test_a_moved_key_acts_and_the_footer_shows_it(
    study: Path, make_app: MakeApp, rows: Database, tmp_path: Path
) -> None:
    read = written(tmp_path, '[keys]\nlabel.left = "z"\n"label.tie" = "t, f5"\n')
    assert read.refused == ()
    app = make_app(study, configuration=read)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await press(pilot, "L")
        assert "z Left" in footer(app)
        assert "2 Right" in footer(app)
        assert "t Tie" in footer(app)
        await press(pilot, "1")
        assert verdicts(rows) == []
        await press(pilot, "z")
        await until(pilot, lambda: len(verdicts(rows)) == 1)
        await press(pilot, "f5")
        await until(pilot, lambda: len(verdicts(rows)) == 2)
        assert "tie" in verdicts(rows)
        await press(pilot, "question_mark")
        assert "z" in next(line for line in drawn(app).splitlines() if "left one is better" in line)


async def test_two_keys_change_places(
    study: Path, make_app: MakeApp, rows: Database, tmp_path: Path
) -> None:
    read = written(tmp_path, '[keys]\nlabel.left = "2"\nlabel.right = "1"\n')
    assert read.refused == ()
    app = make_app(study, configuration=read)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await press(pilot, "L")
        assert "2 Left" in footer(app)
        assert "1 Right" in footer(app)
        await press(pilot, "2")
        await until(pilot, lambda: len(verdicts(rows)) == 1)


async def test_what_shares_the_key_keeps_it(
    study: Path, make_app: MakeApp, rows: Database, tmp_path: Path
) -> None:
    """``1`` is Left, and Much left where a project asks how much better."""
    settings.set(rows, settings.STRENGTH, True, "first", AT)
    app = make_app(study, configuration=written(tmp_path, '[keys]\nlabel.left = "z"\n'))
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await press(pilot, "L")
        assert "1 Much left" in footer(app)
        await press(pilot, "1")
        await until(pilot, lambda: len(verdicts(rows)) == 1)


async def test_hints_name_the_moved_key(study: Path, make_app: MakeApp, tmp_path: Path) -> None:
    """A draft, the guideline's way on, a mode's letter: each tells the key that works."""
    read = written(
        tmp_path,
        '[keys]\nall.note = "f2"\nmode.kappa = "ctrl+k"\nmove.earlier = "z"\n'
        'label.skipped = "f3"\n',
    )
    assert read.refused == ()
    app = make_app(study, configuration=read)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await press(pilot, "L", "f2", "h", "o", "m", "escape", *["space"] * 6)
        await until(pilot, lambda: "again" in drawn(app))
        shown = drawn(app)
        assert "ctrl+k" in shown
        assert "z" in next(line for line in shown.splitlines() if "through your verdicts" in line)
        await press(pilot, "ctrl+k")
        assert app.current_mode == "kappa"


async def test_a_moved_key_in_lists_and_the_guideline(
    study: Path, make_app: MakeApp, tmp_path: Path
) -> None:
    read = written(tmp_path, '[keys]\nguideline.edit = "w"\nall.guideline = "f1"\n')
    app = make_app(study, configuration=read)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await press(pilot, "L", "f1")
        assert "w Edit" in footer(app)
        await press(pilot, "w")
        await settle(pilot)
        assert "New version" in footer(app)


async def test_what_cannot_be_used_is_told_at_the_start(
    study: Path, make_app: MakeApp, tmp_path: Path
) -> None:
    read = written(tmp_path, '[keys]\nlabel.lefd = "z"\nlabel.tie = "nokey"\n')
    assert len(read.refused) == 2
    app = make_app(study, configuration=read)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await settle(pilot)
        [words] = [note.message for note in app._notifications if "config" in note.message]
        assert "label.lefd" in words
        assert "label.left" in words
        assert "1 more" in words


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('label.lefd = "z"', "label.left"),
        ('label.left = "excape"', "escape"),
        ('label.left = "ctrl+nosuch"', "no key"),
        ('label.left = ""', "quotes"),
        ("label.left = 3", "quotes"),
        ('label.left = "b"', "Both bad in Label"),
        ('label.left = "R"', "Revise in Label"),
        ('label.left = "j"', "Down in Label"),
        ('all.flag = "a"', "in Revise"),
        ('mode.kappa = "z"\nlabel.left = "z"', "Kappa in Label"),
        ('label.left = "ctrl+m"', "enter"),
        ('label.left = "ctrl+p"', "ctrl+p"),
        ('editor.save = "s"', "text"),
    ],
)
def test_what_cannot_be_used_changes_nothing(tmp_path: Path, line: str, named: str) -> None:
    read = written(tmp_path, f"[keys]\n{line}\n")
    assert len(read.refused) == 1
    assert named in read.refused[0]
    assert "label.left" not in read.keymap


def test_a_key_of_a_mode_without_items_may_be_one_that_items_need(tmp_path: Path) -> None:
    """Kappa has no flag: ``f`` is free there."""
    assert written(tmp_path, '[keys]\nkappa.by = "f"\n').refused == ()


@pytest.mark.parametrize("text", ["[keys", "\x00", 'theme = "blue"', "minimum_seconds = -1", "x=1"])
def test_a_file_that_says_nothing_usable(tmp_path: Path, text: str) -> None:
    read = written(tmp_path, text)
    assert len(read.refused) == 1
    assert (read.keymap, read.theme, read.minimum_seconds) == ({}, None, 0.0)


def test_no_file_and_no_right_to_read_it(tmp_path: Path) -> None:
    assert configuration.read(tmp_path / "none.toml") == Configuration()
    assert len(configuration.read(tmp_path).refused) == 1  # a folder


def test_a_binding_has_the_same_keys_wherever_it_works() -> None:
    """One line of the configuration moves it everywhere."""
    for binding_id in keymap.BY_ID:
        found = {
            tuple(each.key for each in place.bindings if each.id == binding_id)
            for place in keymap.PLACES
        } - {()}
        assert len({frozenset(keys) for keys in found}) == 1, binding_id


def test_every_binding_with_words_can_be_moved() -> None:
    fixed = {
        (place.name, binding.key)
        for place in keymap.PLACES
        for binding in place.bindings
        if binding.id is None and binding.key not in {"ctrl+p", "ctrl+q", "space"}
    }
    assert fixed == set()


def test_every_id_in_a_hint_is_one() -> None:
    for place in keymap.PLACES:
        for binding in place.bindings:
            assert "{" not in keymap.with_keys(binding.tooltip, lambda name: keymap.BY_ID[name].key)


async def test_colours_are_a_persons_and_hold_in_every_project(
    study: Path, make_app: MakeApp, rows: Database, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    file.write_text('theme = "light"  # for the day\n', encoding="utf-8")
    app = make_app(study, configuration=configuration.read(file), configuration_file=file)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: app.theme == "pairlab-light")
        app.theme = "pairlab-terminal"
        await settle(pilot)
    assert not list(rows.query("SELECT * FROM meta WHERE key = 'theme'"))
    assert file.read_text(encoding="utf-8") == 'theme = "terminal"  # for the day\n'
    app = make_app(study, configuration=configuration.read(file), configuration_file=file)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: app.theme == "pairlab-terminal")


@pytest.mark.parametrize(("own", "holds"), [(0.9, 0.9), (0.1, 0.4)])
async def test_the_longer_time_holds(
    study: Path, make_app: MakeApp, own: float, holds: float
) -> None:
    app = make_app(study, configuration=Configuration(minimum_seconds=own), minimum_seconds=None)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await settle(pilot)
        assert app.session.minimum_seconds == holds
