"""The labelling queue and the queue of undecided chains."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from store.db.connection import create, open_store
from store.errors import WrongId
from store.items import candidates, pairs, removal
from store.judgements import decisions, guidelines, labels
from store.log.undo import undo
from store.records import Choice, Phase, Verdict
from store.rounds import order, queue, relabel, sampling
from store.rounds.order import BLOCK
from tests.store.building import AT, a_candidate, a_chain, a_critique, a_prompt, a_revision
from tests.store.deciding import ticking


def some_pairs(db: Database, n: int, start: int = 0) -> list[str]:
    made = []
    for i in range(start, start + n):
        chain = a_chain(db, f"prompt {i}")
        made.append(pairs.make_revision_pair(db, chain.original, chain.revisions[0], at=AT)[0])
    return made


def walk(db: Database, annotator: str, n: int) -> list[str]:
    """Labels the next ``n`` pairs and tells them."""
    seen: list[str] = []
    for _ in range(n):
        here = queue.label_next(db, annotator, after=seen[-1] if seen else None)
        assert here.pair_id is not None
        labels.give(db, here.pair_id, annotator, Verdict.A, at=AT)
        seen.append(here.pair_id)
    return seen


def test_an_empty_project_has_an_empty_queue(db: Database) -> None:
    assert queue.label_next(db, "anna") == queue.Position(None, 0, 0, 0)
    assert queue.label_at(db, "anna", 1) == queue.Position(None, 0, 0, 0)
    assert queue.revise_next(db, "anna") is None
    assert queue.pace(db, "anna") is None


def test_both_get_the_same_pairs_each_in_an_own_order(db: Database) -> None:
    made = some_pairs(db, 12)
    anna, bo = walk(db, "anna", 12), walk(db, "bo", 12)
    assert set(anna) == set(bo) == set(made)
    assert anna != bo
    assert anna != made
    assert queue.label_next(db, "anna") == queue.Position(None, 0, 12, 12)


def test_it_goes_on_where_one_stopped_also_after_reopening(db: Database) -> None:
    some_pairs(db, 8)
    whole = [queue.label_at(db, "anna", i).pair_id for i in range(1, 9)]
    assert walk(db, "anna", 3) == whole[:3]
    path = Path(str(db.execute("PRAGMA database_list").fetchone()[2]))
    reopened = open_store(path)
    here = queue.label_next(reopened, "anna")
    assert here == queue.Position(whole[3], 4, 8, 3)
    assert [queue.label_at(reopened, "anna", i).pair_id for i in range(1, 9)] == whole
    reopened.close()


def test_behind_a_pair_and_round_the_end(db: Database) -> None:
    some_pairs(db, 5)
    order = [queue.label_at(db, "anna", i).pair_id or "" for i in range(1, 6)]
    assert queue.label_next(db, "anna", after=order[2]).pair_id == order[3]
    assert queue.label_next(db, "anna", after=order[4]).pair_id == order[0]
    labels.give(db, order[3], "anna", Verdict.SKIP, at=AT)
    assert queue.label_next(db, "anna", after=order[2]).pair_id == order[4]
    assert queue.position(db, "anna", order[3]) == queue.Position(order[3], 4, 5, 1)
    with pytest.raises(WrongId):
        queue.label_next(db, "anna", after="nope")


def offered(db: Database, annotator: str) -> list[str | None]:
    """The annotator's whole order, labelled or not."""
    total = queue.total(db)
    found = [queue.label_at(db, annotator, i) for i in range(1, total + 1)]
    assert [each.index for each in found] == list(range(1, total + 1))
    assert {each.total for each in found} <= {total}
    return [each.pair_id for each in found]


def an_edit(db: Database, revision: str, who: str, text: str, at: str) -> str:
    """Decides on a revision by an edit; the pair it makes or already has."""
    edited = decisions.decide(db, revision, who, "edit", edited_text=text, at=at).edited_id
    assert edited is not None
    root = candidates.root(db, edited)
    twin = pairs.twin(db, root.id, edited)
    assert twin is not None
    return twin


def test_a_pair_of_an_edit_taken_back_is_offered_to_nobody(db: Database) -> None:
    made, now = some_pairs(db, 4), ticking()
    chain = a_chain(db, "edited", rounds=1)
    pair = an_edit(db, chain.revisions[0], "anna", "in my words", now())
    assert set(offered(db, "anna")) == set(offered(db, "bo")) == {*made, pair}
    undo(db, "anna", now())
    for who in ("anna", "bo"):
        assert set(offered(db, who)) == set(made)
        assert set(walk(db, who, 4)) == set(made)
        assert queue.label_next(db, who) == queue.Position(None, 0, 4, 4)
    left = queue.position(db, "bo", pair)
    assert (left.pair_id, left.total) == (pair, 4)
    assert 1 <= left.index <= 4
    # said again in the same words, it is the same pair
    assert an_edit(db, chain.revisions[0], "bo", "in my words", now()) == pair
    assert queue.label_next(db, "anna").pair_id == pair
    decisions.decide(db, chain.revisions[0], "bo", Choice.REJECT, at=now())
    assert queue.label_next(db, "anna").pair_id is None


