"""Small tables whose figures anybody can check with a pencil."""

from __future__ import annotations

import subprocess
import sys

import pytest

from store.agreement import bands, multi
from store.agreement import kappa as statistics
from store.agreement.counts import VERDICTS, Counts, counts, labels, tally_of
from store.agreement.figure import NO_OVERLAP, ONE_VERDICT, rounded
from store.agreement.intervals import dirichlet, smoothed_wald
from store.agreement.multi import Pattern
from store.agreement.report import of_counts
from store.agreement.tables import natural

# Rows 20 5, 10 15: n = 50, p_o = 35/50 = .7; rows 25 25, columns 30 20:
# p_e = (25*30 + 25*20)/2500 = .5; kappa = (.7 - .5)/(1 - .5) = .4.
WIKIPEDIA = ((20, 5), (10, 15))

# 200 coin flips over a and b, 90 of them alike; tie and both bad were never used.
COINS = ((45, 55, 0, 0), (55, 45, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0))


def test_a_table_of_two_verdicts() -> None:
    assert statistics.observed(WIKIPEDIA).value == pytest.approx(0.7)
    assert statistics.expected(WIKIPEDIA).value == pytest.approx(0.5)
    assert statistics.kappa(WIKIPEDIA).value == pytest.approx(0.4)
    # kappa_max: (min(25,30) + min(25,20))/50 = .9; (.9 - .5)/.5 = .8
    assert statistics.kappa_max(WIKIPEDIA).value == pytest.approx(0.8)
    # PABAK is twice p_o, less one.
    assert statistics.pabak(WIKIPEDIA).value == pytest.approx(0.4)
    # AC1: pi = 55/100 and 45/100; p_e = 2 * .55 * .45 = .495; (.7 - .495)/.505
    assert statistics.ac1(WIKIPEDIA).value == pytest.approx(0.205 / 0.505)
    # Scott: p_e = .55^2 + .45^2 = .505; (.7 - .505)/.495
    assert statistics.scott_pi(WIKIPEDIA).value == pytest.approx(0.195 / 0.495)
    # Alpha: D_o = 15/50; D_e = (100^2 - 55^2 - 45^2)/(100 * 99) = 4950/9900 = .5; 1 - .3/.5
    assert statistics.alpha(WIKIPEDIA).value == pytest.approx(0.4)
    assert statistics.prevalence(WIKIPEDIA).value == pytest.approx((20 - 15) / 50)
    assert statistics.bias(WIKIPEDIA).value == pytest.approx((5 - 10) / 50)


def test_pabak_and_ac1_are_over_the_verdicts_that_either_used() -> None:
    wider = ((20, 5, 0), (10, 15, 0), (0, 0, 0))
    assert statistics.used(wider) == 2
    for statistic in (statistics.kappa, statistics.pabak, statistics.ac1):
        assert statistic(wider).value == pytest.approx(statistic(WIKIPEDIA).value)
    # Three verdicts that chance chose among: (3 * .7 - 1)/2.
    assert statistics.pabak(wider, 3).value == pytest.approx(0.55)
    # p_e = (2 * .55 * .45)/2 = .2475
    assert statistics.ac1(wider, 3).value == pytest.approx((0.7 - 0.2475) / (1 - 0.2475))
    # One of the two used the third verdict once.
    assert statistics.used(((20, 5, 1), (10, 15, 0), (0, 0, 0))) == 3
    assert statistics.used(((3, 0), (0, 0))) == statistics.used(((0, 0), (0, 0))) == 2


def test_coin_flips_look_like_coin_flips_whatever_was_allowed() -> None:
    # 200 flips over two of the four verdicts, kappa -.10: AC1 and PABAK say so too.
    coins = of_counts(Counts(VERDICTS, COINS), ("one", "two"))
    assert coins.q == 2
    for figure in (coins.figures[key] for key in ("kappa", "ac1", "pabak")):
        assert figure.value == pytest.approx(-0.1)
    assert coins.as_json()["q"] == 2


