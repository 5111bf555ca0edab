"""What counts as decided, rule by rule, on rows written by hand."""

from __future__ import annotations

import pytest

from store.errors import SealedRound
from store.exporting import ExportOptions, UsageProblem, parse_split
from store.exporting.card import card
from store.items import pairs
from store.judgements import decisions, labels, rulings
from store.log import undo
from store.names import NoSuchName
from store.records import Phase
from store.rounds import rounds
from tests.store.building import AT, a_chain
from tests.store.exporting_study import pair, planned, reason_of


def chosen(db, **options):
    return [(row.chosen.text, row.rejected.text) for row in planned(db, **options).rows]


def give(db, pair_id, **verdicts):
    for annotator, verdict in verdicts.items():
        labels.give(db, pair_id, annotator, verdict, at=AT)


@pytest.mark.parametrize(
    ("verdicts", "consensus", "majority"),
    [
        ({}, "unlabelled", "unlabelled"),
        ({"ann": "skip"}, "skipped", "skipped"),
        ({"ann": "a"}, None, None),
        ({"ann": "a", "bob": "skip"}, None, None),
        ({"ann": "a", "bob": "a"}, None, None),
        ({"ann": "a", "bob": "b"}, "disagreement", "disagreement"),
        ({"ann": "a", "bob": "tie"}, "disagreement", "disagreement"),
        ({"ann": "tie", "bob": "tie"}, "tie", "tie"),
        ({"ann": "both_bad"}, "both_bad", "both_bad"),
        ({"ann": "a", "bob": "b", "eve": "a"}, "disagreement", None),
        ({"ann": "a", "bob": "b", "eve": "tie"}, "disagreement", "disagreement"),
    ],
)
def test_the_verdict_of_those_who_labelled(db, verdicts, consensus, majority):
    made = pair(db, "why?")
    give(db, made, **verdicts)
    assert reason_of(db, made) == consensus
    assert reason_of(db, made, from_="majority") == majority


def test_a_ruling_stands_above_labels_and_the_last_one_counts(db):
    made = pair(db, "why?", "one", "two")
    give(db, made, ann="a", bob="b")
    rulings.rule(db, made, "eve", "a", reason="clear", at=AT)
    assert chosen(db) == [("one", "two")]
    rulings.rule(db, made, "ann", "b", reason="on second thoughts", at=AT)
    assert chosen(db) == [("two", "one")]
    assert planned(db).by_basis == {"ruling": 1}
    assert reason_of(db, made, from_="by:bob") is None
    rulings.rule(db, made, "eve", "tie", reason="neither", at=AT)
    assert reason_of(db, made) == "tie"


def test_a_round_in_blocks_lets_out_whole_blocks(db):
    made = [pair(db, f"question {n}?") for n in range(12)]
    rounds.create(db, "pilot", made, ["ann", "bob"], seal="blocks", seed=1, by="ann", at=AT)
    for each in made:
        give(db, each, ann="a")
    assert planned(db).counts == {"hidden": 12}
    order = rounds.pairs_of(db, rounds.get(db, "pilot").id, "bob")
    for each in order[:11]:
        give(db, each, bob="a")
    outside = pair(db, "outside?")
    give(db, outside, ann="b")
    told = planned(db)
    assert {row.pair.id for row in told.rows} == {*order[:10], outside}
    assert told.excluded["hidden"] == [each for each in made if each in order[10:]]
    assert planned(db, from_="decisions").counts == {"unlabelled": 13}
    with pytest.raises(SealedRound, match=r"'pilot' is shown in whole blocks"):
        planned(db, format="audit")
    give(db, order[11], bob="a")
    assert len(planned(db).rows) == 13
    assert len(planned(db, format="audit").entries) == 13


@pytest.mark.parametrize("told", ["b", "tie", "skip"])
def test_a_hidden_label_moves_nothing_in_an_export(db, told):
    made = [pair(db, f"question {n}?") for n in range(60)]
    rounds.create(db, "pilot", made, ["ann", "bob"], seal="blocks", seed=1, by="ann", at=AT)
    order = rounds.pairs_of(db, rounds.get(db, "pilot").id, "bob")
    for number, each in enumerate(order):
        give(db, each, ann="a" if number % 2 else "b")
        if number < 50:
            give(db, each, bob="a" if number % 2 or number < 20 else "b")
    before = planned(db)
    for each in order[50:59]:
        give(db, each, bob=told)
    after = planned(db)
    assert after.counts == before.counts
    assert [row.pair.id for row in after.rows] == [row.pair.id for row in before.rows]


