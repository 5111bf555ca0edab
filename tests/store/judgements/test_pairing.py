"""Which answers are made into pairs, by which rule, and what is left out and named."""

from __future__ import annotations

import math

import pytest

from store.items import candidates, pairs, pending
from store.judgements import askings, labels, pairing, settings
from store.judgements.pairing import Left, PairingRule
from store.log import undo
from store.records import Candidate, Origin
from store.rounds import queue
from tests.store.building import AT, a_candidate, a_chain, a_critique, a_prompt, a_revision

LOOP = "and so it goes " * 20


@pytest.fixture
def four(db):
    prompt = a_prompt(db)
    return prompt, [a_candidate(db, prompt, f"answer {i}", slot=i) for i in range(4)]


def made(db, proposals, **how):
    """Slots (or texts) of the pairs that came of it, and the reasons for the others."""
    done = pairing.make(db, iter(proposals), at=AT, **how)
    texts = [{pairs.text(db, one).a, pairs.text(db, one).b} for one in done.made]
    return sorted(map(sorted, texts)), [each.left for each in done.left]


def says(db, one, other, p, judge="ai:m"):
    """A judge's soft label: ``one`` is better with probability p."""
    pair, _ = pairs.make_chosen_pair(db, one, other, at=AT)
    q = p if pairs.get(db, pair).a_id == one else 1 - p
    orders = (math.log(q), math.log(1 - q)), (math.log(1 - q), math.log(q))
    how = {"principle_id": "H1", "constitution_id": "c", "template": "1"}
    askings.add(db, pair, judge, orders, **how, at=AT)


def test_all_and_neighbours_and_random(db, four):
    prompt, _ = four
    neighbours = [["answer 0", "answer 1"], ["answer 1", "answer 2"], ["answer 2", "answer 3"]]
    assert made(db, pairing.by_rule(db, prompt, PairingRule.NEIGHBOURS)) == (neighbours, [])
    found, left = made(db, pairing.by_rule(db, prompt, PairingRule.ALL))
    assert (len(found), left) == (3, [Left.THERE] * 3)
    (drawn,) = pairing.by_rule(db, prompt, PairingRule.RANDOM)
    assert list(pairing.by_rule(db, prompt, PairingRule.RANDOM)) == [drawn]
    assert drawn.one != drawn.other
    assert {each.kind for each in pairs.ordered(db)} == {"chosen"}
    assert {each.a_role for each in pairs.ordered(db)} == {None}


def test_best_and_worst_by_the_judge_without_what_loops(db, four):
    prompt, answers = four
    assert made(db, pairing.by_rule(db, prompt, PairingRule.BEST_WORST)) == ([], [Left.NO_WORD])
    looping = a_candidate(db, prompt, LOOP, slot=4)
    for one, other, p in ((2, 0, 0.7), (0, 1, 0.8), (1, 3, 0.4)):
        says(db, answers[one], answers[other], p)
    says(db, answers[1], looping, 0.99)
    expected = [["answer 1", "answer 2"]]
    assert made(db, pairing.by_rule(db, prompt, PairingRule.BEST_WORST), dry_run=False) == (
        expected,
        [],
    )
    # a verdict without probabilities counts where there is nothing else of that judge
    pair, _ = pairs.make_chosen_pair(db, answers[3], answers[2], at=AT)
    better = "a" if pairs.get(db, pair).a_id == answers[3] else "b"
    labels.give(db, pair, "ai:old", better, at=AT)
    scores = {row.item: row.score for row in pairing.judges_scores(db, prompt)}
    assert max(scores, key=scores.__getitem__) == answers[3]


