"""Pairs that follow from rankings are one judgement a prompt; scores of what is behind answers."""

from __future__ import annotations

import pytest

from store.agreement import further
from store.agreement.item_scores import item_scores
from store.agreement.ranked import ranked_pairs
from store.items import pairs
from store.judgements import labels, rankings
from store.names import NoSuchName
from store.reporting.report import compose
from tests.store.building import AT, a_candidate, a_prompt
from tests.store.deciding import some_pairs
from tests.tui.seed import CHAINS, a_chain


@pytest.fixture
def ranked(db):
    """Two prompts of four answers ranked by ann, one of them by bob too; a pair of both beside."""
    for n in range(2):
        prompt = a_prompt(db, f"question {n}")
        made = [a_candidate(db, prompt, f"answer {i}", slot=i) for i in range(4)]
        rankings.give(db, prompt, "ann", [[one] for one in made], at=AT)
        if n:
            rankings.give(db, prompt, "bob", [[one] for one in reversed(made)], at=AT)
        else:
            labels.give(db, pairs.of_prompt(db, prompt)[0].id, "bob", "a", at=AT)
    (pair,) = some_pairs(db)
    for who in ("ann", "bob"):
        labels.give(db, pair, who, "a", at=AT)
    return db


def test_judgements_are_counted_by_prompt(ranked):
    found = ranked_pairs(ranked, "ann", "bob")
    assert found is not None
    # six pairs of one prompt, one of another, and one labelled by itself
    assert (found.pairs, found.judgements, found.rankings) == (7, 3, (2, 1))
    assert found.ci95 is not None
    assert -1 <= found.ci95[0] < found.ci95[1] <= 1
    assert further.of_two(ranked, "ann", "bob")["rankings"]["judgements"] == 3
    assert found.words in compose(ranked)
    assert ranked_pairs(ranked, "ann", "carol") is None


def test_scores_by_round_principle_and_temperature(db):
    for n, texts in enumerate(CHAINS):
        chain = a_chain(db, texts)
        better = "a" if (pairs.get(db, chain.pair).a_role == "revision") == (n > 0) else "b"
        labels.give(db, chain.pair, "ann", better, at=AT)
    scored = {of: item_scores(db, of) for of in ("round", "principle", "temperature", "model")}
    assert [(s.item, s.won, s.games) for s in scored["round"].scores] == [
        ("round 1", 2, 3),
        ("round 0", 1, 3),
    ]
    assert {s.item for s in scored["principle"].scores} > {"no revision"}
    assert scored["temperature"].left == {"an answer without a temperature": 3}
    assert scored["model"].left == {"the same model on both sides": 3}
    with pytest.raises(NoSuchName, match="no annotator 'ai:m' here"):
        item_scores(db, "round", "ai:m")
    told = compose(db)
    assert "## What people prefer" in told
    assert "| round 1 | 1 | 3 | 2 |" in told