def test_the_label_after_discussion_counts_and_a_repeat_does_not(db):
    made = pair(db, "why?", "one", "two")
    give(db, made, ann="a", bob="b")
    labels.give(db, made, "bob", "a", phase=Phase.REPEAT, at=AT)
    assert reason_of(db, made) == "disagreement"
    labels.give(db, made, "bob", "a", phase=Phase.DISCUSSION, at=AT)
    assert chosen(db) == [("one", "two")]


def test_min_annotators(db):
    made = pair(db, "why?")
    give(db, made, ann="a", bob="skip")
    assert reason_of(db, made, min_annotators=2) == "too_few_annotators"
    give(db, made, eve="a")
    assert reason_of(db, made, min_annotators=2) is None


def test_one_annotators_own_word(db):
    made = pair(db, "why?", "one", "two")
    give(db, made, ann="a", bob="b")
    assert chosen(db, from_="by:bob") == [("two", "one")]
    assert chosen(db, from_="by:BOB") == [("two", "one")]
    with pytest.raises(NoSuchName, match="did you mean bob"):
        planned(db, from_="by:bobby")


def test_models_and_people_are_kept_apart(db):
    made, other = pair(db, "why?", "one", "two"), pair(db, "how?", "three", "four")
    labels.give(db, made, "ai:harmlessness", "b", at=AT)
    give(db, other, ann="a")
    assert chosen(db) == [("three", "four")]
    assert chosen(db, from_="ai", allow={"weak_judge"}) == [("two", "one")]
    assert reason_of(db, made) == "unlabelled"


def test_decisions_on_revisions(db):
    accepted, rejected, edited = (a_chain(db, text) for text in ("one", "two", "three"))
    for chain in (accepted, rejected, edited):
        pairs.make_revision_pair(db, chain.original, chain.revisions[0], at=AT)
    decisions.decide(db, accepted.revisions[0], "ann", "accept", at=AT)
    decisions.decide(db, rejected.revisions[0], "ann", "reject", at=AT)
    decisions.decide(db, edited.revisions[0], "ann", "edit", edited_text="mine", at=AT)
    made = planned(db)
    assert [(row.chosen.text, row.rejected.text) for row in made.rows] == [
        ("better answer 1 to one", "answer to one"),
        ("mine", "answer to three"),
    ]
    assert made.counts == {"rejected": 1, "edited": 1}
    undo.undo(db, "ann", AT)
    assert planned(db).counts == {"unlabelled": 2, "rejected": 1}


def test_an_accepted_revision_of_an_earlier_round_is_a_pair(db):
    chain = a_chain(db, rounds=2)
    pairs.make_revision_pair(db, chain.original, chain.revisions[1], at=AT)
    decisions.decide(db, chain.revisions[0], "ann", "accept", at=AT)
    made = planned(db)
    assert [row.chosen.id for row in made.rows] == [chain.revisions[0]]
    assert made.counts == {"unlabelled": 1}


def test_a_label_stands_above_a_decision_and_a_skip_does_not(db):
    chain = a_chain(db)
    made, _ = pairs.make_revision_pair(db, chain.original, chain.revisions[0], at=AT)
    decisions.decide(db, chain.revisions[0], "ann", "accept", at=AT)
    give(db, made, bob="skip")
    assert [row.chosen.id for row in planned(db).rows] == [chain.revisions[0]]
    original = "a" if pairs.get(db, made).a_id == chain.original else "b"
    give(db, made, bob=original)
    assert [row.chosen.id for row in planned(db).rows] == [chain.original]
    assert [row.chosen.id for row in planned(db, from_="decisions").rows] == [chain.revisions[0]]
    assert [row.chosen.id for row in planned(db, from_="by:ann").rows] == [chain.revisions[0]]


def test_two_people_who_decide_differently_disagree(db):
    chain = a_chain(db)
    made, _ = pairs.make_revision_pair(db, chain.original, chain.revisions[0], at=AT)
    decisions.decide(db, chain.revisions[0], "ann", "accept", at=AT)
    decisions.decide(db, chain.revisions[0], "bob", "reject", at=AT)
    assert reason_of(db, made) == "disagreement"
    assert reason_of(db, made, from_="by:ann") is None


