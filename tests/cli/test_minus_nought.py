"""A figure that rounds to nought has no minus: on no screen, in no document, in no JSON."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from store.agreement import agreement
from store.agreement.figure import as_number, rounded, short
from store.db.connection import open_store
from store.exporting import ExportOptions, plan
from store.exporting.card import card
from tests.cli.conftest import Pairlab
from tests.store.agreement.labelling import columns
from tui import formatting
from tui.modes.kappa import text

MINUS_NOUGHT = re.compile(r"-0?\.0+(?![\d])|-0(?![\d.])(?=[\s,\]}])")
TABLE = {("a", "a"): 21, ("a", "b"): 34, ("b", "a"): 34, ("b", "b"): 55}
"""Kappa is -2 / 9790: the products of the diagonals differ by one."""


def test_a_kappa_just_below_nought(project: Pairlab, tmp_path: Path) -> None:
    db = open_store(tmp_path / "pairlab.db")
    said = [both for both, n in TABLE.items() for _ in range(n)]
    first, second = (" ".join(side) for side in zip(*said, strict=True))
    columns(db, first=first, second=second, **{"ai:m": first})
    two = agreement(db, "first", "second")
    assert two.kappa.value is not None
    assert -0.0003 < two.kappa.value < 0
    told = [
        str(text.headline(two, ())),
        str(text.figures(two, None, 80)),
        *(str(each) for each in text.how_sure(two, None)),
        card(plan(db, ExportOptions(format="trl", allow=frozenset({"low_agreement"}))), {}),
    ]
    db.close()
    ways = product(["agree", "compare"], ["", "--json"])
    told += [project(*filter(None, way)).stdout for way in ways]
    assert project("report", "report.md").exit_code == 0
    told.append((tmp_path / "report.md").read_text())
    assert all(told)
    assert "κ .00 " in told[4]
    for each in told:
        assert not MINUS_NOUGHT.search(each), each


@given(st.floats(-1, 1), st.integers(0, 6))
def test_no_way_to_write_a_number_keeps_it(value: float, digits: int) -> None:
    written = [rounded(value, digits), short(value), formatting.coefficient(value)]
    written.append(f"{as_number(value * 1e-13)}")
    for each in written:
        assert not each.startswith("-") or float(each) != 0, each
