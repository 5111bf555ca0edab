"""A further statistic is its function and one line of the table: every place shows it."""

from __future__ import annotations

import json

import pytest

from store.agreement import of_counts, statistics
from store.agreement.counts import counts
from store.agreement.figure import NO_OVERLAP, Figure, Table, undefined
from store.agreement.statistics import Statistic
from tests.cli.conftest import Pairlab, pairlab, project, write_lines  # noqa: F401
from tui.modes.kappa import text


def largest_cell(table: Table) -> Figure:
    """Share of the pairs in the fullest cell."""
    n = sum(map(sum, table))
    return Figure(max(map(max, table)) / n) if n else undefined(NO_OVERLAP)


@pytest.fixture
def largest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Registers it."""
    further = Statistic(
        "largest_cell",
        largest_cell,
        "fullest",
        "share of the fullest cell",
        "fullest cell",
        frozenset({"json", "command", "screen", "report", "card", "slice"}),
        written="share",
    )
    monkeypatch.setattr(statistics, "STATISTICS", (*statistics.STATISTICS, further))


@pytest.fixture
def labelled(project: Pairlab, tmp_path) -> Pairlab:  # noqa: F811
    """Four pairs: a and a twice, b and b, a and b: the fullest cell holds half of them."""
    said = zip("aaba", "aabb", strict=True)
    rows = [
        {"prompt": f"q{i}", "a": "x", "b": "y", "labels": {"first": one, "second": other}}
        for i, (one, other) in enumerate(said)
    ]
    write_lines(tmp_path / "labelled.jsonl", rows)
    assert project("import", "labelled.jsonl").exit_code == 0
    return project


@pytest.mark.usefixtures("largest")
def test_it_shows_on_the_command_line_and_in_documents(labelled: Pairlab, tmp_path) -> None:
    told = labelled("agree", "--by", "category").stdout
    assert "fullest 50 %" in told
    result = json.loads(labelled("agree", "--by", "category", "--json").stdout)
    assert result["largest_cell"] == 0.5
    assert result["slices"][0]["largest_cell"] == 0.5
    assert labelled("report", "report.md").exit_code == 0
    report = (tmp_path / "report.md").read_text()
    assert "| share of the fullest cell | 0.500 |" in report
    assert labelled("export", "out", "--format", "trl").exit_code == 0
    card = (tmp_path / "out" / "README.md").read_text()
    head = next(line for line in card.splitlines() if line.startswith("| annotators |"))
    place = [cell.strip() for cell in head.split("|")].index("fullest cell")
    line = next(line for line in card.splitlines() if line.startswith("| first and second |"))
    assert line.split("|")[place].strip() == "0.500"


@pytest.mark.usefixtures("largest")
def test_it_shows_in_mode_k_and_says_why_it_is_undefined() -> None:
    two = of_counts(counts({("a", "a"): 2, ("b", "b"): 1, ("a", "b"): 1}), ("one", "two"))
    assert "fullest 50 %" in text.figures(two, None, 80).plain
    assert "fullest" in text.slice_head("category")
    nothing = of_counts(counts({}), ("one", "two"))
    assert nothing.as_json()["largest_cell"] is None
    assert nothing.undefined["largest_cell"] == NO_OVERLAP


def test_without_it_nothing_shows_it(labelled: Pairlab) -> None:
    assert "fullest" not in labelled("agree").stdout
    assert "largest_cell" not in json.loads(labelled("agree", "--json").stdout)


def test_prevalence_shows_for_two_verdicts(labelled: Pairlab) -> None:
    # a and a twice, b and b once, of four pairs
    assert "prevalence .25" in labelled("agree", "--ties", "drop").stdout
    assert "prevalence" not in labelled("agree").stdout


@pytest.mark.parametrize(
    "table",
    [
        {("a", "a"): 1, ("a", "b"): 1, ("b", "a"): 1, ("b", "b"): 1},
        {("a", "a"): 59, ("b", "a"): 1},
        {("a", "a"): 9, ("a", "b"): 6, ("b", "a"): 6, ("b", "b"): 4},
    ],
)
def test_nought_has_no_sign(table: dict[tuple[str, str], int]) -> None:
    said = json.dumps(of_counts(counts(table), ("one", "two")).as_json())
    assert "-0.0," not in said
    assert "e-1" not in said