def test_a_sealed_round_keeps_every_export_but_that_of_decisions_back(db):
    made = pair(db, "why?")
    rounds.create(db, "pilot", [made], ["ann", "bob"], seed=1, by="ann", at=AT)
    give(db, made, ann="a")
    for options in ({}, {"format": "audit"}, {"format": "audit", "from_": "decisions"}):
        with pytest.raises(SealedRound, match="pilot"):
            planned(db, **options)
    assert planned(db, from_="decisions").counts == {"unlabelled": 1}
    give(db, made, bob="a")
    assert reason_of(db, made) is None


def test_the_triplets_view_says_the_same(db):
    for n, verdicts in enumerate(({"ann": "a"}, {"ann": "a", "bob": "b"}, {"ann": "tie"}, {})):
        give(db, pair(db, f"question {n}"), **verdicts)
    ruled, flagged, empty = pair(db, "ruled"), pair(db, "flagged"), pair(db, "empty", b=" ")
    give(db, flagged, ann="a")
    give(db, empty, ann="a")
    labels.flag(db, flagged, "bob", on=True, at=AT)
    give(db, ruled, ann="a", bob="b")
    rulings.rule(db, ruled, "ann", "a", reason="", at=AT)
    rulings.rule(db, ruled, "eve", "b", reason="", at=AT)
    for text, choice in (("x", "accept"), ("y", "edit"), ("z", "reject")):
        chain = a_chain(db, text, rounds=2)
        pairs.make_revision_pair(db, chain.original, chain.revisions[1], at=AT)
        own = "my own" if choice == "edit" else None
        decisions.decide(db, chain.revisions[1], "ann", choice, edited_text=own, at=AT)
    rows = db.execute("SELECT prompt, chosen, rejected, basis FROM triplets ORDER BY position")
    assert [tuple(row) for row in rows] == [
        (row.messages[0].content, row.chosen.text, row.rejected.text, row.standing.basis)
        for row in planned(db).rows
    ]
    assert len(planned(db).rows) == 4


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"from_": "consensu"}, "did you mean consensus"),
        ({"from_": "by:"}, "name of an annotator"),
        ({"allow": frozenset({"flaged"})}, "did you mean flagged"),
        ({"allow": frozenset({"tie"})}, "no chosen and rejected"),
        ({"split": (0.5, 0.5, 0.5)}, "make 1"),
        ({"split": (1.5, -0.5, 0.0)}, "from 0 to 1"),
        ({"split": (float("nan"), 0.5, 0.5)}, "from 0 to 1"),
        ({"min_annotators": 0}, "at least 1"),
        ({"max_length": 0}, "at least 1"),
    ],
)
def test_wrong_usage(options, hint):
    with pytest.raises(UsageProblem, match=hint):
        ExportOptions(**options)


def test_split_in_words(db):
    assert parse_split("0.8, 0.1,0.1") == (0.8, 0.1, 0.1)
    for text in ("", "0.9,0.1", "a,b,c", "1,1,1"):
        with pytest.raises(UsageProblem):
            parse_split(text)
    with pytest.raises(UsageProblem, match="did you mean triplets"):
        planned(db, format="triplet")


def test_all_raters_together_are_asked_for_by_name_and_named_in_the_card(db):
    made = [pair(db, f"question {n}?", f"one {n}", f"two {n}") for n in range(12)]
    for n, each in enumerate(made[:10]):
        side, other = ("a", "b") if n % 2 else ("b", "a")
        give(db, each, ann=side, bob=side, **{"ai:m": side if n < 8 else other})
    with pytest.raises(UsageProblem, match="crowd"):
        planned(db, from_="crowds")
    give(db, made[10], ann="a", **{"ai:m": "b"})
    made_plan = planned(db, from_="consensus:dawid-skene")
    assert made_plan.options.from_ == "crowd"
    assert len(made_plan.rows) == 11  # the two best of three outweigh the third
    assert made_plan.counts == {"unlabelled": 1}
    last = made_plan.rows[-1]
    assert (last.standing.annotators, last.standing.verdict) == (("ai:m", "ann"), "a")
    assert 0.5 < last.standing.probability < 1
    told = card(made_plan, {"train.jsonl": 11})
    assert "Dawid and Skene" in told
    assert "| ann | 11 |" in told
    assert planned(db).options.from_ == "consensus"
    empty = [reason_of(db, each, from_="crowd") for each in made[10:]]
    assert empty == [None, "unlabelled"]
