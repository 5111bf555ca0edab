from __future__ import annotations

from pathlib import Path

import pytest
from sqlite_utils import Database
from textual.events import Key

from store.db.connection import open_store
from store.items import pairs
from store.judgements import guidelines, labels
from store.records import Label, Verdict
from store.rounds import queue, rounds
from store.views import labelling
from tests.tui.driving import MakeApp, Watch, drawn, press, settle, until
from tests.tui.seed import AT, a_chain
from tui.app import PairlabApp
from tui.modes.label.screen import LabelScreen


def label(app: PairlabApp) -> LabelScreen:
    screen = app.screen_stack[0]
    assert isinstance(screen, LabelScreen)
    return screen


def given(rows: Database, annotator: str = "first") -> list[Label]:
    return labels.by_annotator(rows, annotator)


def events(rows: Database) -> int:
    return int(rows.execute("SELECT count(*) FROM event").fetchone()[0])


async def test_a_pair_of_another_size_is_laid_out_once(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    for lines in (1, 3, 6):
        text = "\n".join(f"line {n}" for n in range(lines))
        a_chain(rows, (f"{text}?", f"original {text}", "it helps nobody", f"revision {text}"))
    app = make_app(study)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "L")
        screen, layouts = label(app), []
        screen.screen_layout_refresh_signal.subscribe(screen.view, layouts.append, immediate=True)
        heights = {screen.left.size.height}
        for n in range(5):
            layouts.clear()
            await press(pilot, "12"[n % 2])
            assert len(layouts) <= 1
            assert screen.to_label is not None
            heights.add(screen.left.size.height)
            assert screen.left.text in "\n".join((screen.to_label.first, screen.to_label.second))
        assert len(heights) > 1


async def test_one_key_labels_and_the_next_pair_is_there(
    study: Path, rows: Database, make_app: MakeApp, watch: Watch
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "L")
        screen = label(app)
        to_label = screen.to_label
        assert to_label is not None
        assert screen.prompt.title == "Pair 1 of 3"
        assert screen.left.text == to_label.first
        assert screen.right.text == to_label.second
        assert screen.status.doing == "guideline v1 · Guideline"
        watch.now += 12.5
        await press(pilot, "1")
        assert screen.status.told == "pair 1: left"
        assert screen.prompt.title == "Pair 2 of 3"
        assert screen.prompt.aside == "under a minute left · 1 today"
        second = screen.to_label
        await press(pilot, "2")
        third = screen.to_label
        await press(pilot, "b")
        assert screen.to_label is None
        assert "All 3 pairs have your verdict." in drawn(app)
    assert second is not None
    assert third is not None
    found = {one.pair_id: one for one in given(rows)}
    assert found[to_label.pair_id].verdict == to_label.left
    assert found[to_label.pair_id].left == to_label.left
    assert found[to_label.pair_id].seconds == 12.5
    assert found[second.pair_id].verdict == second.swapped(Verdict.B)
    assert found[third.pair_id].verdict is Verdict.BOTH_BAD
    assert {one.guideline_id for one in given(rows)} == {guidelines.current_id(rows)}


async def test_goes_on_at_the_first_unlabelled_pair(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    first = queue.label_next(rows, "first")
    assert first.pair_id is not None
    labels.give(rows, first.pair_id, "first", Verdict.TIE, at=AT)
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "L")
        assert label(app).prompt.title == "Pair 2 of 3"
        await press(pilot, "space")
        assert label(app).status.told == "pair 2: skipped"
    assert [one.verdict for one in given(rows)].count(Verdict.SKIP) == 1


async def test_undo_restores_the_rows_and_the_pair(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "L", "equals_sign")
        before = given(rows)
        shown = label(app).to_label
        await press(pilot, "1")
        assert len(given(rows)) == 2
        await press(pilot, "u")
        assert given(rows) == before
        assert label(app).to_label == shown
        assert label(app).status.told == "undone: the verdict on pair 2 (left)"
        await press(pilot, "u")
        assert given(rows) == []
        assert label(app).prompt.title.startswith("Pair 1 of 3")
        await press(pilot, "u")
        assert label(app).status.told == "nothing to undo"


