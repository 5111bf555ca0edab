"""Dawid and Skene's model against crowd-kit, and what it says of raters it can tell apart."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from store.agreement import dawid_skene
from store.agreement.dawid_skene import CrowdModel, fit, majority
from store.agreement.multi import Pattern
from tests.store.agreement.labelling import columns

NAMES = ("ann", "ben", "cat", "ai:m")
WORDS = {"a": "a", "b": "b", "t": "tie", ".": None}
# sixty pairs, drawn with raters right in .9, .8, .7 and .6, one label in seven missing
SAID = """
.tta tba. ..ab aaaa b.b. ttta tttb bbab .aaa ataa aaaa aaab aata .aat aaba atab aaat .bbt
btbt t.tb bbbb aaat tata ta.t aaaa t.ta aat. bbbb aa.b b.bb b.ta tbta t.tb t.tt .bbb ..aa
tatt .bbb aa.a abba t.tt .taa bt.b abab tt.a aaaa aaa. tt.t aab. .abb .aba aa.a bbbt tbb.
aa.. tt.t a.aa aaaa .abb aaaa
""".split()  # noqa: SIM905 - a table is easier read
# crowd-kit 1.4.2, DawidSkene(n_iter=50, tol=-1e9).fit(...): the shares of a, b and tie; the
# probability of a and b where nothing is sure; and the diagonals of errors_
PRIOR = (0.510887461265665, 0.22314821375762067, 0.26596432497671435)
POSTERIOR = {
    ".tta": (0.037629192, 0.0),
    "tba.": (0.0, 0.999999984),
    "..ab": (0.757379572, 0.242620426),
    ".aat": (0.993117992, 0.006882004),
    ".bbt": (0.021151594, 0.978848406),
    "ta.t": (0.0, 0.009602343),
    ".bbb": (0.019563712, 0.980436288),
    "..aa": (0.999999998, 0.0),
    ".taa": (0.999999988, 0.0),
    "bt.b": (0.0, 0.908030586),
    "tt.t": (0.0, 0.043439208),
    ".abb": (0.902420959, 0.097579041),
}
RIGHT = {
    "ann": (0.9999999999913045, 0.7904464620937505, 0.927180138098265),
    "ben": (0.8172522117492633, 0.8020368286495967, 0.5992715423149115),
    "cat": (0.7034976666644503, 0.8183597284813033, 0.9999999969389607),
    "ai:m": (0.6392327638297919, 0.703316684705186, 0.3699443055159689),
}


def spelled(text: str) -> tuple[str | None, ...]:
    return tuple(WORDS[letter] for letter in text)


def fitted(rows: list[str], names: tuple[str, ...], **more: float) -> CrowdModel:
    found = fit([Pattern(spelled(row)) for row in rows], names, **more)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_without_a_prior_it_is_crowd_kits() -> None:
    found = fitted(SAID, NAMES, smoothing=0, still=-math.inf, rounds=50)
    assert found.verdicts == ("a", "b", "tie")
    assert found.prior == pytest.approx(PRIOR, abs=1e-6)
    for text, (a, b) in POSTERIOR.items():
        assert found.posterior[spelled(text)] == pytest.approx((a, b, 1 - a - b), abs=1e-6)
    for rater in found.raters:
        assert np.diag(rater.confusion) == pytest.approx(RIGHT[rater.name], abs=1e-6)
        assert rater.n == sum(row[NAMES.index(rater.name)] != "." for row in SAID)
    assert found.differs == sum(
        found.likeliest(spelled(row))[0] != majority(spelled(row)) for row in SAID
    )


def test_who_is_no_better_than_chance_is_named_and_rare_verdicts_are() -> None:
    # the third says the contrary of what the others agree on
    found = fitted(["aab", "bba"] * 20 + ["ttb"], ("ann", "ben", "cat"))
    assert found.warnings == (
        "cat is right no more often than chance",
        "only 2 labels are tie: what is said of it rests on too little",
    )
    assert found.posterior[spelled("aab")][0] > 0.99
    good = found.raters[0]
    assert good.ci95 is not None
    assert good.ci95[0] < good.competence > found.raters[2].competence
    assert found.rounds <= 200


@given(
    st.lists(st.lists(st.sampled_from("abt."), min_size=3, max_size=3), min_size=1, max_size=30),
    st.floats(0, 1),
)
def test_probabilities_sum_to_one_and_the_order_of_raters_is_nothing(
    rows: list[list[str]], smoothing: float
) -> None:
    said = ["".join(row) for row in rows]
    found = fit([Pattern(spelled(row)) for row in said], ("x", "y", "z"), smoothing=smoothing)
    if found is None:
        assert set("".join(said)) == {"."}
        return
    assert sum(found.prior) == pytest.approx(1)
    for chances in found.posterior.values():
        assert sum(chances) == pytest.approx(1)
    for rater in found.raters:
        assert np.sum(rater.confusion, axis=1) == pytest.approx(1)
    turned = fit(
        [Pattern(spelled(row[::-1])) for row in said], ("z", "y", "x"), smoothing=smoothing
    )
    assert turned is not None
    for combination, chances in found.posterior.items():
        assert turned.posterior[combination[::-1]] == pytest.approx(chances, abs=1e-6)


def test_people_and_models_are_raters_from_three_on(db: Database) -> None:
    columns(db, first="a a b b", second="a b b b")
    assert dawid_skene.crowd(db) is None
    columns(db, **{"ai:m": "a a b a"})
    found = dawid_skene.crowd(db)
    assert found is not None
    assert [(each.name, each.n) for each in found.raters] == [
        ("first", 4),
        ("second", 4),
        ("ai:m", 4),
    ]
    assert found.likeliest(("b", "b", "a"))[0] == "b"
