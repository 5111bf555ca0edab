"""Rulings and the disagreements they settle."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from store.errors import BadInput, WrongId
from store.items import pairs
from store.judgements import disagreements, labels, rulings
from store.judgements.disagreements import Order, alike, is_hasty
from store.judgements.rulings import Cause, Confidence
from store.records import Message, PairText, Verdict
from store.views import adjudication
from tests.store.building import a_candidate, a_prompt
from tests.store.conftest import AT
from tests.store.deciding import some_pairs, ticking


def disagreed(db: Database, pair: str, one: str = "a", other: str = "b") -> str:
    labels.give(db, pair, "first", one, seconds=30, note="mine", at=AT)
    labels.give(db, pair, "second", other, seconds=0.1, at=AT)
    return pair


def test_a_ruling_stands_and_changes_no_label(db: Database) -> None:
    pair = disagreed(db, some_pairs(db)[0])
    before = labels.of_pair(db, pair)
    ruled = rulings.rule(
        db,
        pair,
        "first",
        "a",
        reason=" mine ",
        cause="guideline_gap",
        confidence=Confidence.SURE,
        adopted_from="first",
        at=AT,
    )
    assert labels.of_pair(db, pair) == before
    assert rulings.standing(db, pair) == ruled == rulings.all_standing(db)[pair]
    assert (ruled.reason, ruled.cause, ruled.by) == ("mine", Cause.GUIDELINE_GAP, "first")


def test_the_last_ruling_stands_and_the_others_are_kept(db: Database) -> None:
    pair, now = disagreed(db, some_pairs(db)[0]), ticking()
    for who, verdict in (("second", "a"), ("first", "b"), ("second", "tie")):
        rulings.rule(db, pair, who, verdict, at=now())
    assert [(each.by, each.verdict) for each in rulings.of_pair(db, pair)] == [
        ("first", "b"),
        ("second", "tie"),
    ]
    standing = rulings.standing(db, pair)
    assert standing is not None
    assert standing.verdict is Verdict.TIE
    assert rulings.all_standing(db) == {pair: standing}


def test_causes_are_counted_and_an_annotator_sees_what_went_against(db: Database) -> None:
    one, other, agreed = some_pairs(db, 3)
    disagreed(db, one)
    disagreed(db, other, "tie", "both_bad")
    disagreed(db, agreed, "skip", "b")
    rulings.rule(db, one, "first", "b", cause=Cause.SLIP, at=AT)
    rulings.rule(db, other, "first", "tie", cause=Cause.SLIP, at=AT)
    rulings.rule(db, agreed, "first", "b", cause=Cause.OTHER, at=AT)
    assert rulings.causes(db) == {Cause.SLIP: 2, Cause.OTHER: 1}
    assert [each.ruling.pair_id for each in rulings.against(db, "first")] == [one]
    assert [each.label.verdict for each in rulings.against(db, "second")] == [Verdict.BOTH_BAD]
    assert rulings.against(db, "third") == []


def test_a_model_is_no_party_to_a_disagreement(db: Database) -> None:
    agreed, differs = some_pairs(db, 2)
    disagreed(db, agreed, "a", "a")
    disagreed(db, differs)
    for pair in (agreed, differs):
        labels.give(db, pair, "ai:m", "tie", at=AT)
    (only,) = disagreements.ordered(db)
    assert only.pair_id == differs
    assert [each.annotator for each in only.labels] == ["first", "second"]
    said = adjudication.case(db, "third", differs, AT).said
    assert [each.annotator for each in said] == ["first", "second"]
    asked = disagreements.ordered(db, ["first", "ai:m"])
    assert {each.pair_id for each in asked} == {differs, agreed}


def test_the_one_who_rules_is_blind_no_longer(db: Database) -> None:
    pair = disagreed(db, some_pairs(db)[0])
    rulings.rule(db, pair, "first", "b", at=AT)
    labels.give(db, pair, "first", "b", at=AT)
    labels.give(db, pair, "second", "a", at=AT)
    assert [each.informed for each in labels.of_pair(db, pair)] == [True, False]


@pytest.mark.parametrize(
    "wrong", [{"verdict": "skip"}, {"verdict": "c"}, {"cause": "bad mood"}, {"confidence": "9"}]
)
def test_a_wrong_ruling_is_refused(db: Database, wrong: dict[str, str]) -> None:
    pair = disagreed(db, some_pairs(db)[0])
    with pytest.raises(BadInput):
        rulings.rule(db, pair, "first", at=AT, **{"verdict": "a", **wrong})  # type: ignore[arg-type]
    with pytest.raises(WrongId):
        rulings.rule(db, "nothing", "first", "a", at=AT)
    assert rulings.all_standing(db) == {}


def test_disagreements_are_found_between_those_asked_for(db: Database) -> None:
    one, two, three = some_pairs(db, 3)
    disagreed(db, one)
    labels.give(db, one, "third", "a", at=AT)
    disagreed(db, two, "a", "a")
    disagreed(db, three, "a", "skip")
    (found,) = disagreements.ordered(db)
    assert (found.pair_id, found.hasty, found.ruling) == (one, frozenset({"second"}), None)
    assert [each.annotator for each in found.labels] == ["first", "second", "third"]
    assert found.labels[0].note == "mine"
    assert disagreements.ordered(db, ["first", "third"]) == []
    (narrow,) = disagreements.ordered(db, ["second", "third"])
    assert [each.annotator for each in narrow.labels] == ["second", "third"]
    rulings.rule(db, one, "first", "a", at=AT)
    assert disagreements.ordered(db, unruled=True) == []
    assert disagreements.ordered(db)[0].ruling is not None


def test_the_most_alike_come_first_or_a_category_at_a_time(db: Database) -> None:
    made = []
    for category, a, b in (
        ("z", "one two three", "four five six"),
        ("y", "one two three", "one two three four"),
        ("z", "one two", "one six"),
    ):
        prompt = a_prompt(db, f"{category} {b}", category)
        sides = [a_candidate(db, prompt, text, slot) for slot, text in enumerate((a, b))]
        made.append(pairs.add(db, prompt, *sides, "imported", source="t", at=AT)[0])
        disagreed(db, made[-1])
    far, near, middle = made

    def order(by: Order) -> list[str]:
        return [each.pair_id for each in disagreements.ordered(db, order=by)]

    assert order(Order.ALIKE) == [near, middle, far]
    assert order(Order.CATEGORY) == [near, far, middle]
    assert order(Order.PROJECT) == [far, near, middle]


@given(a=st.text(), b=st.text())
def test_alikeness_is_a_share_and_the_same_both_ways(a: str, b: str) -> None:
    assert 0 <= alike(a, b) == alike(b, a) <= 1
    assert alike(a, a) == 1


def test_haste_is_faster_than_reading() -> None:
    text = PairText("p", (Message("user", "word " * 10),), "word " * 70, "\u8a9e" * 70, "c")
    assert is_hasty(text, 9.9)  # 150 words, at 15 a second
    assert not is_hasty(text, 10.0)
    assert not is_hasty(text, None)
