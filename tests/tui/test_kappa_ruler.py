from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.modes.kappa.ruler import ruler

KAPPA = st.floats(min_value=-1, max_value=1)


def test_by_hand() -> None:
    bands, mark = ruler(0.76, (0.6, 0.9), 40).plain.split("\n")
    assert bands == "0 ───── low ──────┃─ weak ┃─ good ┃ golden 1"
    assert mark == "  " + " " * 24 + "├─────●─────┤"


def test_the_band_in_force_stands_out() -> None:
    content = ruler(0.5, None)
    bold = [content.plain[s.start : s.end] for s in content.spans if "bold" in str(s.style)]
    assert [words.strip("─ ") for words in bold] == ["weak"]


def test_what_lies_below_zero_is_an_arrow_at_the_edge() -> None:
    assert ruler(-0.3, (-0.6, 0.1), 40).plain.split("\n")[1] == "  ◂───┤"


@given(KAPPA, st.one_of(st.none(), st.tuples(KAPPA, KAPPA).map(sorted).map(tuple)))
def test_the_figure_stands_where_it_belongs(value: float, interval: tuple[float, float]) -> None:
    bands, mark = ruler(value, interval, 50).plain.split("\n")
    assert len(bands) == 54
    assert len(mark) <= 52
    assert [mark[2:].find(sign) for sign in "●◂" if sign in mark]
    if value >= 0:
        assert mark.index("●") - 2 == min(round(value * 50), 49)
