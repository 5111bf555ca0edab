"""Mode B on the screen: searching, moving, marking, opening an item where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Database
from textual.pilot import Pilot
from textual.widgets import Input

from store.db.connection import open_store
from store.items import pairs, prompts
from store.judgements import labels
from store.records import Verdict
from store.rounds import rounds
from store.views import browse, search_index
from store.views.query import Query, SearchTarget, Sort, parse
from tests.tui.driving import MakeApp, drawn, mode_screen, press, settle
from tests.tui.hostile import HOSTILE
from tests.tui.seed import AT, a_chain
from tui.app import PairlabApp
from tui.modes.browse import text as lines
from tui.modes.browse.screen import BrowseScreen
from tui.modes.judge.screen import JudgeScreen
from tui.modes.label.screen import LabelScreen
from tui.modes.revise.screen import ReviseScreen

Picture = Callable[[PairlabApp], None]


async def seek(pilot: Pilot[None], line: str) -> None:
    """``/``, a line, enter."""
    await press(pilot, "slash")
    field = screen_of(pilot).note_line.query_one(Input)
    assert field.has_focus
    field.value = line
    await press(pilot, "enter")


def screen_of(pilot: Pilot[None]) -> BrowseScreen:
    assert isinstance(pilot.app, PairlabApp)
    screen = mode_screen(pilot.app)
    assert isinstance(screen, BrowseScreen)
    return screen


@pytest.fixture
def labelled(rows: Database, study: Path) -> Path:
    """First and second agree on the first pair and disagree on the second; the third is open."""
    one, two, _ = (pair.id for pair in pairs.ordered(rows))
    for who, verdict in (("first", "a"), ("second", "b")):
        labels.give(rows, one, who, "a", seconds=30, at=AT)
        labels.give(rows, two, who, verdict, seconds=30, note=f"{who} says so", at=AT)
    return study


async def test_the_next_hit_is_opened_from_the_mode_the_last_one_was_opened_in(
    labelled: Path, make_app: MakeApp
) -> None:
    app = make_app(labelled)
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "L")
        label = mode_screen(app)
        before = label.item_id
        await press(pilot, "n")
        assert (mode_screen(app), label.item_id) == (label, before)  # nothing was searched for
        await press(pilot, "B")
        await seek(pilot, "by:first")
        found = [row.id for row in screen_of(pilot).rows]
        assert len(found) == 2
        await press(pilot, "enter")
        assert (type(mode_screen(app)), mode_screen(app).item_id) == (LabelScreen, found[0])
        await press(pilot, "n")  # they disagree on the second
        await settle(pilot)
        assert (type(mode_screen(app)), mode_screen(app).item_id) == (JudgeScreen, found[1])
        await press(pilot, "n")
        assert mode_screen(app).item_id == found[1]
        assert "the last item found is this one" in drawn(app)
        await press(pilot, "N")
        await settle(pilot)
        assert (type(mode_screen(app)), mode_screen(app).item_id) == (LabelScreen, found[0])


def test_what_is_not_counted_yet_says_so() -> None:
    assert lines.title(parse("moon"), 200, 0, counting=True) == "Pairs · 200+"
    assert lines.title(parse("moon"), 3306, 1) == "Pairs · 3,306 · 1 marked"


async def test_rows_and_the_item_under_the_cursor(labelled: Path, make_app: MakeApp) -> None:
    app = make_app(labelled)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "B")
        told = drawn(app)
        assert "Pairs · 3" in told
        assert "agreed" in told
        assert "waiting" in told
        await press(pilot, "j")
        assert "second says so" in drawn(app)
        assert "export" in drawn(app)
        await press(pilot, "j")
        assert "told once you have labelled it" in drawn(app)
        assert "revision" not in drawn(app)


async def test_a_search_lists_what_holds_the_words(labelled: Path, make_app: MakeApp) -> None:
    app = make_app(labelled)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "B")
        await seek(pilot, "moon -kill")
        assert [row.number for row in screen_of(pilot).rows] == [2]
        assert "/ moon -kill" in drawn(app)
        await seek(pilot, "moon staus:agreed")
        assert 'no filter "staus" (in quotes it is searched for); did you mean status?' in drawn(
            app
        )
        assert [row.number for row in screen_of(pilot).rows] == [2]
        await press(pilot, "slash")
        assert screen_of(pilot).note_line.query_one(Input).value == "moon staus:agreed"
        await press(pilot, "escape", "escape")
        assert len(screen_of(pilot).rows) == 3


async def test_a_search_without_hits_says_so(labelled: Path, make_app: MakeApp) -> None:
    app = make_app(labelled)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "B")
        await seek(pilot, "zebra")
        assert "Nothing here is like that" in drawn(app)
        assert screen_of(pilot).item_id is None
        await press(pilot, "enter", "x", "f", "j", "escape")
        assert len(screen_of(pilot).rows) == 3


async def test_what_a_sealed_round_forbids_is_told_and_the_list_stays(
    labelled: Path, make_app: MakeApp, rows: Database
) -> None:
    inside = [pairs.ordered(rows)[2].id]
    rounds.create(rows, "pilot", inside, ["first", "second"], seed=1, by="first", at=AT)
    app = make_app(labelled)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "B")
        await seek(pilot, "out:tie")
        assert "pilot" in drawn(app)
        await press(pilot, "O")
        assert [row.number for row in screen_of(pilot).rows] == [3, 2, 1]


async def test_kinds_and_orders_turn(labelled: Path, make_app: MakeApp) -> None:
    app = make_app(labelled)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "B", "t")
        assert "Prompts · 3" in drawn(app)
        await press(pilot, "t")
        assert "Answers · 6" in drawn(app)
        await press(pilot, "t", "O")
        assert "newest first" in drawn(app)
        assert "#↓" in drawn(app)
        assert [row.number for row in screen_of(pilot).rows] == [3, 2, 1]
        await press(pilot, "o", "o", "O")
        assert "by labels, last first" in drawn(app)
        await press(pilot, "slash", *"sort:-ca", "tab", "enter")
        assert "category ↓" in drawn(app)
        assert "/ sort:-category" in drawn(app)
        await press(pilot, "o")  # the key says more than the line did
        assert "by text" in drawn(app)


@pytest.mark.parametrize("width", [64, 78, 94, 130])
@pytest.mark.parametrize("kind", list(SearchTarget))
@pytest.mark.parametrize("sort", list(Sort))
def test_the_text_keeps_its_room_and_what_is_sorted_by_is_there(
    kind: SearchTarget, sort: Sort, width: int
) -> None:
    said = tuple(browse.SideVerdict(who, Verdict.TIE) for who in ("ann", "bob"))
    row = browse.BrowseRow(
        kind, "id", (0, ""), 1234, "category", "0123456789" * 9, "status", False, True, True, said
    )
    head = lines.head(Query(kind=kind, sort=sort), width).plain
    drawn_row = lines.row(row, width, current=False, marked=True, sort=sort).plain
    assert len(drawn_row) == width
    times = 1 if sort in {Sort.CATEGORY, Sort.LABELS} or width < 70 else 3
    assert "0123456789" * times in drawn_row
    if sort is Sort.CATEGORY:
        assert "category ↑" in head
        assert "category" in drawn_row
    if "labels" in head:
        assert drawn_row.count("tie") == 2
        assert drawn_row.index("tie") >= head.index("labels")


async def test_one_hit_leaves_its_rows_to_the_item(labelled: Path, make_app: MakeApp) -> None:
    app = make_app(labelled)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "B")
        await seek(pilot, "moon")
        screen = screen_of(pilot)
        assert (len(screen.rows), screen.listed.size.height) == (1, 2)
        assert screen.pane.size.height > 14
        await press(pilot, "escape")
        assert len(screen.rows) == 3
        assert screen.listed.size.height == 4


async def test_enter_opens_an_item_where_it_belongs(
    labelled: Path, make_app: MakeApp, rows: Database
) -> None:
    app = make_app(labelled)
    order = pairs.ordered(rows)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "B", "j", "enter")
        judge = mode_screen(app)
        assert isinstance(judge, JudgeScreen)
        assert judge.item_id == order[1].id
        await press(pilot, "B", "j", "enter")
        label = mode_screen(app)
        assert isinstance(label, LabelScreen)
        assert label.item_id == order[2].id
        await press(pilot, "B", "t", "j", "enter")
        revise = mode_screen(app)
        assert isinstance(revise, ReviseScreen)
        assert revise.item is not None
        assert revise.item.prompt.position == 2


async def test_a_pair_others_disagree_on_opens_blind(labelled: Path, make_app: MakeApp) -> None:
    app = make_app(labelled, "third")
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "B", "j", "enter")
        assert isinstance(mode_screen(app), LabelScreen)


async def test_marks_are_flagged_together_and_undone(labelled: Path, make_app: MakeApp) -> None:
    app = make_app(labelled)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "B", "x", "x")
        assert "2 marked" in drawn(app)
        await press(pilot, "f")
        assert "2 flagged" in drawn(app)
        assert [row.flagged for row in screen_of(pilot).rows] == [True, True, False]
        await press(pilot, "f")
        assert not any(row.flagged for row in screen_of(pilot).rows)
        await press(pilot, "u", "escape")
        assert [row.flagged for row in screen_of(pilot).rows] == [False, True, False]
        assert "marked" not in drawn(app)


async def test_pairs_are_queued_again(labelled: Path, make_app: MakeApp, rows: Database) -> None:
    app = make_app(labelled)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "B", "x", "x", "x", "a")
        assert "2 pairs in your queue again; 1 had no label of yours" in drawn(app)
        assert [row.status for row in screen_of(pilot).rows] == ["waiting"] * 3
    assert labels.count_by(rows, "first") == 0


async def test_two_answers_make_a_pair(study: Path, make_app: MakeApp, rows: Database) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "B", "t", "t", "x", "x", "p")
        assert "is there already" in drawn(app)
        await press(pilot, "x", "j", "x", "p")
        assert "two answers to one prompt" in drawn(app)
    assert pairs.count(rows) == 3


async def test_marks_are_taken_out_and_brought_back_by_the_same_key_twice(
    labelled: Path, make_app: MakeApp
) -> None:
    app = make_app(labelled)
    async with app.run_test(size=(100, 24)) as pilot:
        await press(pilot, "B", "x", "x", "r")
        assert "r again removes 2 pairs" in drawn(app)
        await press(pilot, "j", "r", "r")
        assert [row.number for row in screen_of(pilot).rows] == [3]
        await seek(pilot, "status:removed")
        await press(pilot, "asterisk", "r", "r")
        assert "2 pairs back" in drawn(app)
        await press(pilot, "escape", "escape")
        assert len(screen_of(pilot).rows) == 3


async def test_marked_pairs_are_exported_by_themselves_but_no_closed_one(
    labelled: Path,
    make_app: MakeApp,
    rows: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    labels.give(rows, pairs.ordered(rows)[2].id, "second", "tie", at=AT)
    app = make_app(labelled)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "B", "end", "e")
        assert isinstance(mode_screen(app), BrowseScreen)
        await press(pilot, "home", "x", "end", "x", "e")
        assert "1 of 1 marked pair go" in drawn(app)
        await press(pilot, "enter")
        assert len((tmp_path / "study-selection-triplets.jsonl").read_text().splitlines()) == 1
        await press(pilot, "escape")
        assert "of 3 pairs go out" in drawn(app)


async def test_a_category_is_given_changed_and_taken_back(
    empty_path: Path, make_app: MakeApp
) -> None:
    db = open_store(empty_path)
    a_chain(db, ("Bare?", "no", "bad", "yes"), prompts.UNCATEGORISED)
    db.close()
    app = make_app(empty_path)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "B", "c", *"odd", "enter")
        assert [row.category for row in screen_of(pilot).rows] == ["odd"]
        await press(pilot, "c", *"benign_lookalike", "enter")
        assert "1 prompt now in benign look-alike" in drawn(app)
        await press(pilot, "c", *"benign_lookalike", "enter")
        assert "1 prompt had it already" in drawn(app)
        await press(pilot, "u")
        assert "undone: the last category" in drawn(app)
        assert [row.category for row in screen_of(pilot).rows] == ["odd"]


async def test_a_number_is_gone_to_here_and_from_modes_without_numbers(
    labelled: Path, make_app: MakeApp
) -> None:
    app = make_app(labelled)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "K", "number_sign", "3", "enter")
        screen = screen_of(pilot)
        assert screen.rows[screen.listed.cursor].number == 3
        assert [row.number for row in screen.rows] == [1, 2, 3]
        await press(pilot, "O", "number_sign", "2", "enter")
        assert [row.number for row in screen.rows] == [3, 2, 1]
        assert screen.rows[screen.listed.cursor].number == 2
        await press(pilot, "J", "slash")
        assert screen_of(pilot).note_line.about == "search"


async def test_hits_are_walked(labelled: Path, make_app: MakeApp) -> None:
    app = make_app(labelled)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "B")
        await seek(pilot, "the")
        screen = screen_of(pilot)
        first = screen.rows[0].id
        while screen.item_id == first:
            await press(pilot, "n")
        assert screen.listed.cursor == 1
        await press(pilot, "N")
        assert screen.item_id == first


async def test_rows_come_page_by_page(
    empty_path: Path, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = open_store(empty_path)
    for n in range(12):
        a_chain(db, (f"Prompt {n}?", f"bad {n}", "no", f"good {n}"))
    db.close()
    monkeypatch.setattr(browse, "PAGE", 5)
    monkeypatch.setattr(browse.page, "__kwdefaults__", {**browse.page.__kwdefaults__, "limit": 5})
    app = make_app(empty_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "B")
        assert "Pairs · 12" in drawn(app)
        await press(pilot, "end")
        screen = screen_of(pilot)
        assert [row.number for row in screen.rows][-1] == 12
        await press(pilot, *["k"] * 11)
        assert screen.item_id == screen.rows[0].id
        assert [row.number for row in screen.rows] == list(range(1, 13))
        await press(pilot, "home", *["j"] * 11)
        assert [row.number for row in screen.rows] == list(range(1, 13))
        assert screen.listed.cursor == 11


async def test_a_label_elsewhere_shows_when_one_comes_back(
    labelled: Path, make_app: MakeApp
) -> None:
    app = make_app(labelled)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "B", "end", "enter", "1", "B")
        assert [row.status for row in screen_of(pilot).rows][-1] == "labelled"
        assert screen_of(pilot).listed.cursor == 2


async def test_new_texts_are_found(study: Path, make_app: MakeApp, rows: Database) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "B")
        a_chain(rows, ("Zebra?", "Stripes.", "No.", "Black and white."))
        await press(pilot, "R", "B")
        await seek(pilot, "zebra")
        assert [row.number for row in screen_of(pilot).rows] == [4]
    assert search_index.coverage(rows).complete


async def test_find_and_go_to_from_other_modes(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "number_sign", "3", "enter")
        revise = mode_screen(app)
        assert isinstance(revise, ReviseScreen)
        assert revise.item is not None
        assert revise.item.prompt.position == 3
        await press(pilot, "L", "number_sign", "2", "enter")
        label = mode_screen(app)
        assert isinstance(label, LabelScreen)
        assert label.to_label is not None
        assert label.to_label.index == 2
        await press(pilot, "number_sign", "x", "enter")
        assert "is a number" in drawn(app)
        await press(pilot, "slash")
        assert screen_of(pilot).note_line.about == "search"


async def test_an_empty_project_says_what_to_do(empty_path: Path, make_app: MakeApp) -> None:
    app = make_app(empty_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "B", "x", "n", "enter", "end", "t")
        assert "This project is empty" in drawn(app)


@pytest.mark.parametrize("size", [(20, 6), (80, 24)])
async def test_hostile_texts_stay_texts(
    empty_path: Path, make_app: MakeApp, size: tuple[int, int]
) -> None:
    db = open_store(empty_path)
    texts = {name: text for name, text in HOSTILE.items() if name != "surrogate"}
    for name, text in texts.items():
        a_chain(db, (f"{text} {name}", text, text, f"{text} revised"), text[:20] or "x")
    db.close()
    app = make_app(empty_path)
    async with app.run_test(size=size) as pilot:
        await press(pilot, "B")
        for kind in range(3):
            for _ in texts:
                mode_screen(app).action_scroll(1)
                await settle(pilot)
            await press(pilot, "i", "escape", "t")
            assert "\x1b" not in drawn(app), kind
        await seek(pilot, '[/b] "\x1b[31m" AND (')
        assert isinstance(mode_screen(app), BrowseScreen)


class TestPictures:
    async def test_wide(self, labelled: Path, make_app: MakeApp, picture: Picture) -> None:
        app = make_app(labelled)
        async with app.run_test(size=(120, 30)) as pilot:
            await press(pilot, "B", "j", "x")
            await seek(pilot, "moon")
            picture(app)

    async def test_narrow(self, labelled: Path, make_app: MakeApp, picture: Picture) -> None:
        app = make_app(labelled)
        async with app.run_test(size=(80, 24)) as pilot:
            await press(pilot, "B", "j", "j")
            picture(app)
