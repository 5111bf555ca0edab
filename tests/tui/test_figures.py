from __future__ import annotations

import pytest

from store.agreement import of_counts
from store.agreement.counts import counts
from store.agreement.figure import Figure
from store.agreement.slices import Slice, look_first, of_part
from store.agreement.trend import TrendPoint
from tui import formatting
from tui.modes.export.text import preview_line
from tui.modes.kappa.text import sparkline, title
from tui.progress_bar import bar


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.756, ".76"), (-0.05, "-.05"), (1.0, "1.00"), (-0.001, ".00"), (0.0, ".00"), (None, "–")],
)
def test_coefficients_have_two_decimals_and_no_zero_before(value: float | None, shown: str) -> None:
    assert formatting.coefficient(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, ""),
        (10.0, "under a minute left"),
        (1500.0, "about 25 min left"),
        (7800.0, "about 2 h 10 min left"),
        (7200.0, "about 2 h left"),
    ],
)
def test_time_left(seconds: float | None, shown: str) -> None:
    assert formatting.time_left(seconds) == shown


def test_other_figures() -> None:
    assert formatting.interval((0.65, 0.851)) == ".65 to .85"
    assert formatting.interval(None) == ""
    assert formatting.share(0.857) == "86 %"
    assert formatting.probability(0.0004) == "under .001"
    assert formatting.probability(0.0213) == ".021"
    assert formatting.counted(1, "pair") == "1 pair"
    assert formatting.counted(1200, "pair") == "1,200 pairs"
    assert formatting.seconds(21.4) == "21 s"
    assert formatting.seconds(100.0) == "1 min 40 s"


def test_names_in_a_title_are_harmless() -> None:
    agreement = of_counts(counts({("a", "a"): 3, ("a", None): 1}), ("[/b]\x1bx", "y"))
    assert title(agreement) == "[/b]␛x and y · 3 common · 1 only [/b]␛x · 0 only y"


def test_a_sparkline_stands_on_kappa_zero_to_one() -> None:
    points = [TrendPoint(30 * i, 30, Figure(k)) for i, k in enumerate((-1.0, 0.0, 0.5, 1.0))]
    assert sparkline([*points, TrendPoint(150, 30, Figure(None, "why"))]) == "▁▁▅█ "


def test_the_slice_to_look_at_is_where_people_surely_disagree() -> None:
    def part(name: str, table: dict[tuple[str, str], int]) -> Slice:
        return of_part("category", name, counts(table))

    few = part("few", {("a", "a"): 1, ("a", "b"): 9})
    rare = part("rare", {("a", "a"): 59, ("a", "b"): 1})  # kappa 0, and one pair to talk about
    good = part("good", {("a", "a"): 200, ("b", "b"): 200, ("a", "b"): 5})
    weak = part("weak", {("a", "a"): 20, ("b", "b"): 10, ("a", "b"): 10})
    weaker = part("weaker", {("a", "a"): 10, ("b", "b"): 10, ("a", "b"): 20})
    assert rare.kappa.value == 0
    assert look_first([few, rare, good]) is None
    assert look_first([rare, weak]) is weak
    assert look_first([few, rare, good, weak, weaker]) is weaker
    assert look_first([]) is None


def test_a_preview_is_the_line_itself() -> None:
    assert preview_line({"prompt": "[b]?", "n": 1}).plain == ' "prompt": "[b]?"\n "n": 1'
    assert preview_line({}).plain == "{}"
    assert preview_line({"chosen": "x" * 900}).plain.endswith('x …"')
    assert preview_line({"chosen": "word " * 90}).plain.endswith(' word …"')


def test_a_bar_of_nothing_is_full() -> None:
    assert bar(0, 0).plain.startswith("━" * 30)
    assert bar(5, 10).plain.endswith("5 of 10")