def test_no_interval_without_a_kappa_and_no_minus_before_noughts() -> None:
    one_verdict = ((5, 0), (0, 0))
    assert dirichlet(one_verdict) is None
    assert dirichlet(one_verdict, weights="quadratic") is None
    assert [rounded(x, 3) for x in (-0.0004, -0.0, -0.0006)] == ["0.000", "0.000", "-0.001"]


def test_the_other_indices_of_three_verdicts() -> None:
    wider = ((20, 5, 0), (10, 15, 0), (0, 0, 0))
    # Half the distance of the marginals: (|25-30| + |25-20|)/(2 * 50)
    assert statistics.bias(wider).value == pytest.approx(0.1)
    assert statistics.prevalence(wider).reason == "defined for two verdicts only"


def test_weights_run_over_the_whole_scale() -> None:
    # Three steps, the middle one unused: 1 0 1 / 0 0 0 / 0 0 2. Linear weights 0 1 2:
    # seen 2 * 1/4 = .5; by chance rows 2 0 2, columns 1 0 3: 2*(2*3 + 2*1)/16 = 1; 1 - .5/1.
    table = ((1, 0, 1), (0, 0, 0), (0, 0, 2))
    assert statistics.kappa(table, "linear").value == pytest.approx(0.5)
    assert statistics.kappa(table, "quadratic").value == pytest.approx(0.5)
    own = ((0, 1, 2), (1, 0, 1), (2, 1, 0))
    assert statistics.kappa(table, own).value == pytest.approx(0.5)


