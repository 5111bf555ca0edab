"""Rankings: the pairs and labels that follow, merged, undone, and what may not be ranked."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.db import backup
from store.db import connection as sqlite
from store.errors import BadInput
from store.items import candidates, pairs
from store.judgements import labels, rankings
from store.log import current_state, undo
from store.merging.merge import merge
from store.records import Verdict
from tests.store.building import AT, a_candidate, a_prompt
from tests.store.deciding import head_rows


def answers(db, k=4):
    prompt = a_prompt(db, "what is a pipe?")
    return prompt, [a_candidate(db, prompt, f"answer {i}", slot=i) for i in range(k)]


def preferred(db, who="ann"):
    """Better and worse text of each label, as the rows say it."""
    found = set()
    for label in labels.by_annotator(db, who):
        text = pairs.text(db, label.pair_id)
        sides = (text.a, text.b) if label.verdict is Verdict.A else (text.b, text.a)
        assert label.verdict in (Verdict.A, Verdict.B)
        found.add(sides)
    return found


ORDERS = st.lists(st.integers(0, 2), min_size=2, max_size=5)
"""A level for each answer."""


def grouped(made, levels):
    return [
        [one for one, level in zip(made, levels, strict=False) if level == each]
        for each in sorted(set(levels))
    ]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=ORDERS, second=ORDERS)
def test_labels_are_those_of_the_last_ranking_and_undo_brings_the_first_back(db, first, second):
    prompt, made = answers(db, 5)
    while undo.undo(db, "ann", AT):
        pass
    before = head_rows(db)
    assert rankings.mine(db, prompt, "ann") is None
    states = []
    for levels in (first, second):
        groups = grouped(made, levels)
        rankings.give(db, prompt, "ann", groups, seconds=9.5, at=AT)
        texts = [[candidates.get(db, one).text for one in group] for group in groups]
        assert preferred(db) == {
            (one, other)
            for better, worse in combinations(texts, 2)
            for one in better
            for other in worse
        }
        standing = rankings.mine(db, prompt, "ann")
        assert standing is not None
        assert standing.groups == tuple(map(tuple, groups))
        assert {order for *_, order in rankings.of_labels(db)} <= {standing.groups}
        assert len(following(db)) == len(preferred(db))
        assert current_state.equal_to_rebuild(db)
        states.append(head_rows(db))
    for expected in (states[0], before):
        taken = undo.undo(db, "ann", AT)
        assert taken is not None
        assert (taken.kind, taken.item) == ("ranking", prompt)
        assert head_rows(db) == expected
    assert undo.undo(db, "ann", AT) is None


def following(db):
    return {(pair_id, who) for pair_id, who, _, _ in rankings.of_labels(db)}


def test_an_own_verdict_stays_where_the_ranking_says_the_same(db):
    prompt, (one, two, three) = answers(db, 3)
    pair, _ = pairs.make_chosen_pair(db, two, one, at=AT)
    better = "a" if pairs.get(db, pair).a_id == one else "b"
    labels.give(db, pair, "ann", better, strength=2, at=AT)
    rankings.give(db, prompt, "ann", [[one], [two], [three]], at=AT)
    label = labels.mine(db, pair, "ann")
    assert label is not None
    assert (label.strength, (pair, "ann") in following(db)) == (2, False)
    rankings.give(db, prompt, "ann", [[two], [one], [three]], at=AT)
    label = labels.mine(db, pair, "ann")
    assert label is not None
    assert (label.strength, label.verdict == better) == (None, False)
    undo.undo(db, "ann", AT)
    undo.undo(db, "ann", AT)
    assert {each.pair_id for each in labels.by_annotator(db, "ann")} == {pair}


def test_two_copies_that_rank_the_same_prompt_have_one_set_of_pairs(db, tmp_path: Path, closing):
    prompt, made = answers(db)
    path = tmp_path / "other.db"
    backup.backup(db, path)
    other = closing(sqlite.open_store(path))
    rankings.give(db, prompt, "ann", [[one] for one in made], at=AT)
    rankings.give(other, prompt, "bob", [[one] for one in reversed(made)], at=AT)
    merge(db, path)
    merge(other, tmp_path / "study.db")
    assert pairs.count(db) == pairs.count(other) == 6
    assert head_rows(db) == head_rows(other)
    assert {better for better, _ in preferred(db)} == {f"answer {i}" for i in range(3)}
    assert preferred(db) == {pair[::-1] for pair in preferred(db, "bob")}
    assert [each.annotator for each in rankings.ordered(db)] == ["ann", "bob"]


def test_what_cannot_be_ranked_writes_nothing(db):
    prompt, made = answers(db, 3)
    elsewhere = a_candidate(db, a_prompt(db, "another"), "an answer")
    same = a_candidate(db, prompt, "answer 0", slot=7)
    for groups in ([made[:1]], [made[:1], made[:1]], [[made[0]], [elsewhere]], [], [[made[0]], []]):
        with pytest.raises(BadInput, match="ranking"):
            rankings.give(db, prompt, "ann", groups, at=AT)
    with pytest.raises(BadInput, match="same text"):
        rankings.give(db, prompt, "ann", [[made[0]], [same]], at=AT)
    assert (list(rankings.ordered(db)), pairs.count(db)) == ([], 0)


def test_equals_share_the_mean_of_their_places():
    assert rankings.ranks([["x"], ["y", "z"], ["w"]]) == {"x": 1, "y": 2.5, "z": 2.5, "w": 4}
