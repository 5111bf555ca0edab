"""What judges were asked: kept beside each other, put together, merged."""

from __future__ import annotations

import math

import pytest
from sqlite_utils import Database

from store.errors import BadInput
from store.judgements import askings
from store.log import current_state
from store.records import Verdict
from tests.store.asking import ask
from tests.store.deciding import AT, some_pairs


def test_another_principle_or_seed_adds_and_the_same_question_replaces(db: Database) -> None:
    pair, other = some_pairs(db, 2)
    ask(db, pair, 0.9, 0.3)
    ask(db, pair, 0.8, 0.2)
    ask(db, pair, 0.6, 0.4, seed=1)
    ask(db, pair, 0.7, 0.9, principle="H2")
    ask(db, other, 0.5, 0.5)
    found = askings.of_pair(db, pair)
    assert sorted((each.principle_id, each.seed) for each in found) == [
        ("H1", 0),
        ("H1", 1),
        ("H2", 0),
    ]
    label = askings.soft_labels(askings.of_judge(db, "ai:m.gguf"))[pair]
    assert label.q_ab == pytest.approx((0.8 + 0.6 + 0.7) / 3)
    assert label.q_ba == pytest.approx((0.2 + 0.4 + 0.9) / 3)
    assert label.p == pytest.approx((label.q_ab + 1 - label.q_ba) / 2)
    assert (label.askings, label.mass) == (3, pytest.approx(1))
    assert askings.judges(db) == ["ai:m.gguf"]


@pytest.mark.parametrize(
    ("q_ab", "q_ba", "verdict"),
    [(0.9, 0.2, "a"), (0.3, 0.6, "b"), (0.9, 0.8, "tie"), (0.2, 0.4, "tie"), (0.5, 0.5, "tie")],
)
def test_a_tie_is_a_conflict_of_the_orders(
    db: Database, q_ab: float, q_ba: float, verdict: str
) -> None:
    pair = some_pairs(db)[0]
    ask(db, pair, q_ab, q_ba)
    label = askings.soft_label(askings.of_pair(db, pair))
    assert label.verdict() == Verdict(verdict)
    assert label.verdict(margin=0.45) is Verdict.TIE


def test_what_is_no_log_probability_is_refused(db: Database) -> None:
    for wrong in (0.5, math.nan, -math.inf):
        with pytest.raises(BadInput, match="asking"):
            askings.add(
                db,
                some_pairs(db)[0],
                "ai:m",
                ((wrong, -1.0), (-1.0, -1.0)),
                principle_id="H1",
                constitution_id="c",
                template="1",
                at=AT,
            )


def test_heads_of_askings_follow_from_their_events(db: Database) -> None:
    pair = some_pairs(db)[0]
    ask(db, pair, 0.9, 0.3)
    ask(db, pair, 0.8, 0.3, seed=2)
    before = askings.of_pair(db, pair)
    current_state.rebuild(db)
    assert askings.of_pair(db, pair) == before
    assert current_state.equal_to_rebuild(db)