async def test_walking_back_shows_ones_own_verdict_and_may_change_it(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "L", "1", "left")
        screen = label(app)
        assert screen.prompt.title == "Pair 1 of 3 · your verdict: left"
        assert "your verdict" in drawn(app)
        await press(pilot, "left")
        assert screen.status.told == "this is the first pair"
        await press(pilot, "equals_sign")
        assert screen.prompt.title.startswith("Pair 2 of 3")
        assert [one.verdict for one in given(rows)] == [Verdict.TIE]
        await press(pilot, "right", "right")
        assert screen.status.told == "this is the last pair"
        assert screen.prompt.title.startswith("Pair 3 of 3")


async def test_a_key_typed_before_the_pair_was_painted_labels_nothing(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "L")
        early = Key("1", "1")
        early.time = 0.0
        app.post_message(early)
        await settle(pilot)
        assert given(rows) == []
        for _ in range(3):  # as fast as a stuck key: only the first was typed on a painted pair
            app.post_message(Key("1", "1"))
        await settle(pilot)
        assert len(given(rows)) == 1


async def test_notes_and_flags_are_ones_own(study: Path, rows: Database, make_app: MakeApp) -> None:
    first = queue.label_next(rows, "first")
    assert first.pair_id is not None
    labels.note(rows, first.pair_id, "second", "SECRET", AT)
    labels.flag(rows, first.pair_id, "second", True, AT)
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "L")
        assert label(app).prompt.title == "Pair 1 of 3"
        await press(pilot, "f")
        assert label(app).prompt.title == "Pair 1 of 3 · flagged"
        await press(pilot, "m", "1", "b", "u", "enter")
        assert label(app).prompt.title == "Pair 1 of 3 · flagged · note: 1bu"
        assert labels.notes(rows, first.pair_id)["first"] == "1bu"
        await press(pilot, "f")
        assert label(app).prompt.title == "Pair 1 of 3 · note: 1bu"
        assert "SECRET" not in drawn(app)
    assert given(rows) == []
    assert labels.flagged(rows, first.pair_id)


async def test_time_in_another_mode_is_no_time_on_the_pair(
    study: Path, rows: Database, make_app: MakeApp, watch: Watch
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "L")
        watch.now += 3
        await press(pilot, "K")
        watch.now += 1000
        await press(pilot, "L")
        watch.now += 4
        await press(pilot, "1")
    assert [one.seconds for one in given(rows)] == [7.0]


async def test_origin_tells_category_and_guideline_alone(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "L", "i")
        told = drawn(app)
    assert "version 1, by first" in told
    for word in ("tiny.gguf", "H1", "Candidate", "temperature", "original", "edited"):
        assert word not in told


async def test_nothing_on_the_screen_tells_who_wrote_what(study: Path, make_app: MakeApp) -> None:
    app = make_app(study)
    async with app.run_test(size=(160, 45)) as pilot:
        await press(pilot, "L")
        told = drawn(app).lower()
    for word in ("revision", "original", "tiny.gguf", "round", "critique", "proposed"):
        assert word not in told


async def test_both_annotators_get_the_same_pairs_with_sides_of_their_own(
    empty_path: Path, make_app: MakeApp
) -> None:
    db = open_store(empty_path)
    for i in range(24):
        a_chain(db, (f"prompt {i}", f"bad {i}", "no", f"good {i}"))
    orders = {}
    for who in ("first", "second"):
        found = [labelling.at_place(db, who, i) for i in range(1, 25)]
        orders[who] = [(one.pair_id, one.left) for one in found if one is not None]
    assert {pair for pair, _ in orders["first"]} == {pair for pair, _ in orders["second"]}
    assert [pair for pair, _ in orders["first"]] != [pair for pair, _ in orders["second"]]
    assert dict(orders["first"]) != dict(orders["second"])
    db.close()


async def test_an_empty_project_says_what_to_do_and_the_first_pair_comes_by_itself(
    empty_path: Path, make_app: MakeApp
) -> None:
    app = make_app(empty_path, look_every=0.05)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "L")
        assert "There is no pair to label yet." in drawn(app)
        assert "import pairs.jsonl" in drawn(app)
        assert "Upper" not in drawn(app)  # a footer tells only what can be done
        await press(pilot, "1", "space", "left")
        db = open_store(empty_path)
        a_chain(db, ("what is a pipe?", "a tube", "too short", "two processes, one stream"))
        db.close()
        await until(pilot, lambda: label(app).to_label is not None)
        await settle(pilot)
        assert label(app).prompt.title == "Pair 1 of 1"


