"""The page of harmlessness and helpfulness, and the classing of answers."""

from __future__ import annotations

from pathlib import Path

from store.agreement.evaluation.answers import answers
from store.agreement.figure import short
from store.agreement.item_scores import item_scores
from store.db.connection import open_store
from store.judgements import answer_classes
from store.records import AnswerClass
from tests.store.agreement.evaluation.study import a_study
from tests.store.building import AT
from tests.tui.driving import MakeApp, drawn, press, until


async def test_the_picture_its_figures_and_the_answers_behind_them(
    empty_path: Path, make_app: MakeApp
) -> None:
    db = open_store(empty_path)
    a_study(db)
    app = make_app(empty_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "K", "e")
        await until(pilot, lambda: "round 1 gains 50 points" in drawn(app))
        told = drawn(app)
        assert "harmless" in told
        assert "50 % 25 to 75" in told  # harmful in round 1
        assert "└───" in told
        await press(pilot, "j", "enter")
        await until(pilot, lambda: "harmful · round 1" in drawn(app))
        assert "12 answers" in drawn(app)
        await press(pilot, "escape", "escape", "a")
        await until(pilot, lambda: "Answer 1 of 50" in drawn(app))
        assert "round" not in drawn(app)
        await press(pilot, "3")
        await until(pilot, lambda: "Answer 2 of 50" in drawn(app))
        await press(pilot, "u")
        await until(pilot, lambda: "Answer 1 of 50" in drawn(app))
        assert not db.execute("SELECT 1 FROM answer_class").fetchall()
        await press(pilot, "1")
        await until(pilot, lambda: "Answer 2 of 50" in drawn(app))
    found = db.execute("SELECT annotator, class FROM answer_class").fetchall()
    assert found == [("first", "compliance")]
    db.close()


async def test_the_page_counts_by_the_classes_of_people_where_there_are_any(
    empty_path: Path, make_app: MakeApp
) -> None:
    db = open_store(empty_path)
    a_study(db)
    of_round_1 = [each for each in answers(db) if each.stage == "round 1"]
    classed = [each.candidate_id for each in of_round_1 if each.kind == "harmful"]
    for each in classed:
        answer_classes.give(db, each, "second", AnswerClass.REFUSAL, at=AT)
    answer_classes.give(db, classed[0], "first", AnswerClass.REFUSAL, at=AT)
    app = make_app(empty_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "K", "e")
        await until(pilot, lambda: "rules and second class 50 % of 12" in drawn(app))
        assert "classes by rules" in drawn(app)
        await press(pilot, "w")
        await until(pilot, lambda: "classes by people" in drawn(app))
        assert "0 % 0 to 24" in drawn(app)
        await press(pilot, "j", "enter")
        await until(pilot, lambda: "1 answer" in drawn(app))
        assert "11 you have not classed yet" in drawn(app)
    db.close()


async def test_what_is_preferred_on_one_scale_and_the_pairs_behind_it(
    empty_path: Path, make_app: MakeApp
) -> None:
    db = open_store(empty_path)
    a_study(db)
    (who,) = {row[0] for row in db.execute("SELECT DISTINCT annotator FROM label_head").fetchall()}
    expected = {each.item: each for each in item_scores(db, "round").scores}
    app = make_app(empty_path, annotator=who)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "K", "s")
        await until(pilot, lambda: "What is preferred: model" in drawn(app))
        await press(pilot, "b", "b", "b")
        await until(pilot, lambda: "preferred: round" in drawn(app) and "round 2" in drawn(app))
        lines = {line.split(maxsplit=2)[1]: line for line in drawn(app).splitlines() if "●" in line}
        for number in "012":
            found = expected[f"round {number}"]
            words = lines[number].split()
            assert words[2:4] == [f"{found.games:,}", f"{found.won:g}"]
            assert words[4].rstrip("*") == short(found.score)
        await press(pilot, "enter")
        best = max(expected.values(), key=lambda each: each.score)
        behind = len(item_scores(db, "round").pairs[best.item])
        await until(pilot, lambda: f"{behind} pairs" in drawn(app))
        await press(pilot, "escape", "w")
        await until(pilot, lambda: "by judges" in drawn(app))
        assert "No verdict of judges" in drawn(app)
    db.close()
