"""Judges with a known fault: each is named for it, with the figures that show it."""

from __future__ import annotations

import pytest

from store.agreement.counts import counts, tally_of
from store.agreement.judge.certificate import Certificate, of_pairs
from store.agreement.report import of_counts
from tests.store.agreement.judge.made import (
    JUDGE,
    Answer,
    an_asking,
    answered,
    first_place,
    for_side,
    ideal,
    longest,
    made,
    noisy,
    own_text,
)

TWO = {"ann": 0.97, "bob": 0.93}


def of(answer: Answer, n: int = 160, **how) -> Certificate:
    return of_pairs(JUDGE, {JUDGE: made(n, answer, **how)})


def test_an_ideal_judge_is_as_good_as_a_second_person() -> None:
    found = of(ideal, people=TWO)
    assert found.certified
    ceiling = found.ceiling
    assert found.sentence == (
        f"as good as a second person (kappa {ceiling.judge.value:.2f} against"
        f" {ceiling.people.value:.2f} between people)".replace("0.", ".")
    )
    assert of(ideal).accuracy.decided.value == 1
    assert of(ideal).together.value == 1
    assert "separation" in (of(ideal).length.coefficient.reason or "")
    assert of(ideal).temperature.reason == (
        "the judge is right on every pair there, so no temperature is best"
    )


def test_a_judge_noisy_at_80_percent() -> None:
    found = of(noisy, 400, people={"ann": 1.0, "bob": 0.99}, seed=3)
    assert found.certified
    assert found.sentence.startswith("not as good as a second person (kappa .")
    right = found.accuracy.decided
    assert right.value == pytest.approx(0.8, abs=0.05)
    assert right.ci95 is not None
    assert right.ci95[0] < 0.8 < right.ci95[1]
    assert len(right.pairs) == round((1 - right.value) * right.n)
    # what it says is what it is: 80 % sure, 80 % right
    assert found.calibration.ece.value < found.calibration.ece_if_calibrated_high
    assert found.temperature.temperature == pytest.approx(1, abs=0.25)


def test_a_sure_judge_that_is_right_in_80_percent_is_not_calibrated() -> None:
    pairs = [answered(p, an_asking(p.id, *(for_side(p.verdict, 0.99)))) for p in made(400, noisy)]
    found = of_pairs(JUDGE, {JUDGE: pairs})
    assert found.calibration.ece.value > found.calibration.ece_if_calibrated_high
    assert found.temperature.temperature > 2
    assert found.temperature.ece < found.temperature.ece_before
    assert found.temperature.brier < found.temperature.brier_before


def test_a_judge_biased_to_the_first_place() -> None:
    found = of(first_place)
    place = found.position
    assert not found.certified
    assert place.first.value == pytest.approx(0.91, abs=0.06)
    assert place.first_p is not None
    assert place.first_p < 1e-9
    assert place.conflict.value == pytest.approx(0.875, abs=0.08)
    assert place.size.value == pytest.approx(0.25, abs=0.05)
    assert found.sentence == (
        "this model cannot judge these pairs: it prefers the first place in"
        f" {place.first.value * 100:.0f} % of the pairs whose orders conflict"
        f" ({place.conflict.value * 100:.0f} % of 160)"
    )
    second = of(lambda pair, drawn: tuple(1 - q for q in first_place(pair, drawn)))  # type: ignore[arg-type,return-value]
    assert "it prefers the second place in" in second.sentence


def test_a_judge_that_always_says_the_first_is_named_also_where_nobody_has_labelled() -> None:
    found = of(lambda _pair, _drawn: (0.9, 0.9), 70, people={})
    assert len(found.verdicts["tie"]) == 70
    assert found.sentence == (
        "this model cannot judge these pairs: it prefers the first place in 100 % of the pairs"
        " whose orders conflict (100 % of 70)"
    )
    assert "not certified: no pair has a person's verdict" in found.weak
    assert found.accuracy.decided.reason == "no pair has a person's verdict"


def test_a_judge_that_prefers_length() -> None:
    found = of(longest, 240)
    assert found.length.judge.value == pytest.approx(0.95, abs=0.04)
    assert found.length.people.value == pytest.approx(0.5, abs=0.1)
    assert found.length.coefficient.ci95 is not None
    assert found.length.coefficient.ci95[0] > 0
    assert not found.certified
    assert "it takes the longer answer in 9" in found.sentence
    assert "its own text" not in found.sentence


