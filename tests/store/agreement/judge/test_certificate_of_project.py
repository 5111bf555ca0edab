"""Certificates of project files: what is read of them, what rounds hide, how it is shown."""

from __future__ import annotations

import pytest

from store.agreement import agreement
from store.agreement.judge import judged_pairs
from store.agreement.judge.certificate import certificate, judges
from store.agreement.judge.lines import lines
from store.errors import StoreError
from store.items import candidates, pairs
from store.judgements import labels, rulings
from store.records import Candidate, Origin
from store.reporting import report
from store.rounds import rounds
from tests.store.agreement.judge.made import for_side
from tests.store.agreement.judge.project import JUDGE, ask, judged
from tests.store.building import AT, a_prompt
from tests.store.deciding import some_pairs


def test_the_figures_with_a_person_are_those_of_agree(db):
    made = judged(db, 20)
    found = certificate(db, "m")
    assert [two.annotators for two in found.people] == [("ann", JUDGE), ("bob", JUDGE)]
    assert found.people[0].figures == agreement(db, "ann", JUDGE).figures
    assert found.people[0].ci95 == agreement(db, "ann", JUDGE).ci95
    assert found.differing["ann"] == (made[0], made[10])
    assert certificate(db, "m", people=["bob"]).people[0].annotators == ("bob", JUDGE)
    with pytest.raises(StoreError, match=f"no judge 'ai:n' here; did you mean {JUDGE}"):
        certificate(db, "n")


def test_only_blind_words_count_and_nothing_that_a_round_hides(db):
    made = judged(db, 12, people=())
    pilot = rounds.create(db, "pilot", made[:6], ["ann", "bob"], seed=0, by="ann", at=AT).id
    for pair in made[:4]:
        labels.give(db, pair, "ann", "a", at=AT)
    rulings.rule(db, made[0], "eve", "a", at=AT)
    labels.give(db, made[7], "ann", "a", at=AT)
    rulings.rule(db, made[8], "eve", "b", at=AT)
    labels.give(db, made[9], "ann", "a", at=AT)
    labels.record_shown(db, made[10], "ann", AT)
    labels.give(db, made[10], "ann", "a", at=AT)
    found = certificate(db, JUDGE)
    assert (found.pairs, found.with_word, found.rulings.with_ties.n) == (12, 2, 1)
    assert found.people[0].n == 2
    rounds.close(db, pilot, "ann", "enough", AT)
    found = certificate(db, JUDGE)
    assert (found.with_word, found.rulings.with_ties.n) == (6, 2)


def test_a_judge_knows_its_own_text_by_its_author(db):
    prompt = a_prompt(db)
    ids = [
        candidates.add(
            db,
            Candidate(
                prompt_id=prompt, origin=Origin.PROPOSED, text=text, author=author, slot=slot,
                created_at=AT,
            ),
        )
        for slot, (text, author) in enumerate((("mine", "m"), ("other", "another")))
    ]  # fmt: skip
    made = pairs.add(db, prompt, *ids, "chosen", source="test", at=AT)[0]
    ask(db, made, 0.9, 0.2)
    ask(db, made, 0.9, 0.2, judge="ai:n")
    mine = judged_pairs.load(db, JUDGE)[0]
    assert (mine.own_a, mine.own_b, mine.length_a) == (True, False, 4)
    theirs = judged_pairs.load(db, "ai:n")[0]
    assert (theirs.own_a, theirs.own_b) == (False, False)
    assert certificate(db, JUDGE).own_text.judge.value == 1


def test_principles_vote_and_one_constitution_explains_more(db):
    made = some_pairs(db, 24)
    for i, pair in enumerate(made):
        side, other = ("a", "b") if i % 2 else ("b", "a")
        labels.give(db, pair, "ann", side, at=AT)
        ask(db, pair, *for_side(side), principle="GOOD", constitution="c1")
        ask(db, pair, *for_side(other, 0.6), principle="BAD", constitution="c2")
        ask(db, pair, 0.8, 0.8, principle="NONE", constitution="c2")
    found = certificate(db, JUDGE)
    good, bad, none = found.principles
    assert (good.principle_id, good.votes) == ("GOOD", {"a": 12, "b": 12, "none": 0})
    assert good.people[0].agreement.value == 1
    assert good.people[0].lift.value == pytest.approx(0.5)
    assert not good.people[0].contradicts
    assert bad.people[0].contradicts
    assert (none.coverage.value, none.people[0].agreement.reason) == (
        0,
        "no pair where both name a side",
    )
    (two,) = found.constitutions
    assert (two.better, two.difference.value) == ("c1", pytest.approx(0.5))
    told = found.as_json()
    assert told["principles"][1]["people"][0]["contradicts"] is True
    assert told["constitutions"][0]["better"] == "c1"


def test_labels_without_a_record_of_askings_have_no_order_figures(db):
    for pair in some_pairs(db, 3):
        labels.give(db, pair, "ai:old", "a", at=AT)
        labels.give(db, pair, "ann", "a", at=AT)
    found = certificate(db, "ai:old")
    assert judges(db) == ["ai:old"]
    assert found.position.conflict.reason == "no record of what the judge was asked"
    assert found.accuracy.decided.value == 1
    for line in lines(found):
        assert (line.figure.value is None) == (line.figure.reason is not None), line.name


def test_a_judge_that_calls_both_bad_names_no_side(db):
    made = some_pairs(db, 8)
    said = ["both_bad", "both_bad", "tie", "a", "a", "b", "a", "a"]
    for pair_id, verdict in zip(made, said, strict=True):
        labels.give(db, pair_id, JUDGE, verdict, at=AT)
        labels.give(db, pair_id, "ann", "a", at=AT)
    found = certificate(db, JUDGE)
    assert {each: len(those) for each, those in found.verdicts.items()} == {
        "a": 4,
        "b": 1,
        "tie": 1,
        "both_bad": 2,
    }
    assert (found.accuracy.decided.value, found.accuracy.decided.n) == (4 / 5, 5)
    assert (found.accuracy.with_ties.value, found.accuracy.with_ties.n) == (5.5 / 8, 8)
    assert found.length.judge.n <= 5


def test_the_report_has_sentence_figures_and_picture(db):
    judged(db, 50)
    text = report.compose(db, pseudonyms=True)
    assert "## Judges" in text
    assert "Not as good as a second person (kappa .80 against 1.00 between people)." in text
    assert "| kappa with A1 | .80 |" in text
    assert text.count("<circle") == 3
    assert "-0.00" not in text
