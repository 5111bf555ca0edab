"""What a paste becomes in every input: line ends are line breaks, hidden characters go, and it
is said how many."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from store.db.connection import open_store
from store.items import candidates
from store.judgements import decisions, guidelines, labels, rulings
from store.records import Verdict
from tests.tui.driving import MakeApp, drawn, mode_screen, press, revise, settle, until
from tests.tui.hostile import FORBIDDEN, HOSTILE
from tests.tui.seed import AT, a_chain
from tui.pasting import taken, taken_line

ENDS = ["\n", "\r", "\r\n"]
"""Line ends of Unix, of a terminal's bracketed paste, of Windows."""


async def paste(pilot: Pilot[None], text: str) -> None:
    """As the terminal's driver hands over a bracketed paste."""
    pilot.app.post_message(Paste(text))
    await settle(pilot)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\r\n\t\x1b\x85\u240d "))))
def test_what_can_be_seen_stays_and_nothing_is_put_in_its_place(text: str) -> None:
    kept, left_out = taken(text)
    assert not FORBIDDEN.intersection(kept.replace("\t", ""))
    assert kept.count("\u240d") == text.count("\u240d")
    assert taken(kept) == (kept, 0)
    assert len(kept) + left_out + text.count("\r\n") == len(text)
    line = taken_line(text)
    assert "\n" not in line.text
    assert line.left_out == left_out


@pytest.mark.parametrize("end", ENDS)
def test_line_ends(end: str) -> None:
    assert taken(f"one{end}{end}\ttwo{end}") == ("one\n\n\ttwo\n", 0)
    assert taken_line(f"one{end}{end}\ttwo{end}") == ("one two", 0)
    assert taken("a\x0bb\x0cc\x85d\u2028e\u2029f").text == "a\nb\nc\nd\ne\nf"


def test_flags_and_families_are_pictures() -> None:
    for text in ("👨‍👩‍👧‍👦", "🇩🇪", "\U0001f3f4\U000e0067\U000e0062\U000e007f", "مرحبا"):
        assert taken(text) == (text, 0)


@pytest.mark.parametrize("end", ENDS)
async def test_into_an_edit(study: Path, rows: Database, make_app: MakeApp, end: str) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "e", "f7", "backspace")
        await paste(pilot, f"One.{end}{end}\tTwo.{end}Three.\x1b\x07")
        assert revise(app).status.told == "2 hidden characters left out of the text"
        await press(pilot, "ctrl+s")
    (decision,) = decisions.ordered(rows)
    edited = candidates.get(rows, decision.edited_id or "")
    assert edited.text == "One.\n\n\tTwo.\nThree."


async def test_a_text_with_other_line_ends_is_changed_in_its_words_alone(
    empty_path: Path, make_app: MakeApp
) -> None:
    db = open_store(empty_path)
    a_chain(db, ("q", "a", "c", "one\rtwo\r\n\tthree"))
    app = make_app(empty_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "e", "Z", "ctrl+s")
    (decision,) = decisions.ordered(db)
    assert candidates.get(db, decision.edited_id or "").text == "Zone\ntwo\n\tthree"
    db.close()


async def test_five_thousand_lines_come_whole(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    lines = [f"line {n} of many" for n in range(5000)]
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "e", "f7", "backspace")
        await paste(pilot, "\r".join(lines))
        await press(pilot, "ctrl+s")
    (decision,) = decisions.ordered(rows)
    assert candidates.get(rows, decision.edited_id or "").text == "\n".join(lines)


@pytest.mark.parametrize("end", ENDS)
async def test_into_a_note(study: Path, rows: Database, make_app: MakeApp, end: str) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "L")
        pair = mode_screen(app).item_id
        assert pair is not None
        await press(pilot, "m")
        await paste(pilot, f"first{end}second{end}{end}third\x00{end}")
        assert mode_screen(app).status.told == "1 hidden character left out of the text"
        await press(pilot, "enter")
    assert labels.notes(rows, pair)["first"] == "first second third"


@pytest.mark.parametrize("end", ENDS)
async def test_into_a_reason_a_case_and_a_search(
    study: Path, rows: Database, make_app: MakeApp, end: str
) -> None:
    (pair,) = rows.execute("SELECT id FROM pair LIMIT 1").fetchone()
    labels.give(rows, pair, "first", Verdict.A, at=AT)
    labels.give(rows, pair, "second", Verdict.B, at=AT)
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "J", "l")
        await paste(pilot, f"honest{end}polite")
        assert app.screen.focused is not None
        assert isinstance(app.screen.focused, Input)
        assert app.screen.focused.value == "honest polite"
        await press(pilot, "escape", "m")
        await paste(pilot, f"it is{end}wrong")
        await press(pilot, "enter", "1", "enter", "left", "g")
        await paste(pilot, f": look at{end}the claim")
        await press(pilot, "enter")
    found = rulings.standing(rows, pair)
    assert found is not None
    assert found.reason == "it is wrong"
    current = guidelines.current(rows)
    assert current is not None
    assert "look at the claim" in current.text
    assert "\u240d" not in current.text


@pytest.mark.parametrize("end", ENDS)
async def test_into_the_guideline(study: Path, rows: Database, make_app: MakeApp, end: str) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "g", "slash")
        await paste(pilot, f"honest{end}polite")
        assert isinstance(app.screen.focused, Input)
        assert app.screen.focused.value == "honest polite"
        await press(pilot, "escape", "escape", "e", "f7", "backspace")
        await paste(pilot, f"# Rules{end}{end}Be honest.\u202e")
        assert "1 hidden character left out of the text" in drawn(app)
        await press(pilot, "ctrl+s")
    current = guidelines.current(rows)
    assert current is not None
    assert current.text.rstrip("\n") == "# Rules\n\nBe honest."


async def test_into_a_path(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "X")
        field = app.screen.query_one("#path", Input)
        field.focus()
        field.value = ""
        await paste(pilot, "out\x1b.jsonl\r")
        assert field.value == "out.jsonl"


@pytest.mark.parametrize("name", [name for name in HOSTILE if name != "surrogate"])
async def test_hostile_texts_are_drawn_without_harm_while_they_are_changed(
    study: Path, make_app: MakeApp, name: str
) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "e")
        await paste(pilot, HOSTILE[name])
        assert not FORBIDDEN.intersection(drawn(app).replace("\n", ""))
        app.copy_to_clipboard(HOSTILE[name])
        await press(pilot, "ctrl+v")
        area = app.screen.focused
        assert isinstance(area, TextArea)
        assert not FORBIDDEN.intersection(area.text.replace("\t", ""))


async def test_into_the_palette(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+p")
        await paste(pilot, "mer\x1b[2J\x9b31mge\nit")
        assert not FORBIDDEN.intersection(drawn(app).replace("\n", ""))
        assert app.screen.query_one(Input).value == "mer[2J31mge it"


@pytest.mark.parametrize(("mode", "keys"), [("R", "e"), ("R", "w"), ("L", "c1")])
async def test_a_text_that_will_stay_out_of_exports_says_so_while_it_is_open(
    study: Path, make_app: MakeApp, mode: str, keys: str
) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, mode, *keys)
        assert "stays out of exports" not in drawn(app)
        await paste(pilot, "<think>step by step</think>\nNo.")
        await until(pilot, lambda: "with <think> it stays out of exports" in drawn(app))
        await press(pilot, "f7", "delete")
        await until(pilot, lambda: "stays out of exports" not in drawn(app))
