"""What ``agree --json`` tells beside the table: only where there is something to tell."""

from __future__ import annotations

import pytest
from sqlite_utils import Database

from store.agreement import further
from store.judgements import settings
from store.records import Phase
from tests.store.agreement.labelling import AT, columns, say, some_pairs


def test_nothing_is_told_of_what_is_not_there(db: Database) -> None:
    columns(db, first="a b", second="a a")
    assert further.of_two(db, "first", "second") == {}
    assert further.of_each(db, ["first", "second"]) == {}


def test_weighted_kappa_and_its_missing_interval(db: Database) -> None:
    settings.set(db, settings.STRENGTH, True, "first", AT)
    pairs = some_pairs(db, 3)
    for pair in pairs:
        for who in ("first", "second"):
            say(db, pair, who, "a", strength=1)
    found = further.of_two(db, "first", "second")["strength"]
    assert (found["n"], found["quadratic"], found["ci95"]) == (3, None, None)
    assert "quadratic" in found["undefined"]
    say(db, pairs[0], "first", "b", 5, strength=2)
    say(db, pairs[0], "second", "b", 5, strength=2)
    found = further.of_two(db, "first", "second")["strength"]
    assert (found["quadratic"], found["linear"], found["nominal"]) == (1, 1, 1)
    assert found["ci95"][0] < 1
    assert found["undefined"] == {}


def test_roles_trend_repeats_and_sides(db: Database) -> None:
    pairs = some_pairs(db, 40, a_role="rejected", b_role="chosen")
    for place, pair in enumerate(pairs):
        say(db, pair, "first", "ab"[place % 2], place, left="a")
        say(db, pair, "second", "ab"[place % 2], place)
    say(db, pairs[0], "first", "a", 60, phase=Phase.REPEAT)
    say(db, pairs[1], "first", "b", 61, phase=Phase.REPEAT)
    told = further.of_two(db, "first", "second")
    assert told["roles"]["n"] == 40
    assert told["roles"]["roles"] == ["rejected", "chosen"]
    assert told["roles"]["kappa"] == 1
    assert [point["kappa"] for point in told["trend"]] == [1.0] * len(told["trend"])
    assert told["trend"][-1]["upto"] == 40
    own = further.of_each(db, ["first", "second"])
    assert own["self"]["first"]["n"] == 2
    assert own["self"]["second"]["kappa"] is None
    assert "kappa" in own["self"]["second"]["undefined"]
    assert own["left"]["first"] == {"n": 40, "left": 20, "share": 0.5, "p": pytest.approx(1)}
    assert own["left"]["second"]["share"] is None
