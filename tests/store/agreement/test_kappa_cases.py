"""Every figure of the shared reference cases, to nine places."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from store.agreement import kappa as statistics
from store.agreement import multi
from store.agreement.counts import tabulate, tally_of
from store.agreement.figure import Figure
from store.agreement.intervals import smoothed_wald
from store.agreement.multi import Pattern

Case = dict[str, Any]

_BESIDE = Path(__file__).resolve().parents[4] / "shared" / "data"
_FILE = Path(os.environ.get("PAIRLAB_SHARED_DATA", _BESIDE)) / "kappa_cases.json"


def _cases(kind: str) -> list[Any]:
    if not _FILE.exists():
        reason = f"the shared data are not here: {_FILE}"
        return [pytest.param({}, marks=pytest.mark.skip(reason=reason))]
    found = [case for case in json.loads(_FILE.read_text("utf-8")) if case["kind"] == kind]
    return [pytest.param(case, id=case["name"]) for case in found]


@pytest.fixture(params=["formula", "scikit-learn"])
def source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Kappa before and after scikit-learn is loaded."""
    statistics.warm_up()
    if request.param == "formula":
        monkeypatch.setattr(statistics, "_reference", None)
    return str(request.param)


@pytest.mark.parametrize("case", _cases("cohen"))
def test_two_raters(case: Case, source: str) -> None:
    table = case["table"]
    figure = statistics.kappa(table, case["weights"])
    _same(figure, case["kappa"])
    _same(statistics.observed(table), case["p_o"])
    for key, statistic in _STATISTICS.items():
        if key in case and case["weights"] is None:
            _same(statistic(table), case[key])
    if case["weights"] is None and case.get("ci95_smoothed"):
        assert smoothed_wald(table) == pytest.approx(case["ci95_smoothed"], abs=1e-9)
        assert figure.value is None or _holds(smoothed_wald(table), figure.value)


@pytest.mark.parametrize("case", _cases("cohen"))
def test_the_table_of_two_raters(case: Case) -> None:
    if not isinstance(case["a"], list):
        pytest.skip("the case is given as a table only")
    counted = tabulate(tally_of(zip(case["a"], case["b"], strict=True)), tuple(case["labels"]))
    assert [list(row) for row in counted.table] == case["table"]
    assert (counted.n, counted.only_first, counted.only_second) == (
        case["n_overlap"],
        case["n_only_a"],
        case["n_only_b"],
    )


@pytest.mark.parametrize("case", _cases("multi"))
def test_many_raters(case: Case) -> None:
    patterns = [Pattern(tuple(row)) for row in case["ratings"]]
    labels = case["labels"]
    _same(multi.alpha(patterns, labels), case["alpha_nominal"])
    for metric in ("ordinal", "interval"):
        if f"alpha_{metric}" in case:
            _same(multi.alpha(patterns, labels, metric=metric), case[f"alpha_{metric}"])
    if "fleiss_kappa" in case:
        _same(multi.fleiss(patterns).kappa, case["fleiss_kappa"])


_STATISTICS: dict[str, Callable[[list[list[int]]], Figure]] = {
    "p_e": statistics.expected,
    "kappa_max": statistics.kappa_max,
    "brennan_prediger": lambda table: statistics.pabak(table, len(table)),
    "pabak": lambda table: statistics.pabak(table, len(table)),
    "prevalence_index": statistics.prevalence,
    "bias_index": statistics.bias,
    "gwet_ac1": lambda table: statistics.ac1(table, len(table)),
    "scott_pi": statistics.scott_pi,
    "krippendorff_alpha": statistics.alpha,
}


def _same(figure: Figure, value: float | None) -> None:
    assert (figure.value is None) == (figure.reason is not None)
    if value is None:
        assert figure.value is None
    else:
        assert figure.value == pytest.approx(value, abs=1e-9)


def _holds(interval: tuple[float, float] | None, value: float) -> bool:
    return interval is not None and interval[0] <= value <= interval[1]