def test_a_judge_that_prefers_its_own_text() -> None:
    found = of(own_text, 240)
    assert found.own_text.judge.value == pytest.approx(0.85, abs=0.06)
    assert found.own_text.more.ci95 is not None
    assert found.own_text.more.ci95[0] > 0.2
    assert "it takes its own text in 8" in found.sentence
    assert "longer" not in found.sentence


def test_a_category_under_the_floor_is_an_exception() -> None:
    pairs = made(240, ideal, people=TWO, category=lambda i: "ab"[i % 3 == 0] * 2)
    worse = [
        answered(p, an_asking(p.id, *for_side("ab"[i % 2 if p.category == "aa" else i % 4 > 1])))
        for i, p in enumerate(pairs)
    ]
    assert of_pairs(JUDGE, {JUDGE: worse}).sentence.split(")")[1].startswith(", except bb")


@pytest.mark.parametrize(
    ("n", "said"), [(0, "no pair has"), (1, "only 1 pair has"), (49, "only 49 pairs have")]
)
def test_under_fifty_pairs_of_people_nothing_is_certified(n: int, said: str) -> None:
    found = of(ideal, n)
    assert found.weak[0] == f"not certified: {said} a person's verdict"
    assert found.as_json()["certified"] is False


def test_letters_that_are_not_what_comes_next() -> None:
    pairs = made(60, ideal)
    far = [
        answered(
            p,
            p.asked[0]._replace(
                ab_first=p.asked[0].ab_first - 4, ab_second=p.asked[0].ab_second - 4
            ),
        )
        for p in pairs
    ]
    found = of_pairs(JUDGE, {JUDGE: far})
    assert found.sentence == (
        "this model does not answer the question: its two letters have a probability of .02"
        " together"
    )


def test_divided_people_and_ties_are_counted_apart() -> None:
    pairs = made(80, ideal, people={"ann": 1.0, "bob": 1.0})
    pairs = [
        p._replace(people={"ann": "a", "bob": "b"})
        if i < 5
        else p._replace(people={"ann": "tie", "bob": "tie"})
        if i < 8
        else p
        for i, p in enumerate(pairs)
    ]
    found = of_pairs(JUDGE, {JUDGE: pairs})
    assert found.divided == tuple(f"pair {i}" for i in range(5))
    assert (found.accuracy.decided.n, found.calibration.brier.n) == (72, 72)
    assert found.rulings.decided.n == 80
    told = found.as_json()
    assert (told["divided"], told["verdicts"]) == (5, {"a": 40, "b": 40, "tie": 0})


def test_agreement_with_a_person_is_counted_as_between_people() -> None:
    pairs = made(90, noisy, people=TWO)
    found = of_pairs(JUDGE, {JUDGE: pairs, "ai:n": made(50, ideal)})
    said = tally_of([(p.people["bob"], p.verdict) for p in pairs])
    assert found.people[1] == of_counts(counts(said), ("bob", JUDGE))
    assert [(two.annotators, two.n) for two in found.judges] == [(("ai:n", JUDGE), 50)]


def test_another_seed_or_template_is_compared_and_nothing_else() -> None:
    pairs = [
        answered(
            p,
            an_asking(p.id, 0.9, 0.1, seed=0),
            an_asking(p.id, 0.9, 0.1, seed=0, principle="H2"),
            an_asking(p.id, *((0.9, 0.1) if i % 4 else (0.1, 0.9)), seed=1),
            an_asking(p.id, 0.8, 0.2, template="other"),
        )
        for i, p in enumerate(made(40, ideal))
    ]
    seeds, templates = of_pairs(JUDGE, {JUDGE: pairs}).consistency
    assert (seeds.varied, seeds.equal.value, seeds.equal.n) == ("seed", 0.75, 40)
    assert seeds.differing == tuple(f"pair {i}" for i in range(0, 40, 4))
    assert (templates.varied, templates.equal.value) == ("template", 1)
    assert "one and the same verdict" in (templates.kappa.reason or "")
