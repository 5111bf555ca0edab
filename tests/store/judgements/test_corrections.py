"""A person's own answers: their pairs, their author's word, undo, and what a sealed round hides."""

from __future__ import annotations

import pytest

from store.errors import BadInput
from store.items import candidates, pairs
from store.judgements import corrections, drafts, labels
from store.log import undo
from store.merging.merge import merge
from store.records import Origin, Seal, Verdict
from store.rounds import queue, rounds
from tests.store.building import AT, a_candidate, a_prompt


@pytest.fixture
def pair(db):
    prompt = a_prompt(db)
    texts = [a_candidate(db, prompt, text, slot) for slot, text in enumerate(("good", "bad"))]
    pair_id = pairs.make_chosen_pair(db, *texts, at=AT)[0]
    better = Verdict.A if pairs.get(db, pair_id).a_id == texts[0] else Verdict.B
    return pair_id, better, texts


def words(db, who):
    """What an annotator holds of each two texts: the better first."""
    said = {}
    for each in pairs.ordered(db):
        mine = labels.mine(db, each.id, who)
        if mine is not None:
            text = pairs.text(db, each.id)
            better = (text.a, text.b) if mine.verdict is Verdict.A else (text.b, text.a)
            said[better] = mine.informed
    return said


def test_a_correction_stands_beside_both_and_the_label_stays(db, pair):
    pair_id, better, (good, _) = pair
    labels.give(db, pair_id, "ann", better, at=AT)
    done = corrections.correct(db, pair_id, better, "ann", "best", at=AT)
    made = candidates.get(db, done.candidate_id)
    assert (made.origin, made.parent_id, made.author) == (Origin.EDITED, good, "ann")
    assert words(db, "ann") == {
        ("good", "bad"): False,
        ("best", "good"): True,
        ("best", "bad"): True,
    }
    blind = {row[0] for row in db.execute("SELECT pair_id FROM blind_label").fetchall()}
    assert blind == {pair_id}
    assert queue.label_next(db, "ann").pair_id is None
    assert queue.label_next(db, "ben").total == 3


def test_one_undo_takes_the_correction_back_and_the_next_one_the_label(db, pair):
    pair_id, better, _ = pair
    labels.give(db, pair_id, "ann", "tie", at=AT)
    corrections.correct(db, pair_id, better, "ann", "best", at=AT)
    undone = undo.undo(db, "ann", AT)
    assert (undone.kind, undone.was["corrects"]) == ("pairing", pair_id)
    assert queue.label_next(db, "ben").total == 1
    assert labels.mine(db, pair_id, "ann").verdict is Verdict.TIE
    undone = undo.undo(db, "ann", AT)
    assert (undone.kind, undone.item) == ("label", pair_id)
    assert undo.undo(db, "ann", AT) is None


def test_what_is_no_correction_is_refused(db, pair):
    pair_id, better, (_, bad) = pair
    for text in (" \n", "good", "bad"):
        with pytest.raises(BadInput):
            corrections.correct(db, pair_id, better, "ann", text, at=AT)
    with pytest.raises(BadInput):
        corrections.write_own(db, bad, "ann", "bad", at=AT)
    assert pairs.count(db) == 1


def test_an_own_answer_stands_beside_the_models(db, pair):
    _, _, (_, bad) = pair
    done = corrections.write_own(db, bad, "ann", "mine", at=AT)
    assert candidates.get(db, done.candidate_id).parent_id == bad
    assert words(db, "ann") == {("mine", "bad"): True}


def test_in_a_sealed_round_the_text_waits_and_nobody_else_sees_that(db, pair):
    pair_id, better, _ = pair
    made = rounds.create(db, "one", [pair_id], ["ann", "ben"], seed="s", by="ann", at=AT)
    assert corrections.correct(db, pair_id, better, "ann", "best", at=AT).candidate_id is None
    assert corrections.settle(db, "ann") == []
    assert pairs.count(db) == 1
    assert corrections.settle(db, "ben") == []
    rounds.unseal(db, made.id, Seal.OPEN, "ann", AT)
    assert corrections.settle(db, "ann") == [corrections.place(pair_id, better, finished=True)]
    assert pairs.count(db) == 3
    assert drafts.of(db, "ann") == {}
    assert corrections.settle(db, "ann") == []


def test_a_merge_brings_corrections_as_they_are(project, db, pair, tmp_path, closing):
    from store.db.connection import create

    pair_id, better, _ = pair
    corrections.correct(db, pair_id, better, "ann", "best", at=AT)
    other = closing(create(tmp_path / "other.db", seed="x", at=AT))
    merge(other, project.path)
    assert words(other, "ann") == words(db, "ann")
