"""Exports by models' verdicts: weak judges stay, probabilities go with what goes out."""

from __future__ import annotations

import json
import math

import pytest

from store import exporting
from store.exporting import UsageProblem
from store.judgements import labels
from tests.store.agreement.judge.made import for_side
from tests.store.agreement.judge.project import JUDGE, ask, judged
from tests.store.building import AT
from tests.store.exporting_study import pair, planned, reason_of


def test_labels_of_a_judge_nobody_has_checked_need_asking_for(db):
    made = pair(db, "why?", "one", "two")
    ask(db, made, 0.9, 0.2)
    for source in ("ai", JUDGE, f"by:{JUDGE}"):
        assert reason_of(db, made, from_=source) == "weak_judge"
        assert reason_of(db, made, from_=source, allow={"weak_judge"}) is None
    assert planned(db, from_="ai").certificates[0].sentence == (
        "not certified: no pair has a person's verdict"
    )
    assert planned(db).certificates == ()


def test_fifty_pairs_that_it_has_right_certify_a_judge(db):
    made = judged(db, 50)
    ask(db, made[0], 0.9, 0.9, judge="ai:first")
    assert reason_of(db, made[1], from_="ai") is None
    assert reason_of(db, made[0], from_="ai:first") == "tie"
    weak = pair(db, "why?", "one", "two")
    ask(db, weak, *for_side("a"), judge="ai:first")
    assert reason_of(db, weak, from_="ai") == "weak_judge"
    ask(db, weak, *for_side("a"))
    assert reason_of(db, weak, from_="ai") is None, "one of the two is certified"


def test_only_what_the_model_is_sure_of(db):
    sure, unsure, silent = (pair(db, f"why {n}?", "one", f"two {n}") for n in range(3))
    ask(db, sure, 0.1, 0.8)  # p of b .85
    ask(db, unsure, 0.8, 0.3)  # p of a .75
    labels.give(db, silent, JUDGE, "a", at=AT)
    least = {"from_": "ai", "allow": {"weak_judge"}, "min_confidence": 0.8}
    assert reason_of(db, sure, **least) is None
    assert reason_of(db, unsure, **least) == "low_confidence"
    assert reason_of(db, silent, **least) == "low_confidence"
    assert reason_of(db, unsure, **(least | {"min_confidence": 0.75})) is None
    everything = planned(db, from_="ai", allow={"weak_judge"})
    assert everything.label_smoothing == pytest.approx((0.15 + 0.25) / 2)


@pytest.mark.parametrize("wrong", [0.4, 1.1, math.nan])
def test_a_confidence_that_cannot_be(wrong):
    with pytest.raises(UsageProblem, match=r"from 0\.5 to 1"):
        exporting.ExportOptions(from_="ai", min_confidence=wrong)


def test_probabilities_need_a_model():
    for options in ({"min_confidence": 0.9}, {"soft_labels": True}):
        with pytest.raises(UsageProblem, match="--from ai"):
            exporting.ExportOptions(**options)
    with pytest.raises(UsageProblem, match="name of a model"):
        exporting.ExportOptions(from_="ai:")


def test_columns_only_where_they_are_asked_for(db):
    ask(db, pair(db, "why?", "one", "two"), 0.1, 0.8)
    how = {"from_": "ai", "allow": {"weak_judge"}}
    for form in ("trl", "reward"):
        plain = planned(db, format=form, **how).preview()[0]
        assert set(plain) == {"chosen", "rejected"} | ({"prompt"} if form == "trl" else set())
    asked = planned(db, format="trl", soft_labels=True, **how).preview()[0]
    assert asked["soft_label"] == pytest.approx(0.85)
    assert asked["soft_label_shown_first"] == pytest.approx(0.8)
    assert asked["soft_label_shown_second"] == pytest.approx(0.9)
    margin = planned(db, format="reward", soft_labels=True, **how).preview()[0]["margin"]
    assert margin == pytest.approx(0.7)
    scores = planned(db, format="ultrafeedback", **how).preview()[0]
    assert (scores["score_chosen"], scores["score_rejected"]) == pytest.approx((0.85, 0.15))


def test_an_audit_has_every_asking(db):
    made = pair(db, "why?", "one", "two")
    ask(db, made, 0.1, 0.8)
    ask(db, made, 0.3, 0.8, seed=1)
    line = planned(db, format="audit").preview()[0]
    assert sorted(each["seed"] for each in line["askings"]) == [0, 1]
    assert line["soft_labels"] == [
        {
            "judge": JUDGE,
            "p": pytest.approx(0.2),
            "q_ab": pytest.approx(0.2),
            "q_ba": pytest.approx(0.8),
        }
    ]


def test_card_and_manifest_tell_what_the_judge_is_worth(db, tmp_path):
    judged(db, 50)
    exporting.write(planned(db, from_="ai", format="trl"), tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert "## The judges" in card
    assert "Not as good as a second person (kappa .80 against 1.00 between people)" in card
    assert f"probability of {manifest['label_smoothing']:.3f} (mean of min(p, 1 - p), n 50)" in card
    assert "<svg" in card
    assert [(each["judge"], each["certified"]) for each in manifest["judges"]] == [(JUDGE, True)]
