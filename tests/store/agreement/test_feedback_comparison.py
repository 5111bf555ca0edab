"""Human against AI feedback: each figure against numbers made by hand or by scikit-learn."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from sklearn.metrics import cohen_kappa_score
from sqlite_utils import Database
from statsmodels.stats.proportion import proportion_confint

from store.agreement.feedback_comparison import IDLE, compare, cost, speed
from store.agreement.feedback_figures import Rater, Rates
from store.agreement.intervals import smoothed_wald
from store.items import pairs
from store.judgements import attributes, labels, rankings
from store.records import Phase
from store.reporting.comparison import measures, scenario
from tests.store.agreement.labelling import AT, at, say, some_pairs
from tests.store.asking import ask
from tests.store.building import a_candidate, a_prompt

JUDGE = "ai:m.gguf"
SIDE = {"a": (0.9, 0.1), "b": (0.2, 0.7), "first": (0.9, 0.6), "second": (0.3, 0.2)}
"""Probabilities of the first place in both orders."""


@pytest.fixture
def study(db: Database) -> Database:
    """Forty easy pairs on which all agree, forty hard ones where the judge takes the first place.

    The first person labels all of them in one day, the second the hard ones without times.
    """
    easy, hard = some_pairs(db, 40, category="easy"), some_pairs(db, 40, category="hard", start=40)
    for n, pair in enumerate([*easy, *hard]):
        verdict = "ab"[n % 2]
        took = 400.0 if n < 2 else 20.0
        say(db, pair, "first", verdict, 60 * n, seconds=took, left="a" if n < 48 else "b")
        if n >= 40:
            say(db, pair, "second", verdict, n)
        if n < 40 or n >= 60:
            ask(db, pair, *SIDE[verdict if n < 70 else "first"], seconds=1.5)
            ask(db, pair, *SIDE["a" if n % 4 == 0 else verdict], seed=1, seconds=0.5)
    for n, pair in enumerate(easy[:10]):
        again = "ab"[n % 2] if n < 9 else "a"
        labels.give(
            db, pair, "first", again, phase=Phase.REPEAT, seconds=10, left="b", at=at(9000 + n)
        )
    attributes.state(db, "first", "field", "law", AT)
    return db


def rater(db: Database, name: str, **rates: float) -> Rater:
    return next(each for each in compare(db, Rates(**rates)).raters if each.name == name)


def test_what_a_person_costs_and_how_steady_they_are(study: Database) -> None:
    found = rater(study, "first", person_hour=36)
    spent = 2 * IDLE + 78 * 20 + 10 * 10
    assert found.cost == (spent, 90, 2, None, pytest.approx(spent / 100))
    assert found.items == 80
    assert found.speed.median == 180
    assert found.speed.day == pytest.approx(89 * 3600 / 9009)
    once, twice = [*"ab" * 5], [*"ab" * 4, "a", "a"]
    assert found.consistency["self"].kappa.value == pytest.approx(cohen_kappa_score(once, twice))
    # left is a in the first 48, which are half a and half b
    assert (found.place.hits, found.place.n) == (24 + 16, 80)
    assert found.place.ci95 == pytest.approx(proportion_confint(40, 80, method="wilson"))
    other = rater(study, "second", person_hour=36)
    assert (other.cost.timed, other.cost.money, other.speed.median) == (0, None, None)
    assert other.consistency["self"].kappa.reason
    assert {each.name: each.words for each in measures(other)}["cost"] == "no time is known"
    behind = {each.key: len(each.pairs) for each in measures(found)}
    assert (behind["items"], behind["self"], behind["left"]) == (80, 1, 40)


def test_what_a_judge_costs_and_how_steady_it_is(study: Database) -> None:
    found = rater(study, JUDGE, machine_hour=3600)
    assert found.items == 60
    assert found.cost[:4] == (pytest.approx(120), 60, 0, 60 * 2 * 40)
    assert found.cost.money == pytest.approx(120)
    assert found.speed.median == pytest.approx(1800)
    order = found.consistency["order"]
    assert order.n == 60
    assert order.kappa.value is not None
    assert order.kappa.value < 0.9
    seed = found.consistency["seed"]
    first = ["ab"[n % 2] if n < 70 else "tie" for n in [*range(40), *range(60, 80)]]
    second = ["a" if n % 4 == 0 else "ab"[n % 2] for n in [*range(40), *range(60, 80)]]
    assert seed.kappa.value == pytest.approx(cohen_kappa_score(first, second))
    assert found.place.n == 120
    assert found.place.hits > 60
    assert len(found.behind["seed"]) == sum(map(str.__ne__, first, second))
    assert len(found.behind["order"]) == 5  # of the last ten, where no seed takes the place of a


def test_ai_may_stand_alone_where_it_surely_agrees_with_everybody(study: Database) -> None:
    easy, hard = compare(study).scenario
    assert (easy.category, easy.person, easy.found.n) == ("easy", "first", 40)
    assert easy.ai_alone
    assert scenario(easy).cells[-1] == "AI may stand alone"
    assert (hard.category, hard.found.n, hard.few) == ("hard", 20, True)
    assert not hard.ai_alone
    assert hard.advice.startswith("people")


def test_verdicts_by_category_and_by_what_people_state(study: Database) -> None:
    parts = {(each.who, each.by, each.value): each for each in compare(study).spread}
    assert set(parts) == {
        ("people", "category", "easy"),
        ("people", "category", "hard"),
        (JUDGE, "category", "easy"),
        (JUDGE, "category", "hard"),
        ("people", "field", "law"),
    }
    law = parts["people", "field", "law"]
    assert (law.n, law.shares["a"].hits, law.few) == (80, 40, False)
    assert parts[JUDGE, "category", "hard"].few


def test_a_project_without_anything_has_nothing_to_compare(db: Database) -> None:
    some_pairs(db, 3)
    assert compare(db).as_json() == {"raters": [], "spread": [], "scenario": []}


@given(st.lists(st.none() | st.floats(0, 5000), max_size=30), st.floats(0, 100))
def test_idle_time_is_cut_and_counted(seconds: list[float | None], rate: float) -> None:
    found = cost(seconds, rate)
    known = [each for each in seconds if each is not None]
    assert found.idle == sum(each > 300 for each in known)
    assert found.seconds <= min(sum(known), 300 * len(known)) + 1e-6
    assert math.isclose(cost(seconds, rate, idle=math.inf).seconds, sum(known))
    pace = speed(seconds, [])
    assert pace.median is None or pace.median >= 12 - 1e-9


def test_a_ranking_is_timed_once_for_all_its_pairs(db: Database) -> None:
    prompt = a_prompt(db)
    made = [a_candidate(db, prompt, text, slot=n) for n, text in enumerate("wxyz")]
    rankings.give(db, prompt, "first", [[each] for each in made], seconds=700.0, at=at(0))
    (single,) = some_pairs(db, 1, start=7)
    say(db, single, "first", "a", 60, seconds=20.0)
    found = rater(db, "first", person_hour=36)
    assert found.items == 7
    assert found.cost == (IDLE + 20, 2, 1, None, pytest.approx((IDLE + 20) / 100))
    assert found.speed.median == pytest.approx(3600 / 160)
    assert found.speed.day == pytest.approx(3600 / 60)


def test_pairs_of_one_prompt_move_together(db: Database) -> None:
    """Ten prompts of six pairs each; whoever judges says the same of all pairs of a prompt."""
    for n in range(10):
        prompt = a_prompt(db, f"question {n}")
        made = [a_candidate(db, prompt, text * 9, slot=k) for k, text in enumerate("wxyz")]
        for one, other in combinations(made, 2):
            pair, _ = pairs.make_chosen_pair(db, one, other, at=AT)
            verdict = "a" if n < 5 else "b"
            say(db, pair, "first", verdict, n, left="a")
            ask(db, pair, *SIDE[verdict if n % 5 else "b"])
    found = rater(db, "first")
    assert (found.place.hits, found.place.n) == (30, 60)
    low, high = found.place.ci95 or (0, 0)
    wilson = proportion_confint(30, 60, method="wilson")
    # ten prompts tell as much as ten pairs would, not as sixty
    assert low < wilson[0] - 0.05
    assert high > wilson[1] + 0.05
    assert low == pytest.approx(binom.ppf(0.025, 10, 0.5) / 10, abs=0.051)
    scenario_of = compare(db).scenario[0].found
    table = [[24, 6], [0, 30]]
    alone = smoothed_wald(table)
    assert scenario_of.kappa.value == pytest.approx(0.8)
    assert scenario_of.ci95 is not None
    assert scenario_of.ci95[0] < alone[0] - 0.05
