"""Mode J: what is shown of a disagreement, what a ruling leaves in the store."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlite_utils import Database

from store.db.connection import open_store
from store.items import pairs
from store.judgements import guidelines, labels, rulings
from store.judgements.rulings import Cause, Confidence
from store.records import Verdict
from store.rounds import rounds
from tests.tui.driving import MakeApp, drawn, press, settle
from tests.tui.hostile import FORBIDDEN
from tests.tui.seed import AT, a_chain
from tests.tui.test_hostile_labels import KEPT
from tui.app import PairlabApp
from tui.dialogs.guideline import GuidelineScreen
from tui.dialogs.pairs_list import ItemsScreen
from tui.messages import OtherWork
from tui.modes.judge.screen import JudgeScreen

SAID = (("a", "b"), ("a", "both_bad"), ("tie", "tie"))
"""What first and second say of the three pairs."""


def judge(app: PairlabApp) -> JudgeScreen:
    screen = app.screen_stack[0]
    assert isinstance(screen, JudgeScreen)
    return screen


def labelled(rows: Database) -> list[tuple[object, ...]]:
    return list(rows.execute("SELECT * FROM label_head ORDER BY pair_id, annotator").fetchall())


@pytest.fixture
def quarrel(study: Path, rows: Database) -> Path:
    """Two of the three pairs are disagreed on; the second annotator was hasty and left notes."""
    for pair, said in zip(pairs.ordered(rows), SAID, strict=True):
        labels.give(rows, pair.id, "first", said[0], seconds=40, left="a", at=AT)
        labels.give(rows, pair.id, "second", said[1], seconds=1, note="too soft", at=AT)
    return study


async def test_shows_both_verdicts_with_names_notes_and_haste(
    quarrel: Path, make_app: MakeApp
) -> None:
    app = make_app(quarrel)
    async with app.run_test(size=(160, 40)) as pilot:
        await press(pilot, "J")
        screen = judge(app)
        case = screen.case
        assert case is not None
        shown = drawn(app)
        assert "Disagreement 1 of 2 · 0 ruled" in shown
        line = next(each for each in shown.splitlines() if each.strip().startswith("second"))
        assert "hasty" in line
        assert "too soft" in line
        assert "40 s" in shown
        assert screen.left.text == case.first
        assert screen.right.text == case.second
        assert "Honest before polite." in screen.guideline.text
        side = case.swapped(Verdict.A)
        pane = screen.left if side is Verdict.A else screen.right
        assert "first" in pane.query_one("Rule").aside  # type: ignore[attr-defined]


async def test_a_ruling_has_reason_cause_and_confidence_and_changes_no_label(
    quarrel: Path, rows: Database, make_app: MakeApp
) -> None:
    before = labelled(rows)
    app = make_app(quarrel)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "J")
        case = judge(app).case
        assert case is not None
        await press(pilot, "3", "9", "1")
        assert rulings.of_pair(rows, case.pair_id) == []
        assert "left, because" in drawn(app)
        await press(pilot, "d", "o", "s", "e", "enter")
        assert judge(app).status.told == "disagreement 1: ruled left"
        assert "Disagreement 2 of 2 · 1 ruled" in drawn(app)
    made = rulings.standing(rows, case.pair_id)
    assert made is not None
    assert (made.by, made.reason, made.verdict) == ("first", "dose", Verdict(case.left))
    assert (made.cause, made.confidence) == (Cause.GUIDELINE_GAP, Confidence.FAIRLY)
    assert labelled(rows) == before


async def test_the_reason_may_come_first_and_a_note_be_adopted(
    quarrel: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(quarrel, "third")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "J")
        first = judge(app).item_id
        assert first is not None
        await press(pilot, "a", "equals_sign", "enter")
        second = judge(app).item_id
        assert second not in (first, None)
        await press(pilot, "m", "x", "enter", "b", "enter")
        assert judge(app).case is None
        shown = drawn(app)
        assert "All 2 disagreements ruled." in shown
        assert "1 tie and 1 both bad stay out" in shown
        assert "No label was changed" in shown
    adopted = rulings.standing(rows, first)
    own = rulings.standing(rows, str(second))
    assert adopted is not None
    assert own is not None
    assert (adopted.reason, adopted.adopted_from) == ("too soft", "second")
    assert (own.reason, own.adopted_from, own.verdict) == ("x", None, Verdict.BOTH_BAD)


async def test_undo_takes_the_ruling_back_and_leads_there(
    quarrel: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(quarrel)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "J")
        first = judge(app).item_id
        await press(pilot, "2", "enter", "enter")
        assert judge(app).item_id != first
        await press(pilot, "u")
        assert judge(app).item_id == first
        assert judge(app).status.told == "undone: the ruling"
    assert rulings.all_standing(rows) == {}


async def test_a_case_joins_the_guideline(quarrel: Path, rows: Database, make_app: MakeApp) -> None:
    app = make_app(quarrel)
    async with app.run_test(size=(160, 40)) as pilot:
        await press(pilot, "J", "g")
        assert "rule first" in drawn(app)
        case = judge(app).case
        assert case is not None
        await press(pilot, "1", "g", "enter", *"kinder", "enter")
        assert judge(app).status.told.endswith("guideline v2 has the case")
        assert "Guideline v2" in drawn(app)
        await press(pilot, "left", "g", *"er", "enter")
        assert judge(app).status.told == "guideline v3: the case was added"
    current = guidelines.current(rows)
    assert current is not None
    assert current.version == 3
    assert f"### Case {case.pair_id[:8]}\n\nAnswer {case.left} is right: kinder" in current.text
    assert guidelines.cases(rows) == [case.pair_id] * 2


async def test_the_list_opens_on_the_ruling_and_offers_what_was_taken_last(
    quarrel: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(quarrel)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "J")
        assert "why did they disagree" not in drawn(app)
        await press(pilot, "1")
        shown = drawn(app)
        assert "Your ruling: upper" in shown
        assert "esc back" in shown
        assert "Against me" not in shown  # what has no place here is not offered
        assert "honest difference" in drawn(app)
        await press(pilot, "2", "5", "0", "escape")
        assert "why did they disagree" not in drawn(app)
        assert rulings.all_standing(rows) == {}
        await press(pilot, "1", "5", "0", "enter", "x", "enter", "b", "enter", "y", "enter")
        assert judge(app).case is None
    made = rulings.all_standing(rows).values()
    assert {(each.cause, each.confidence) for each in made} == {(Cause.SLIP, Confidence.UNSURE)}


async def test_the_guideline_is_searched_in_place_of_the_answers_on_a_narrow_screen(
    quarrel: Path, rows: Database, make_app: MakeApp
) -> None:
    guidelines.add_version(rows, "# Top\n\nno fuss\n\n## Length\n\nshort is good\n", "second", AT)
    app = make_app(quarrel)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "J")
        assert "short is good" not in drawn(app)
        await press(pilot, "l", "s", "h", "o", "r", "enter")
        shown = drawn(app)
        assert "short is good" in shown
        assert "no fuss" not in shown
        assert "1 section" in shown
        await press(pilot, "escape")
        assert judge(app).left.text.split()[0] in drawn(app)
        assert judge(app).case is not None


async def test_skipping_walking_and_another_order(quarrel: Path, make_app: MakeApp) -> None:
    app = make_app(quarrel)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "J")
        first = judge(app).item_id
        await press(pilot, "space")
        assert judge(app).item_id != first
        await press(pilot, "left")
        assert judge(app).item_id == first
        await press(pilot, "left")
        assert judge(app).status.told == "this is the first one"
        await press(pilot, "o")
        assert "by category" in drawn(app)
        assert judge(app).item_id == first


async def test_whoever_rules_is_not_blind_any_more(
    quarrel: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(quarrel, "third")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "J")
        case = str(judge(app).item_id)
    labels.give(rows, case, "third", "a", at=AT)
    mine = labels.mine(rows, case, "third")
    assert mine is not None
    assert mine.informed


async def test_rulings_against_oneself_can_be_read(
    quarrel: Path, rows: Database, make_app: MakeApp
) -> None:
    pair = pairs.ordered(rows)[0].id
    rulings.rule(rows, pair, "third", "both_bad", reason="neither answers", at=AT)
    app = make_app(quarrel)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "J", "w")
        assert isinstance(app.screen, ItemsScreen)
        assert "you a · ruled both bad" in drawn(app)
        await press(pilot, "enter")
        assert "neither answers" in drawn(app)


async def test_others_rulings_show_and_may_be_replaced(
    quarrel: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(quarrel)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "J")
        case = judge(app).case
        assert case is not None
        rulings.rule(rows, case.pair_id, "second", "tie", reason="both will do", at=AT)
        judge(app).post_message(OtherWork())
        await settle(pilot)
        assert "both will do" in drawn(app)
        assert "1 ruled" in drawn(app)
        assert "by second" in drawn(app)
        await press(pilot, "1", "enter", "enter")
    made = rulings.standing(rows, case.pair_id)
    assert made is not None
    assert (made.by, made.reason) == ("first", "")


async def test_a_cause_named_later_amends_ones_own_ruling(
    quarrel: Path, rows: Database, make_app: MakeApp
) -> None:
    app = make_app(quarrel)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "J")
        case = str(judge(app).item_id)
        await press(pilot, "2", "enter", "w", "enter", "left", "5")
        assert judge(app).status.told == "ruling changed"
    made = rulings.standing(rows, case)
    assert made is not None
    assert (made.cause, made.reason) == (Cause.SLIP, "w")


async def test_an_empty_mode_says_what_to_do(
    empty_path: Path, study: Path, make_app: MakeApp
) -> None:
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "J")
        assert "nothing to rule on" in drawn(app)
        assert judge(app).case is None
        await press(pilot, "1", "g", "a")
        assert judge(app).case is None


async def test_e_opens_the_guideline(quarrel: Path, make_app: MakeApp) -> None:
    app = make_app(quarrel)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "J", "e")
        assert isinstance(app.screen, GuidelineScreen)
        await press(pilot, "escape")
        assert app.screen is judge(app)


async def test_a_sealed_round_is_told_by_its_progress(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    ids = [each.id for each in pairs.ordered(rows)]
    rounds.create(rows, "pilot", ids, ["first", "second"], seed=1, by="first", at=AT)
    labels.give(rows, ids[0], "first", "a", at=AT)
    labels.give(rows, ids[0], "second", "b", at=AT)
    app = make_app(study)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "J")
        shown = drawn(app)
        assert "Round pilot is sealed" in shown
        assert "first 1 of 3, second 1 of 3" in " ".join(shown.split())
        assert judge(app).case is None


@pytest.mark.parametrize(("size", "texts"), [((80, 24), 30), ((160, 45), 6)])
async def test_hostile_texts(
    empty_path: Path, make_app: MakeApp, size: tuple[int, int], texts: int
) -> None:
    first, second = "[/b]first", "second [@click=app.quit]x[/]"
    db = open_store(empty_path)
    guidelines.add_version(db, "\n".join(KEPT.values())[:4000], first, AT)
    for text in list(KEPT.values())[:texts]:
        made = a_chain(db, (text, text, text[:200], f"{text} better"), category=text[:40] or "x")
        for who, verdict in ((first, "a"), (second, "b")):
            labels.give(db, made.pair, who, verdict, seconds=9, note=text[:100], at=AT)
    db.close()
    app = make_app(empty_path, first)
    async with app.run_test(size=size) as pilot:
        await press(pilot, "J")
        for _ in list(KEPT)[:texts]:
            assert judge(app).case is not None
            assert not FORBIDDEN.intersection(drawn(app).replace("\n", ""))
            await press(pilot, "a", "right")
        await press(pilot, "i")
        assert not FORBIDDEN.intersection(drawn(app).replace("\n", ""))
        await press(pilot, "escape", "e", "d")
        assert not FORBIDDEN.intersection(drawn(app).replace("\n", ""))
