"""What stands beside kappa: roles, strength, self-agreement, sides, pace, trend."""

from __future__ import annotations

import pytest
from sqlite_utils import Database

from store.agreement import kappa as statistics
from store.agreement.pace import of_seconds, pace
from store.agreement.roles import roles
from store.agreement.selfagree import self_agreement
from store.agreement.sides import fair_coin_p, left_picks
from store.agreement.strength import strength
from store.agreement.trend import trend
from store.records import Phase
from tests.store.agreement.labelling import columns, say, some_pairs


def test_labels_by_role(db: Database) -> None:
    revised = some_pairs(db, 2, a_role="original", b_role="revision")
    swapped = some_pairs(db, 2, start=10, a_role="revision", b_role="original")
    edited = some_pairs(db, 1, start=20, a_role="edited", b_role="original")
    neither = some_pairs(db, 1, start=30)
    said = ("bb", "ba", "aa", "xx", "aa", "ab")
    words = {"a": "a", "b": "b", "x": "both_bad"}
    for pair, (one, other) in zip(revised + swapped + edited + neither, said, strict=True):
        say(db, pair, "first", words[one])
        say(db, pair, "second", words[other])
    counted = roles(db, "first", "second")
    assert counted.labels == ("original", "revision", "tie", "both_bad")
    # Revision and revision thrice, revision against original once, both bad once.
    assert counted.table == ((0, 0, 0, 0), (1, 3, 0, 0), (0, 0, 0, 0), (0, 0, 0, 1))


def test_kappa_by_role_is_lower_where_nearly_all_prefer_the_revision(db: Database) -> None:
    # Ten pairs, revision on either side in turn, both annotators prefer it in all but one each:
    # by side p_o = .8, p_e about .5; by role p_e = .82 and kappa below zero.
    for i in range(10):
        first, second = ("original", "revision") if i % 2 else ("revision", "original")
        (pair,) = some_pairs(db, 1, start=i, a_role=first, b_role=second)
        better, worse = ("b", "a") if i % 2 else ("a", "b")
        say(db, pair, "first", worse if i == 0 else better)
        say(db, pair, "second", worse if i == 1 else better)
    by_role = statistics.kappa(roles(db, "first", "second").table).value
    assert by_role == pytest.approx((0.8 - 0.82) / 0.18)


def test_strength_is_a_scale_of_five_points(db: Database) -> None:
    made = some_pairs(db, 8)
    first = [("a", 2), ("a", 1), ("tie", None), ("b", 2), ("both_bad", None), ("a", None), ("b", 1)]
    second = [("a", 1), ("a", 1), ("tie", None), ("a", 2), ("both_bad", None), ("a", 1)]
    for name, said in (("first", first), ("second", second)):
        for pair, (verdict, force) in zip(made, said, strict=False):
            say(db, pair, name, verdict, strength=force)
    result = strength(db, "first", "second")
    assert result.counts.labels == ("much_a", "a", "tie", "b", "much_b")
    assert result.counts.table == (
        (0, 1, 0, 0, 0),
        (0, 1, 0, 0, 0),
        (0, 0, 1, 0, 0),
        (0, 0, 0, 0, 0),
        (1, 0, 0, 0, 0),
    )
    assert (result.both_bad, result.unstated) == (1, 1)
    assert result.counts.only_first == 1
    # Linear: seen 1 + 0 + 0 + 4 = 5 of 4 pairs. By chance, first says much_a, a, tie, much_b
    # and second a twice, tie, much_a, all steps apart: from much_a 1+1+2+0, from a 0+0+1+1,
    # from tie 1+1+0+2, from much_b 3+3+2+4: 22, over 16 times 4 is 5.5; 1 - 5/5.5.
    assert result.linear.value == pytest.approx(1 - 5 / 5.5)
    # Quadratic: seen 1 + 16 = 17; by chance (1+1+4+0 + 0+0+1+1 + 1+1+0+4 + 9+9+4+16)/4 = 13.
    assert result.quadratic.value == pytest.approx(1 - 17 / 13)
    low, high = result.interval() or (0.0, 0.0)
    assert -1.5 < low < high <= 1


