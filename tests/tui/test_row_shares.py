"""How rows are shared: nothing is cut while rows stand empty, and nothing is given away."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tui.row_layout import Claim, shared

NEEDS = st.lists(st.integers(min_value=2, max_value=80), min_size=2, max_size=4)


@settings(max_examples=300, deadline=None)
@given(st.integers(min_value=0, max_value=100), NEEDS)
def test_no_text_is_cut_while_rows_stand_empty(room: int, needs: list[int]) -> None:
    claims = [Claim(need, first=room // 2 if at == 0 else 0) for at, need in enumerate(needs)]
    rows = shared(room, claims)
    if rows is None:
        assert room < 2 * len(needs)
        return
    assert sum(rows) == min(room, sum(needs))
    assert all(2 <= got <= need for got, need in zip(rows, needs, strict=True))
    if sum(needs) > room:
        others = sum(needs[1:])
        if needs[0] > room // 2 and others > room - room // 2:
            assert rows[0] == max(min(room // 2, room - 2 * (len(needs) - 1)), 2)
        cut = [got for got, need in zip(rows[1:], needs[1:], strict=True) if got < need]
        assert not cut or max(rows[1:]) - min(cut) <= 1


def test_by_hand() -> None:
    long, short = Claim(50), Claim(3)
    assert shared(21, [Claim(4, first=10), long, long]) == (4, 9, 8)
    assert shared(21, [Claim(40, first=10), long, long]) == (10, 6, 5)
    assert shared(21, [Claim(40, first=10), short, long]) == (10, 3, 8)
    assert shared(21, [Claim(40, first=10), short, short]) == (15, 3, 3)
    assert shared(21, [Claim(4, first=10), short, short]) == (4, 3, 3)
    assert shared(5, [Claim(4), short, short]) is None
    assert shared(9, [Claim(40, first=4), Claim(2, 2), long, long]) == (3, 2, 2, 2)