@pytest.mark.parametrize(("size", "name"), [((80, 24), "narrow"), ((160, 45), "wide")])
async def test_looks_calm(
    study: Path, make_app: MakeApp, picture, size: tuple[int, int], name: str
) -> None:
    app = make_app(study)
    async with app.run_test(size=size) as pilot:
        await press(pilot, "L", "1")
        picture(app)


def test_every_pair_of_a_project_is_offered_once(study: Path, rows: Database) -> None:
    offered = [
        labelling.at_place(rows, "first", index) for index in range(1, pairs.count(rows) + 1)
    ]
    assert len({one.pair_id for one in offered if one is not None}) == pairs.count(rows)


async def test_skipped_pairs_come_back_and_the_end_counts_them(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "L", "space", "1", "1")
        assert "your verdict: skipped" in drawn(app)
        await press(pilot, "space")
        assert "2 labelled, 1 skipped: it comes again." in drawn(app)
        await press(pilot, "space")
        assert "2 labelled, 1 skipped" in drawn(app)
        await press(pilot, "enter")
        assert "your verdict: skipped" in drawn(app)
        await press(pilot, "2")
        assert "All 3 pairs have your verdict." in drawn(app)
        assert "1 skipped" not in drawn(app)
    assert len([each for each in given(rows) if each.verdict is not Verdict.SKIP]) == 3


async def test_a_finished_round_says_so_and_what_comes(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    made = [pair.id for pair in pairs.ordered(rows)]
    rounds.create(rows, "pilot", made[:2], ["first", "second"], seed=1, by="first", at=AT)
    app = make_app(study)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "L", "1", "1")
        assert "round pilot: all 2 of yours done; now the pairs outside of it" in drawn(app)
        await press(pilot, "1")
        assert "All 3 pairs have your verdict." in drawn(app)
        assert "Round pilot is sealed until all have finished: first 2 of 2" in drawn(app)


async def test_c_corrects_the_better_answer_and_keeps_the_label(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "L")
        screen = label(app)
        assert screen.to_label is not None
        pair_id, upper = screen.to_label.pair_id, screen.to_label.first
        await press(pilot, "c")
        assert "which is better, to be corrected: 1 upper, 2 lower, c neither" in drawn(app)
        await press(pilot, "1", "O", "h", "space")
        assert "Your correction" in drawn(app)
        assert screen.right.display
        await press(pilot, "escape", "c", "1")
        assert screen.view.editor.display
        await press(pilot, "ctrl+s")
        assert "upper corrected; 2 pairs with your text" in drawn(app)
        assert screen.to_label is not None
        assert screen.to_label.pair_id != pair_id
        mine = labels.mine(rows, pair_id, "first")
        assert mine is not None
        assert not mine.informed
        made = [each for each in pairs.ordered(rows) if each.kind == "chosen"]
        texts = [(pairs.text(rows, each.id).a, pairs.text(rows, each.id).b) for each in made]
        assert len(texts) == 2
        assert all(f"Oh {upper}" in both for both in texts)
        await press(pilot, "u")
        assert screen.to_label.pair_id == pair_id
        assert "your verdict: upper" in drawn(app)
        assert queue.total(rows) == 3


async def test_the_guideline_stands_in_free_rows_and_never_over_a_text(
    study: Path, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(160, 45)) as pilot:
        await press(pilot, "L")
        assert "Honest before polite." in drawn(app)
        await pilot.resize_terminal(120, 10)
        await settle(pilot)
        assert "Honest before polite." not in drawn(app)
        await pilot.resize_terminal(160, 45)
        await press(pilot, "v")
        assert "Honest before polite." not in drawn(app)


async def test_pairs_that_come_in_meanwhile_are_counted(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(study, look_every=0.05)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "L")
        shown = label(app).left.text
        a_chain(rows, ("one more?", "original", "it helps nobody", "revision"))
        await until(pilot, lambda: label(app).prompt.title.endswith(" of 4"))
        assert label(app).left.text == shown


async def test_the_end_tells_what_comes_next(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    for number, pair in enumerate(pairs.ordered(rows)):
        labels.give(rows, pair.id, "first", "a", at=AT)
        labels.give(rows, pair.id, "second", "ab"[number % 2], at=AT)
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "L")
        told = drawn(app)
        assert "All 3 pairs have your verdict." in told
        assert "rules on 1 disagreement" in told
        assert "decides on 3 revisions" in told
        assert "Rank" not in told