def test_a_pair_that_a_person_has_labelled_stays_for_the_others(db: Database) -> None:
    now = ticking()
    pair = an_edit(db, a_chain(db).revisions[0], "anna", "in my words", now())
    undo(db, "anna", now())
    labels.give(db, pair, "ai:model", Verdict.A, at=now())
    assert offered(db, "bo") == []
    labels.give(db, pair, "anna", Verdict.A, at=now())
    assert offered(db, "bo") == [pair]
    assert queue.label_next(db, "bo") == queue.Position(pair, 1, 1, 0)
    undo(db, "anna", now())
    assert offered(db, "bo") == []


def test_a_pair_stays_while_somebody_says_the_same(db: Database) -> None:
    now = ticking()
    chain = a_chain(db, rounds=2)
    pair = an_edit(db, chain.revisions[0], "anna", "in our words", now())
    assert an_edit(db, chain.revisions[1], "bo", "in our words", now()) == pair
    undo(db, "anna", now())
    assert offered(db, "cy") == [pair]
    undo(db, "bo", now())
    assert offered(db, "cy") == []
    a_revision(db, a_critique(db, chain.original, 1), "in our words")
    assert decisions.withdrawn_pairs(db) == set()


def test_what_another_process_takes_back_leaves_too(db: Database, tmp_path: Path) -> None:
    now = ticking()
    pair = an_edit(db, a_chain(db).revisions[0], "anna", "in my words", now())
    other = open_store(tmp_path / "study.db")
    assert queue.label_next(db, "bo").pair_id == queue.label_next(other, "bo").pair_id == pair
    undo(other, "anna", now())
    assert queue.label_next(db, "bo").pair_id is None
    other.close()


def test_a_round_takes_up_no_pair_of_an_edit_taken_back(db: Database) -> None:
    (made,), now = some_pairs(db, 1), ticking()
    pair = an_edit(db, a_chain(db).revisions[0], "anna", "in my words", now())
    assert sampling.draw(db, ["anna", "bo"], seed=1).pair_ids == (made, pair)
    undo(db, "anna", now())
    assert sampling.draw(db, ["anna", "bo"], seed=1).pair_ids == (made,)


def test_places_outside_are_the_nearest(db: Database) -> None:
    some_pairs(db, 3)
    assert queue.label_at(db, "anna", -4).index == 1
    assert queue.label_at(db, "anna", 99).index == 3


def test_pairs_that_arrive_later_come_later(db: Database) -> None:
    first = set(some_pairs(db, BLOCK))
    before = [queue.label_at(db, "anna", i).pair_id for i in range(1, BLOCK + 1)]
    later = set(some_pairs(db, 5, start=BLOCK))
    now = [queue.label_at(db, "anna", i).pair_id for i in range(1, BLOCK + 6)]
    assert now[:BLOCK] == before
    assert (set(before), set(now[BLOCK:])) == (first, later)


def test_gaps_between_positions_leave_no_gap_between_places(db: Database) -> None:
    made = some_pairs(db, 4)
    db.execute("UPDATE sqlite_sequence SET seq = 25 WHERE name = 'pair'")
    made += some_pairs(db, 9, start=4)
    assert set(offered(db, "anna")) == set(made)
    assert len(walk(db, "anna", 13)) == len(set(made))


def test_where_many_are_answered_the_next_opening_looks_behind_them(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "FAR", 12)
    some_pairs(db, 40)
    now = ticking()
    walked = walk(db, "anna", 25)
    waiting = queue.label_next(db, "anna")
    upto = db.execute("SELECT upto FROM answer_count WHERE annotator = 'anna'").fetchone()[0]
    assert 12 < upto <= 25
    assert waiting.done == 25
    assert waiting == queue.label_next(db, "anna", after=walked[-1])
    undo(db, "anna", now())  # the last one is waiting again, whatever was remembered
    assert queue.label_next(db, "anna").pair_id == walked[-1]
    labels.give(db, walked[-1], "anna", Verdict.B, at=now())
    assert queue.label_next(db, "anna") == waiting
    guidelines.add_version(db, "read both", "anna", now())
    assert len(relabel.again(db, "anna", now())) == 25
    assert queue.label_next(db, "anna").pair_id == walked[0]


