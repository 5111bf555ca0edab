"""What K draws: the trend with the guideline's versions, bars with intervals, what to do now."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from store.agreement.figure import Figure
from store.agreement.trend import GuidelineMark, TrendPoint, guideline_marks
from store.db.connection import open_store
from store.items import pairs
from store.judgements import guidelines, labels
from tests.tui.driving import MakeApp, drawn, press, settle, until
from tests.tui.seed import a_chain
from tui.modes.kappa.bars import bar
from tui.modes.kappa.trend_plot import height, plot

BRAILLE = range(0x2801, 0x2900)


def points(*values: float | None) -> list[TrendPoint]:
    return [TrendPoint(10 * n, 30, Figure(value, "")) for n, value in enumerate(values, start=1)]


def rows_with_dots(text: str) -> list[int]:
    return [
        at for at, line in enumerate(text.split("\n")) if any(ord(each) in BRAILLE for each in line)
    ]


def test_a_kappa_stands_at_its_mark() -> None:
    for value, row in ((1.0, 0), (0.8, 2), (0.6, 4), (0.4, 6)):
        drawn_ = plot(points(value, value), (), 40, 2).plain
        assert rows_with_dots(drawn_) == [row]
        assert drawn_.split("\n")[row].strip().startswith(f"{value:.1f}".removeprefix("0"))
    low = plot(points(-0.2, 1.0), (), 40, 1).plain
    assert low.split("\n")[3].startswith("-.2 ┤")
    assert rows_with_dots(low) == [0, 1, 2, 3]


def test_versions_stand_under_their_marks_and_undefined_points_leave_a_gap() -> None:
    text = plot(points(0.8, 0.8, None, 0.8), [GuidelineMark(2, 20)], 40, 2).plain
    lines = text.split("\n")
    assert len(lines) == height(2)
    assert lines[-1].index("v2") == lines[0].index("┊")
    assert lines[-2].endswith("40 pairs")
    line = lines[2][5:]
    assert not any(ord(each) in BRAILLE for each in line[22:38])


@given(
    st.lists(st.one_of(st.none(), st.floats(-1, 1)), min_size=2, max_size=12),
    st.integers(20, 88),
    st.sampled_from([1, 2]),
)
def test_the_picture_never_leaves_its_frame(
    values: list[float | None], cells: int, step: int
) -> None:
    lines = plot(points(*values), [GuidelineMark(2, 10)], cells, step).plain.split("\n")
    assert len(lines) == height(step)
    assert {len(line) for line in lines[:-2]} == {cells + 5}


def test_the_axis_tells_the_half_only_where_it_has_room() -> None:
    assert plot(points(0.8, 0.8), (), 40, 1).plain.split("\n")[-2].count("10") == 1
    assert plot(points(0.8, 0.8), (), 12, 1).plain.split("\n")[-2] == "    └────20 pairs"


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1))
def test_a_bar_has_its_length(one: float, two: float, three: float) -> None:
    low, value, high = sorted((one, two, three))
    told = bar(value, (low, high)).plain
    assert len(told) == 16
    assert told.count("█") + told.count("▓") == max(round(value * 16), 0)


def test_a_bar_fades_over_its_interval() -> None:
    assert bar(0.5, (0.25, 0.75), 8).plain == "██▓▓░░··"
    assert bar(None, None, 8).plain == "········"


def at(minute: int) -> str:
    return f"2026-01-02T00:{minute:02d}:00.000Z"


def test_versions_are_marked_where_they_came_into_force(empty_path: Path) -> None:
    db = open_store(empty_path)
    for n in range(4):
        pair = a_chain(db, (f"{n}?", "x", "no", "y")).pair
        labels.give(db, pair, "first", "a", at=at(10 * n))
        labels.give(db, pair, "second", "a", at=at(10 * n + 5))
    guidelines.add_version(db, "two", "first", at(17))
    guidelines.add_version(db, "three", "first", at(26))
    found = guideline_marks(db, "first", "second")
    db.close()
    assert [mark.after for mark in found] == [2, 3]  # what held before any pair is no mark


async def test_k_says_what_to_do_now_with_its_key(
    study: Path, rows: Database, make_app: MakeApp
) -> None:
    for pair in pairs.ordered(rows):
        labels.give(rows, pair.id, "first", "a", at=at(1))
        labels.give(rows, pair.id, "second", "b", at=at(2))
    app = make_app(study)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "K")
        await until(pilot, lambda: "J rules on" in drawn(app))
        told = " ".join(drawn(app).split())
        assert "J rules on 3 disagreements" in told
        assert "L labels on: 47 more common pairs" in told


async def test_k_shows_all_its_parts_at_80_by_24(empty_path: Path, make_app: MakeApp) -> None:
    db = open_store(empty_path)
    for n in range(40):
        pair = a_chain(db, (f"{n}?", "x", "no", "y"), "harmful" if n % 2 else "sycophancy").pair
        labels.give(db, pair, "first", "ab"[n % 2], at=at(n))
        labels.give(db, pair, "second", "a" if n % 5 == 0 else "ab"[n % 2], at=at(n))
    db.close()
    app = make_app(empty_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "K")
        await until(pilot, lambda: "J rules on" in drawn(app))
        lines = drawn(app).split("\n")
        rows = [" ".join(line.split()) for line in lines if line.strip()]
        assert any(row.startswith("κ .80") and "golden" in row for row in rows)
        assert any(row.startswith("now J rules on 4") for row in rows)
        assert any("┤" in row and "second:" in row for row in rows)  # beside the table's head
        assert any(row.startswith("harmful 20") for row in rows)
        assert any(row.startswith("sycophancy 20") for row in rows)
        assert app.screen.query_one("#mode").max_scroll_y == 0
        await pilot.resize_terminal(220, 60)
        await settle(pilot)
        assert app.screen.query_one("#head").region.x == 30  # the page stands in the middle