@pytest.mark.parametrize("loaded", [False, True])
def test_undefined_has_a_reason(loaded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    statistics.warm_up()
    if not loaded:
        monkeypatch.setattr(statistics, "_reference", None)
    assert statistics.warm() is loaded
    nothing = ((0, 0), (0, 0))
    one_verdict = ((7, 0), (0, 0))
    assert statistics.kappa(nothing).reason == NO_OVERLAP
    assert statistics.kappa(one_verdict).reason == ONE_VERDICT
    assert statistics.kappa_max(one_verdict).reason == ONE_VERDICT
    assert statistics.alpha(one_verdict).reason == ONE_VERDICT
    assert statistics.ac1(one_verdict).value == 1
    assert statistics.pabak(one_verdict).value == 1
    for statistic in (statistics.observed, statistics.expected, statistics.pabak, statistics.ac1):
        assert statistic(nothing).reason == NO_OVERLAP
    assert smoothed_wald(nothing) is None
    assert dirichlet(nothing) is None


def test_perfect_agreement_on_few_pairs_is_no_proof() -> None:
    six = smoothed_wald(((3, 0), (0, 3)))
    assert six == pytest.approx((0.48, 1), abs=0.005)
    ten_of_one_verdict = smoothed_wald(((10, 0, 0), (0, 0, 0), (0, 0, 0)))
    assert ten_of_one_verdict == pytest.approx((-0.26, 1), abs=0.005)


def test_dirichlet_interval_repeats_and_holds_a_typical_kappa() -> None:
    interval = dirichlet(WIKIPEDIA, seed=3)
    assert interval == dirichlet(WIKIPEDIA, seed=3)
    assert interval is not None
    assert interval[0] < 0.4 < interval[1]
    # Over a large table both intervals agree to a hundredth.
    large = tuple(tuple(100 * x for x in row) for row in WIKIPEDIA)
    assert dirichlet(large, draws=20_000) == pytest.approx(smoothed_wald(large), abs=0.01)
    assert dirichlet(large, weights="quadratic") == pytest.approx(dirichlet(large), abs=1e-12)


def test_intervals_cover_what_they_claim_at_small_n() -> None:
    """Studies of 50 pairs, nine in ten of one verdict, kappa .4: the docs measured 89 and 94 %."""
    import numpy as np

    # Shares with marginals .9 and kappa .4: p_e = .82, p_o = .892; off-diagonal .054 each.
    shares = [0.846, 0.054, 0.054, 0.046]
    studies = np.random.default_rng(7).multinomial(50, shares, 400)
    covered = {"smoothed": 0, "dirichlet": 0}
    for a, b, c, d in studies.tolist():
        for name, interval in (
            ("smoothed", smoothed_wald(((a, b), (c, d)))),
            ("dirichlet", dirichlet(((a, b), (c, d)), draws=500)),
        ):
            assert interval is not None
            covered[name] += interval[0] <= 0.4 <= interval[1]
    assert covered["smoothed"] / 400 > 0.86
    assert covered["dirichlet"] / 400 > 0.90


def test_alpha_with_holes() -> None:
    # Units aa, ab, b. (the last has one label and drops out). Coincidences: aa 2, ab 1, ba 1;
    # n_a = 3, n_b = 1, n = 4; D_o = 2/4; D_e = 2*3*1/(4*3) = .5; alpha = 0.
    patterns = [Pattern(("a", "a")), Pattern(("a", "b")), Pattern(("b", None))]
    assert multi.alpha(patterns, "ab").value == pytest.approx(0)
    assert multi.alpha(patterns[2:], "ab").reason == multi.NOBODY_SHARES
    assert multi.alpha(patterns[:1], "ab").reason == multi.SAME_THROUGHOUT


def test_alpha_of_interval_values() -> None:
    # Values 0 and 3 met once in two units 00 and 03: o: 00 2, 03 1, 30 1; totals 3, 1; n = 4.
    # Seen 2 * 9 = 18; by chance 2 * 3 * 1 * 9 = 54; 1 - 3 * 18/54 = 0.
    patterns = [Pattern(("low", "low")), Pattern(("low", "high"))]
    figure = multi.alpha(patterns, ("low", "high"), metric="interval", values=(0, 3))
    assert figure.value == pytest.approx(0)


def test_fleiss_over_complete_pairs_only() -> None:
    # Three raters, aaa and aab complete: P = 1, 1/3, mean 2/3; p_a = 5/6, p_b = 1/6,
    # P_e = 26/36; (2/3 - 26/36)/(10/36) = -1/5.
    patterns = [
        Pattern(("a", "a", "a")),
        Pattern(("a", "a", "b")),
        Pattern(("b", "b", None), 9),
    ]
    result = multi.fleiss(patterns)
    assert result.n == 2
    assert result.kappa.value == pytest.approx(-0.2)
    assert multi.fleiss(patterns[2:]) == (multi.fleiss([]).kappa, 0)
    assert multi.fleiss(patterns[:1]).kappa.reason == multi.SAME_THROUGHOUT
    assert multi.fleiss([Pattern(("a",))]).kappa.value is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (1.0, "golden"),
        (0.8000001, "golden"),
        (0.8, "good"),
        (0.8000000000000002, "good"),
        (0.6, "weak"),
        (0.6000001, "good"),
        (0.4, "low"),
        (0.41, "weak"),
        (0.0, "low"),
        (-0.3, "low"),
    ],
)
def test_a_value_on_a_boundary_takes_the_lower_band(
    value: float | None, expected: str | None
) -> None:
    assert bands.band(value) == expected


def test_advice_says_what_to_do() -> None:
    assert bands.advice(0.7, 120) == "good for training"
    assert (bands.advice(0.3, 120) or "").startswith("stop: ")
    assert "mend the guideline" in (bands.advice(0.3, 120) or "")
    assert "review the confusing items" in (bands.advice(0.5, 120) or "")
    assert (bands.advice(0.7, 49) or "").startswith("too few to tell (n 49, under 50)")
    assert bands.advice(None, 3) is None
    assert bands.is_few(49)
    assert not bands.is_few(50)
    assert bands.stops(0.4, 50)
    assert not bands.stops(0.4, 49)
    assert not bands.stops(None, 500)


def test_where_disagreement_concentrates() -> None:
    found = [("harmful", 5), ("look-alike", 9), ("sycophancy", 3), ("other", 0)]
    assert bands.where(found, most=2) == "look-alike (9 of 17), harmful (5 of 17)"
    assert bands.where([("harmful", 0)]) == ""


