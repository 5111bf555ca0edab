"""What lies before an annotator: rounds first, hidden repeats unseen, the strength scale."""

from __future__ import annotations

from sqlite_utils import Database

from store.judgements import guidelines, labels, settings
from store.log.undo import undo
from store.records import Phase, Verdict
from store.rounds import queue, relabel, repeats, rounds, sampling
from store.views import labelling
from tests.store.conftest import AT
from tests.store.deciding import some_pairs, ticking


def test_a_round_comes_before_everything_else(db: Database) -> None:
    made = some_pairs(db, 6)
    pilot = rounds.create(db, "pilot", made[:3], ["first", "second"], seed=1, by="first", at=AT)
    to_label = labelling.resume(db, "first")
    assert to_label is not None
    assert (to_label.round, to_label.index, to_label.total) == (pilot, 1, 3)
    order = []
    while to_label is not None and to_label.round is not None:
        order.append(to_label.pair_id)
        to_label = labelling.give(db, to_label, "first", Verdict.A, seconds=1, at=AT)
    assert order == rounds.pairs_of(db, pilot.id, "first")
    assert to_label is not None
    assert to_label.pair_id in made[3:]
    assert to_label.total == 6
    other = labelling.resume(db, "third")
    assert other is not None
    assert other.round is None


def test_walking_stays_inside_the_round(db: Database) -> None:
    made = some_pairs(db, 5)
    pilot = rounds.create(db, "pilot", made[:3], ["first", "second"], seed=1, by="first", at=AT)
    own = rounds.pairs_of(db, pilot.id, "first")
    for index, pair in ((0, own[0]), (1, own[0]), (3, own[2]), (9, own[2])):
        to_label = labelling.at_place(db, "first", index, round_=pilot)
        assert to_label is not None
        assert to_label.pair_id == pair
    back = labelling.at_pair(db, "first", own[1])
    assert back is not None
    assert (back.round, back.index) == (pilot, 2)


def test_a_hidden_repeat_looks_like_any_pair_with_its_sides_swapped(db: Database) -> None:
    some_pairs(db, repeats.DISTANCE + 6)
    settings.set(db, settings.REPEATS, 5, "first", AT)
    now = ticking()
    to_label = labelling.resume(db, "first")
    seen: dict[str, str] = {}
    while to_label is not None and to_label.phase is Phase.FIRST:
        seen[to_label.pair_id] = to_label.left
        to_label = labelling.give(db, to_label, "first", Verdict.B, seconds=1, at=now())
    assert to_label is not None
    assert len(seen) > repeats.DISTANCE
    assert to_label.left != seen[to_label.pair_id]
    assert (to_label.mine, to_label.note, to_label.flagged) == (None, None, False)
    repeated = to_label.pair_id
    after = labelling.give(db, to_label, "first", Verdict.A, seconds=1, at=now())
    assert after is not None
    first = labels.mine(db, repeated, "first")
    again = labels.mine(db, repeated, "first", Phase.REPEAT)
    assert first is not None
    assert again is not None
    assert (first.verdict, again.verdict) == (Verdict.B, Verdict.A)
    undo(db, "first", now())
    assert labels.mine(db, repeated, "first", Phase.REPEAT) is None
    assert labels.mine(db, repeated, "first") == first


def test_strength_is_asked_for_where_the_project_says_so(db: Database) -> None:
    some_pairs(db, 2)
    to_label = labelling.resume(db, "first")
    assert to_label is not None
    assert not to_label.strength
    settings.set(db, settings.STRENGTH, True, "first", AT)
    to_label = labelling.resume(db, "first")
    assert to_label is not None
    assert to_label.strength
    labelling.give(db, to_label, "first", Verdict.A, seconds=1, strength=2, at=AT)
    mine = labels.mine(db, to_label.pair_id, "first")
    assert mine is not None
    assert mine.strength == 2