def test_what_run_pairs_by_itself_follows_the_setting(db, four):
    prompt, answers = four
    a_critique(db, answers[0], found=False)
    for n in range(3):
        says(db, answers[n], answers[n + 1], 0.9)
    a_chain(db, "another")
    settings.set(db, settings.RUN_PAIRS, [], "ann", AT)
    plan = _Plan()
    assert pending.pending(db, plan) == []
    assert pairing.judged_prompts(db) == []
    settings.set(db, settings.RUN_PAIRS, list(settings.RULES), "ann", AT)
    assert [work.step for work in pending.pending(db, plan)] == ["pair"]
    assert pairing.judged_prompts(db) == [prompt]
    (pair,) = pairing.by_policy(db, prompt, at=AT)
    assert {pairs.get(db, pair).a_id, pairs.get(db, pair).b_id} == {answers[0], answers[3]}
    assert list(pairing.by_policy(db, prompt, at=AT)) == []


class _Plan:
    parts = frozenset({"revise"})
    candidates, rounds, limit, revise_all = 1, 1, None, False


def test_any_round_with_any_round_keeps_the_roles_of_a_revision(db):
    chain = a_chain(db, "q", rounds=3)
    texts = ["answer to q", *(f"better answer {n} to q" for n in (1, 2, 3))]
    for first, second in ((0, 2), (3, 1)):
        low, high = sorted((first, second))
        wanted = pairing.by_rounds(db, chain.prompt, first, second)
        assert made(db, wanted) == ([[texts[low], texts[high]]], [])
    assert [each.kind for each in pairs.ordered(db)] == ["revision", "chosen"]
    pair = pairs.ordered(db)[0]
    assert {pair.a_role, pair.b_role} == {"original", "revision"}
    assert made(db, pairing.by_rounds(db, chain.prompt, 0, 4)) == ([], [Left.FEW])


def test_empty_same_and_degenerate_texts_are_named_and_not_paired(db):
    prompt = a_prompt(db)
    for slot, text in enumerate(("fine", "  ", LOOP, "fine ", "other")):
        a_candidate(db, prompt, text, slot=slot)
    found, left = made(db, pairing.by_rule(db, prompt, PairingRule.ALL))
    assert found == [["fine", "other"], ["fine ", "other"]]
    assert {reason: left.count(reason) for reason in left} == {
        Left.EMPTY: 4,
        Left.DEGENERATE: 3,
        Left.IDENTICAL: 1,
    }


def test_bad_teacher_prefers_another_author_to_the_models_own_revision(db):
    chain = a_chain(db, "q")
    assert made(db, pairing.by_rule(db, chain.prompt, PairingRule.BAD_TEACHER), dry_run=False) == (
        [["answer to q", "better answer 1 to q"]],
        [],
    )
    teacher = Candidate(
        prompt_id=chain.prompt,
        origin=Origin.PROPOSED,
        text="the teacher's",
        author="big",
        slot=1,
        created_at=AT,
    )
    candidates.add(db, teacher)
    assert made(db, pairing.by_rule(db, chain.prompt, PairingRule.BAD_TEACHER)) == (
        [["answer to q", "the teacher's"]],
        [],
    )


def test_two_named_ones(db, four):
    _, answers = four
    revision = a_revision(db, a_critique(db, answers[1]), "a revision")
    done = pairing.make(db, iter([pairing.of_two(db, revision, answers[1])]), at=AT)
    assert pairs.get(db, done.made[0]).kind == "revision"
    done = pairing.make(db, iter([pairing.of_two(db, revision, answers[2])]), at=AT)
    assert pairs.get(db, done.made[0]).kind == "chosen"


def test_a_pair_made_by_a_key_leaves_the_queue_with_undo_and_comes_back(db, four):
    _, answers = four
    totals = [queue.total(db)]
    for step in ("pair", "undo", "pair", "label", "undo", "undo"):
        if step == "pair":
            made_now = pairing.pair_two(db, answers[0], answers[1], "ann", at=AT)
            assert made_now.words == "pair 1 made"
        elif step == "label":
            labels.give(db, pairs.ordered(db)[0].id, "ann", "a", at=AT)
        else:
            undo.undo(db, "ann", AT)
        totals.append(queue.total(db))
    assert totals == [0, 1, 0, 1, 1, 1, 0]
    assert pairing.pair_two(db, answers[0], answers[0], "ann", at=AT).left is Left.IDENTICAL