def test_ties_are_kept_joined_or_left_out() -> None:
    tally = {
        ("a", "a"): 5,
        ("a", "tie"): 2,
        ("tie", "both_bad"): 3,
        ("both_bad", "both_bad"): 1,
        ("b", None): 4,
        ("tie", None): 6,
        (None, "b"): 7,
    }
    separate = counts(tally)
    assert separate.labels == ("a", "b", "tie", "both_bad")
    assert separate.table == ((5, 0, 2, 0), (0, 0, 0, 0), (0, 0, 0, 3), (0, 0, 0, 1))
    assert (separate.n, separate.only_first, separate.only_second) == (11, 10, 7)
    assert (separate.agreed, separate.disagreed) == (6, 5)
    assert separate.rows == (7, 0, 3, 1)
    assert separate.columns == (5, 0, 2, 4)
    merged = counts(tally, "merge")
    assert merged.labels == labels("merge") == ("a", "b", "tie")
    assert merged.table == ((5, 0, 2), (0, 0, 0), (0, 0, 4))
    dropped = counts(tally, "drop")
    assert dropped == Counts(("a", "b"), ((5, 0), (0, 0)), only_first=4, only_second=7)


KEYS = [
    *("annotators", "n", "only_first", "only_second", "labels", "table", "p_o", "p_e", "kappa"),
    *("ci95", "kappa_max", "q", "pabak", "ac1", "alpha", "band", "advice", "undefined", "slices"),
]


def test_json_has_every_key_and_a_reason_for_each_null() -> None:
    tables = {
        "some": {("a", "a"): 3, ("b", "a"): 1, ("tie", "tie"): 1},
        "one verdict": {("a", "a"): 3},
        "nothing": {},
    }
    for tally in tables.values():
        said = of_counts(counts(tally), ("first", "second")).as_json()
        assert list(said) == KEYS
        assert {key for key, value in said.items() if value is None} == set(said["undefined"])
        assert said["labels"] == ["a", "b", "tie", "both_bad"]
        assert len(said["table"]) == 4
    assert of_counts(counts({}), ("first", "second")).as_json()["n"] == 0


def test_importing_agreement_loads_no_scikit_learn() -> None:
    program = (
        "import sys, store.agreement as agreement\n"
        "assert not {'sklearn', 'scipy', 'numpy'} & set(sys.modules) - set(BEFORE)\n"
        "assert not agreement.warm()\n"
        "agreement.warm_up()\n"
        "assert agreement.warm() and 'sklearn' in sys.modules\n"
    )
    # sqlite-utils takes numpy and pandas where they are installed; that is not our doing.
    program = "import sys, sqlite_utils\nBEFORE = list(sys.modules)\n" + program
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("table", [((0, 0), (0, 0)), ((3, 0), (0, 0))])
def test_a_figure_that_is_missing_says_why(table: tuple[tuple[int, ...], ...]) -> None:
    nothing, alike = NO_OVERLAP, None
    if any(map(any, table)):
        nothing, alike = None, ONE_VERDICT
    assert statistics.scott_pi(table).reason == (nothing or alike)
    assert statistics.prevalence(table).reason == nothing
    assert statistics.bias(table).reason == nothing


def test_few_pairs_are_fewer_than_fifty() -> None:
    assert str(bands.advice(0.9, 49)).startswith("too few to tell (n 49, under 50)")
    assert bands.advice(0.9, 50) == "golden: these labels can serve as a reference"


def test_the_three_worst_parts_are_named_by_number_and_then_by_name() -> None:
    told = bands.where([("d", 1), ("c", 4), ("b", 2), ("a", 2), ("e", 0)])
    assert told == "c (4 of 9), a (2 of 9), b (2 of 9)"


def test_combinations_are_counted_one_by_one() -> None:
    said = [("a", "b"), ("a", None), ("a", "b"), ("b", "a"), ("a", "b")]
    assert tally_of(said) == {("a", "b"): 3, ("a", None): 1, ("b", "a"): 1}


def test_names_with_numbers_are_in_the_order_of_their_values() -> None:
    names = ["v10", "V2", "v", "9", "H10b", "H2", "H10a"]
    assert sorted(names, key=natural) == ["9", "H2", "H10a", "H10b", "v", "V2", "v10"]