@settings(max_examples=15)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["label", "skip", "undo", "clear", "remove", "back"]),
            st.integers(0, 23),
        ),
        max_size=40,
    )
)
def test_counts_and_places_are_those_of_a_naive_look(acts: list[tuple[str, int]]) -> None:
    now = ticking()
    with TemporaryDirectory() as folder:
        db = create(Path(folder) / "study.db", seed="1", at=AT)
        made = some_pairs(db, 24)
        for act, n in acts:
            if act in ("label", "skip") and made[n] not in removed(db):
                verdict = Verdict.SKIP if act == "skip" else Verdict.A
                labels.give(db, made[n], "anna", verdict, at=now())
            elif act == "undo":
                undo(db, "anna", now())
            elif act == "clear":
                guidelines.add_version(db, f"rule {now()}", "anna", now())
                relabel.again(db, "anna", now())
            elif act == "remove":
                removal.remove(db, [made[n]], "bo", at=now())
            elif act == "back":
                removal.bring_back(db, [made[n]], "bo", at=now())
            answered = {
                str(pair)
                for (pair,) in db.execute(
                    "SELECT pair_id FROM answered WHERE annotator = 'anna'"
                ).fetchall()
            }
            kept = [pair for pair in made if pair not in removed(db)]
            own = offered(db, "anna")
            assert set(own) == set(kept)
            waiting = [pair for pair in own if pair not in answered]
            here = queue.label_next(db, "anna")
            assert (here.pair_id, here.done) == (next(iter(waiting), None), len(answered))
            assert (here.index or None) == (own.index(waiting[0]) + 1 if waiting else None)
        db.close()


def removed(db: Database) -> set[str]:
    return {str(pair) for (pair,) in db.execute("SELECT pair_id FROM removed_pair").fetchall()}


def test_sides_are_drawn_for_each_annotator_and_turned_in_a_repeat(db: Database) -> None:
    made = some_pairs(db, 60)
    anna = [queue.left_side(db, "anna", p) for p in made]
    bo = [queue.left_side(db, "bo", p) for p in made]
    assert anna == [queue.left_side(db, "anna", p) for p in made]
    assert anna != bo
    assert 12 < anna.count("a") < 48
    turned = [queue.left_side(db, "anna", p, Phase.REPEAT) for p in made]
    assert all(one != other for one, other in zip(anna, turned, strict=True))


def test_pace_is_the_median_of_the_last_twenty(db: Database) -> None:
    made = some_pairs(db, 23)
    for i, pair_id in enumerate(made):
        seconds = None if i == 22 else 1000.0 if i < 2 else float(i)
        at = f"2026-01-02T03:04:{i:02}.000Z"
        labels.give(db, pair_id, "anna", Verdict.B, seconds=seconds, at=at)
    assert queue.pace(db, "anna") == 11.5
    assert queue.pace(db, "bo") is None


def test_chains_wait_in_project_order_until_decided(db: Database) -> None:
    chains = [a_chain(db, f"p{i}") for i in range(3)]
    a_candidate(db, a_prompt(db, "not revised yet"))
    assert queue.revise_ready(db, "anna") == 3
    assert queue.revise_next(db, "anna") == chains[0].original
    assert queue.revise_next(db, "anna", after=chains[0].revisions[0]) == chains[1].original
    assert queue.revise_next(db, "anna", after=chains[2].original) == chains[0].original
    decisions.decide(db, chains[0].revisions[0], "anna", Choice.ACCEPT, at=AT)
    assert queue.revise_next(db, "anna") == chains[1].original
    assert queue.revise_next(db, "bo") == chains[0].original
    assert queue.revise_ready(db, "anna") == 2
    for chain in chains[1:]:
        decisions.decide(db, chain.revisions[0], "anna", Choice.REJECT, at=AT)
    assert queue.revise_next(db, "anna") is None
    assert queue.revise_next(db, "anna", after=chains[1].original) is None


def test_a_decision_on_any_round_decides_the_chain(db: Database) -> None:
    chain = a_chain(db, rounds=3)
    decisions.decide(db, chain.revisions[1], "anna", Choice.ACCEPT, at=AT)
    assert queue.revise_next(db, "anna") is None


def test_candidates_of_one_prompt_wait_by_slot(db: Database) -> None:
    prompt = a_prompt(db)
    originals = [a_candidate(db, prompt, f"answer {slot}", slot) for slot in (1, 0)]
    for original in originals:
        a_revision(db, a_critique(db, original), f"better {original}")
    assert queue.revise_next(db, "anna") == originals[1]
    assert queue.revise_next(db, "anna", after=originals[1]) == originals[0]
