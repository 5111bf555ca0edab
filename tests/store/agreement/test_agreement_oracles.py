"""The same figures from other people's code: statsmodels, nltk, krippendorff, scipy."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from nltk.metrics.agreement import AnnotationTask
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater
from statsmodels.stats.proportion import proportion_confint

from store.agreement import kappa as statistics
from store.agreement import multi
from store.agreement.intervals import dirichlet, smoothed_wald, wilson
from store.agreement.multi import Pattern
from store.agreement.sides import fair_coin_p

CLASSES = ("a", "b", "tie", "both_bad")

tables = (
    st.integers(2, 5)
    .flatmap(
        lambda k: st.lists(
            st.lists(st.integers(0, 40), min_size=k, max_size=k).map(tuple), min_size=k, max_size=k
        )
    )
    .filter(lambda table: any(map(any, table)))
)

ratings = st.integers(2, 5).flatmap(
    lambda raters: st.lists(
        st.lists(st.sampled_from((*CLASSES, None)), min_size=raters, max_size=raters).map(tuple),
        min_size=1,
        max_size=12,
    )
)


@settings(max_examples=80, deadline=None)
@given(tables, st.sampled_from([None, "linear", "quadratic"]))
def test_the_formula_is_scikit_learn(table: list[tuple[int, ...]], weights: str | None) -> None:
    statistics.warm_up()
    ours = statistics.kappa(table, weights)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "_reference", None)
        formula = statistics.kappa(table, weights)
    assert formula.reason == ours.reason
    assert formula.value == pytest.approx(ours.value, abs=1e-9)


@settings(max_examples=80, deadline=None)
@given(tables)
def test_two_raters_as_statsmodels_has_them(table: list[tuple[int, ...]]) -> None:
    counts = np.array(table)
    ours = statistics.kappa(table)
    assume(ours.value is not None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = inter_rater.cohens_kappa(counts)
        smoothed = inter_rater.cohens_kappa(counts + 1 / (2 * len(table)))
    assert ours.value == pytest.approx(theirs.kappa, abs=1e-9)
    assert statistics.kappa_max(table).value == pytest.approx(theirs.kappa_max, abs=1e-9)
    low, high = smoothed_wald(table) or (0.0, 0.0)
    value = ours.value or 0.0
    assert low == pytest.approx(min(max(-1, smoothed.kappa_low), value), abs=1e-9)
    assert high == pytest.approx(max(min(1, smoothed.kappa_upp), value), abs=1e-9)


@settings(max_examples=80, deadline=None)
@given(tables)
def test_two_raters_as_fleiss_variants(table: list[tuple[int, ...]]) -> None:
    """Randolph's and Fleiss' kappa of two raters are Brennan-Prediger and Scott's pi."""
    votes = [
        [(i == c) + (j == c) for c in range(len(table))]
        for i, row in enumerate(table)
        for j, count in enumerate(row)
        for _ in range(count)
    ]
    uniform = inter_rater.fleiss_kappa(np.array(votes), method="randolph")
    assert statistics.pabak(table, len(table)).value == pytest.approx(uniform, abs=1e-9)
    scott = statistics.scott_pi(table).value
    assume(scott is not None)
    fleiss = inter_rater.fleiss_kappa(np.array(votes), method="fleiss")
    assert scott == pytest.approx(fleiss, abs=1e-9)


@settings(max_examples=80, deadline=None)
@given(ratings, st.sampled_from(["nominal", "ordinal", "interval"]))
def test_alpha_as_krippendorff_has_it(
    rows: list[tuple[str | None, ...]], metric: multi.Metric
) -> None:
    ours = multi.alpha(map(Pattern, rows), CLASSES, metric=metric)
    assume(ours.value is not None)
    data = [
        [np.nan if label is None else CLASSES.index(label) for label in column]
        for column in zip(*rows, strict=True)
    ]
    theirs = krippendorff.alpha(data, level_of_measurement=metric, value_domain=range(len(CLASSES)))
    assert ours.value == pytest.approx(theirs, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(ratings)
def test_alpha_as_nltk_has_it(rows: list[tuple[str | None, ...]]) -> None:
    ours = multi.alpha(map(Pattern, rows), CLASSES)
    assume(ours.value is not None)
    theirs = AnnotationTask(_triples(rows)).alpha()
    assert ours.value == pytest.approx(theirs, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(ratings)
def test_fleiss_as_statsmodels_has_it(rows: list[tuple[str | None, ...]]) -> None:
    ours = multi.fleiss(map(Pattern, rows))
    complete = [row for row in rows if None not in row]
    assert ours.n == len(complete)
    assume(ours.kappa.value is not None)
    votes = np.array([[row.count(label) for label in CLASSES] for row in complete])
    assert ours.kappa.value == pytest.approx(inter_rater.fleiss_kappa(votes), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(tables)
def test_alpha_of_a_table_is_alpha_of_its_pairs(table: list[tuple[int, ...]]) -> None:
    names = CLASSES[: len(table)] if len(table) <= 4 else (*CLASSES, "other")
    patterns = [
        Pattern((names[i], names[j]), count)
        for i, row in enumerate(table)
        for j, count in enumerate(row)
    ]
    assert statistics.alpha(table).value == pytest.approx(
        multi.alpha(patterns, names).value, abs=1e-9
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3000), st.data())
def test_the_coin_as_scipy_has_it(n: int, data: st.DataObject) -> None:
    heads = data.draw(st.integers(0, n))
    assert fair_coin_p(heads, n) == pytest.approx(binomtest(heads, n).pvalue, rel=1e-6, abs=1e-200)


def _triples(rows: Sequence[tuple[str | None, ...]]) -> list[tuple[str, str, str]]:
    return [
        (f"rater{r}", f"item{i}", label)
        for i, row in enumerate(rows)
        if len(row) - row.count(None) > 1
        for r, label in enumerate(row)
        if label is not None
    ]


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_of_a_share_as_statsmodels_has_it(share: tuple[int, int]) -> None:
    low, high = wilson(*share) or (1, 0)
    assert low <= share[0] / share[1] <= high
    assert wilson(*share) == pytest.approx(proportion_confint(*share, method="wilson"), abs=1e-9)


def test_a_share_of_nothing_has_no_interval() -> None:
    assert wilson(0, 0) is None


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
def test_the_posterior_interval_from_tables_drawn_one_by_one(
    weights: str | None,
) -> None:
    """The kappas of drawn tables are scikit-learn's; the prior adds 1/k to each cell."""
    table, k = [(9, 1, 0), (4, 2, 1), (6, 3, 2)], 3
    draw = np.random.default_rng(0)
    rows, columns = np.indices((k, k)).reshape(2, -1)
    kappas = [
        cohen_kappa_score(
            rows, columns, weights=weights, sample_weight=draw.dirichlet(np.ravel(table) + 1 / k)
        )
        for _ in range(60)
    ]
    expected = np.quantile(kappas, (0.025, 0.975)).tolist()
    assert dirichlet(table, weights=weights, draws=60) == pytest.approx(expected, abs=1e-9)