def test_self_agreement_from_hidden_repeats(db: Database) -> None:
    made = columns(db, first="a a b t a s")
    for i, (pair, verdict) in enumerate(
        zip(made, ("a", "b", "b", "tie", "skip", "a"), strict=True)
    ):
        say(db, pair, "first", verdict, 50 + i, phase=Phase.REPEAT)
    result = self_agreement(db, "first")
    assert result.counts.n == 4
    assert result.counts.agreed == 3
    # Rows a 2, b 1, t 1; columns a 1, b 2, t 1: p_e = 5/16; (12 - 5)/(16 - 5).
    assert result.kappa.value == pytest.approx(7 / 11)
    assert result.ci95 is not None
    assert result.hint is None
    assert self_agreement(db, "nobody").ci95 is None


def test_self_agreement_that_wears_off_hints_at_a_rest(db: Database) -> None:
    made = columns(db, first=" ".join("ab" * 10))
    for i, pair in enumerate(made):
        verdict = "ab"[i % 2] if i < 10 else "a"
        say(db, pair, "first", verdict, 100 + i, phase=Phase.REPEAT)
    result = self_agreement(db, "first")
    assert (result.earlier, result.recent) == (1.0, 0.5)
    assert result.hint == "repeats agree in 50 % of the last 10, 100 % before: a rest may help"


def test_left_picks(db: Database) -> None:
    made = some_pairs(db, 6)
    for pair, verdict, left in zip(
        made, ("a", "b", "b", "a", "tie", "a"), ("a", "b", "a", "a", "a", None), strict=True
    ):
        say(db, pair, "first", verdict, left=left)
    picks = left_picks(db, "first")
    assert (picks.left, picks.n, picks.share) == (3, 4, 0.75)
    # Three or more of one side in four throws: 2 * (4 + 1)/16.
    assert picks.p == pytest.approx(10 / 16)
    assert (left_picks(db, "nobody").share, left_picks(db, "nobody").p) == (None, None)


def test_a_coin_stays_exact_at_a_million() -> None:
    assert fair_coin_p(500_000, 1_000_000) == 1
    # One standard deviation is 500: the normal tail beyond 1000 + continuity is .0455.
    assert fair_coin_p(499_000, 1_000_000) == pytest.approx(0.0455, abs=2e-4)
    assert fair_coin_p(0, 10) == pytest.approx(2 / 1024)


def test_pace_and_its_drift(db: Database) -> None:
    made = some_pairs(db, 3)
    for i, (pair, seconds) in enumerate(zip(made, (4.0, 10.0, 6.0), strict=True)):
        say(db, pair, "first", "a", i, seconds=seconds)
    assert (pace(db, "first").n, pace(db, "first").median, pace(db, "first").recent) == (3, 6, None)
    assert pace(db, "nobody").median is None
    steady = of_seconds([10.0] * 40)
    assert (steady.recent, steady.drift, steady.hint) == (10, 1, None)
    assert of_seconds([10.0] * 20 + [18.0] * 20).hint == (
        "slower in the last 20 than before (1.8 x): a rest may help"
    )
    assert (of_seconds([10.0] * 20 + [4.0] * 20).hint or "").startswith("faster in the last 20")
    assert of_seconds([10.0] * 19 + [40.0] * 20).drift is None


def test_trend_moves_over_the_order_of_labelling(db: Database) -> None:
    # 48 common pairs: the first half agrees, the second is against each other throughout.
    columns(db, first=" ".join("ab" * 24), second=" ".join("ab" * 12 + "ba" * 12))
    points = trend(db, "first", "second")
    assert [p.upto for p in points] == [32, 36, 40, 44, 48]
    assert {p.n for p in points} == {32}
    # The window of 32 at the end holds 8 agreements: p_o .25, p_e .5.
    assert points[0].kappa.value == pytest.approx(0.5)
    assert points[-1].kappa.value == pytest.approx(-0.5)
    assert trend(db, "first", "nobody") == []


def test_trend_of_a_handful_is_one_point(db: Database) -> None:
    columns(db, first="a b a", second="a b b")
    (only,) = trend(db, "first", "second")
    assert (only.upto, only.n) == (3, 3)