def test_relabelled_pairs_come_back_and_old_labels_stay_in_the_log(db: Database) -> None:
    made = some_pairs(db, 3)
    guidelines.add_version(db, "one", "first", AT)
    now = ticking()
    for pair in made[:2]:
        labels.give(db, pair, "first", "a", at=now())
        labels.give(db, pair, "second", "a", at=now())
    guidelines.add_version(db, "two", "first", AT)
    labels.give(db, made[2], "first", "a", at=now())
    assert sorted(relabel.again(db, "first", now())) == sorted(made[:2])
    assert labels.count_by(db, "first") == 1
    assert labels.count_by(db, "second") == 2
    to_label = labelling.resume(db, "first")
    assert to_label is not None
    assert to_label.pair_id in made[:2]
    assert relabel.again(db, "first", now()) == []
    undone = undo(db, "first", now())
    assert undone is not None
    assert undone.item == made[2]


def test_a_sample_is_drawn_from_what_can_be_labelled_blind(db: Database) -> None:
    made = some_pairs(db, 8)
    labels.give(db, made[0], "second", "a", at=AT)
    labels.record_shown(db, made[1], "first", AT)
    drawn = sampling.draw(db, ["first", "second"], sample=4, seed=3)
    assert drawn == sampling.draw(db, ["first", "second"], sample=4, seed=3)
    assert len(drawn.pair_ids) == 4
    assert not {made[0], made[1]} & set(drawn.pair_ids)
    assert (drawn.known, drawn.taken) == (2, 0)
    assert sampling.draw(db, ["third"], seed=3).pair_ids == tuple(made)


def test_skipped_pairs_come_at_the_end_and_wait_when_skipped_again(db: Database) -> None:
    made = some_pairs(db, 6)
    now = ticking()
    first = labelling.resume(db, "first")
    assert first is not None
    skipped = [first.pair_id]
    to_label = labelling.give(db, first, "first", Verdict.SKIP, seconds=1, at=now())
    for number in range(5):
        assert to_label is not None
        assert to_label.pair_id not in skipped
        verdict = Verdict.SKIP if number == 2 else Verdict.A
        skipped += [to_label.pair_id] if number == 2 else []
        to_label = labelling.give(db, to_label, "first", verdict, seconds=1, at=now())
    assert queue.skipped(db, "first") == 2
    assert to_label is not None
    assert (to_label.pair_id, to_label.total) == (skipped[0], len(made))
    to_label = labelling.give(
        db, to_label, "first", Verdict.SKIP, seconds=1, passed=skipped[:1], at=now()
    )
    assert to_label is not None
    assert to_label.pair_id == skipped[1]
    to_label = labelling.give(
        db, to_label, "first", Verdict.B, seconds=1, passed=skipped[:1], at=now()
    )
    assert to_label is None
    assert queue.skipped(db, "first") == 1
    again = labelling.resume(db, "first")
    assert again is not None
    assert again.pair_id == skipped[0]
    assert queue.skipped(db, "second") == 0


def test_a_pair_skipped_in_a_round_comes_back_before_the_round_is_left(db: Database) -> None:
    made = some_pairs(db, 5)
    pilot = rounds.create(db, "pilot", made[:3], ["first", "second"], seed=1, by="first", at=AT)
    now = ticking()
    to_label = labelling.resume(db, "first")
    assert to_label is not None
    skipped = to_label.pair_id
    to_label = labelling.give(db, to_label, "first", Verdict.SKIP, seconds=1, at=now())
    for _ in range(2):
        assert to_label is not None
        to_label = labelling.give(db, to_label, "first", Verdict.A, seconds=1, at=now())
    assert to_label is not None
    assert (to_label.pair_id, to_label.round, to_label.index) == (skipped, pilot, 1)
    to_label = labelling.give(db, to_label, "first", Verdict.B, seconds=1, at=now())
    assert to_label is not None
    assert to_label.round is None
    mine = labels.mine(db, skipped, "first")
    assert mine is not None
    assert (mine.verdict, mine.informed) == (Verdict.B, False)
