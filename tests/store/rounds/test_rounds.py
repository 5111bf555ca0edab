"""Formal rounds: who gets what, what is told when, and when they end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from store.errors import BadInput, SealedRound, WrongId
from store.judgements import disagreements, labels
from store.log import current_state
from store.log.undo import undo
from store.names import NoSuchName
from store.rounds import rounds
from store.rounds.rounds import Round, RoundProgress, Seal
from tests.store.conftest import AT
from tests.store.deciding import head_rows, some_pairs, ticking

WHO = ("first", "second")


def a_round(db: Database, pairs: list[str], name: str = "pilot", **options: object) -> Round:
    arguments = {"seal": "sealed", "overlap": 1.0, **options}
    return rounds.create(db, name, pairs, WHO, seed=7, by="first", at=AT, **arguments)


def waiting(db: Database, who: str) -> list[str]:
    """The rounds in which somebody still has pairs to label."""
    return [each.id for each, place in rounds.in_order(db, who) if place.pair_id is not None]


def label_all(db: Database, made: Round, who: str, verdict: str = "a") -> None:
    now = ticking()
    while (here := rounds.label_next(db, made.id, who).pair_id) is not None:
        labels.give(db, here, who, verdict, at=now())


def test_everybody_gets_the_same_pairs_in_an_order_of_their_own(db: Database) -> None:
    pairs = some_pairs(db, 12)
    made = a_round(db, pairs)
    orders = [rounds.pairs_of(db, made.id, who) for who in WHO]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(pairs) == rounds.pairs_of(db, made.id)
    assert orders[0] != orders[1]
    assert (made.annotators, made.seal, made.ended) == (WHO, Seal.SEALED, None)
    assert rounds.get(db, "pilot") == made == rounds.ordered(db)[0]


@given(
    n=st.integers(1, 40),
    people=st.integers(2, 5),
    overlap=st.floats(0, 1),
    seed=st.text(max_size=3),
)
def test_the_overlap_is_shared_and_the_rest_is_divided(
    n: int, people: int, overlap: float, seed: str
) -> None:
    pairs = [f"p{i}" for i in range(n)]
    given_out = rounds.assigned(pairs, [f"w{i}" for i in range(people)], overlap, seed)
    shared = set.intersection(*map(set, given_out.values()))
    assert len(shared) == round(overlap * n)
    own = [pair for theirs in given_out.values() for pair in theirs if pair not in shared]
    assert sorted([*own, *shared]) == sorted(pairs)
    sizes = [len(theirs) for theirs in given_out.values()]
    assert max(sizes) - min(sizes) <= 1


def test_labels_in_a_round_know_it_and_progress_counts_them(db: Database) -> None:
    inside, outside = some_pairs(db, 3), some_pairs(db, 1, "harmful")[0]
    made = a_round(db, inside)
    labels.give(db, outside, "first", "a", at=AT)
    here = rounds.label_next(db, made.id, "first")
    assert (here.index, here.total, here.done) == (1, 3, 0)
    assert here.pair_id is not None
    labels.give(db, here.pair_id, "first", "skip", at=AT)
    mine = labels.mine(db, here.pair_id, "first")
    elsewhere = labels.mine(db, outside, "first")
    assert mine is not None
    assert elsewhere is not None
    assert (mine.round_id, elsewhere.round_id) == (made.id, None)
    assert rounds.progress(db, made.id) == [
        RoundProgress("first", 1, 3),
        RoundProgress("second", 0, 3),
    ]
    after = rounds.label_next(db, made.id, "first", after=here.pair_id)
    assert (after.index, after.done) == (2, 1)
    assert waiting(db, "second") == [made.id]
    assert waiting(db, "third") == []


def test_a_sealed_round_tells_progress_until_all_have_finished(db: Database) -> None:
    inside, outside = some_pairs(db, 3), some_pairs(db, 1, "harmful")
    made = a_round(db, inside)
    label_all(db, made, "first", "a")
    with pytest.raises(SealedRound, match=r"'pilot'.*first 3 of 3, second 0 of 3"):
        rounds.guard(db)
    with pytest.raises(SealedRound):
        rounds.guard(db, [inside[0], outside[0]])
    rounds.guard(db, outside)
    assert rounds.hidden_pairs(db) == frozenset(inside)
    label_all(db, made, "second", "b")
    rounds.guard(db)
    assert rounds.hidden_pairs(db) == frozenset()
    assert rounds.get(db, "pilot").ended == "finished"
    assert waiting(db, "first") == []


def test_disagreements_of_a_sealed_round_stay_closed(db: Database) -> None:
    inside = some_pairs(db, 2)
    made = a_round(db, inside)
    labels.give(db, inside[0], "first", "a", at=AT)
    labels.give(db, inside[0], "second", "b", at=AT)
    assert disagreements.ordered(db) == []
    rounds.unseal(db, made.id, Seal.OPEN, "first", AT)
    assert [each.pair_id for each in disagreements.ordered(db)] == [inside[0]]


def test_what_is_said_in_a_finished_round_is_not_blind_any_more(db: Database) -> None:
    pairs = some_pairs(db, 2)
    made = a_round(db, pairs)
    for who in WHO:
        label_all(db, made, who)
    assert not any(each.informed for pair in pairs for each in labels.of_pair(db, pair))
    labels.give(db, pairs[0], "first", "b", at=AT)
    changed = labels.mine(db, pairs[0], "first")
    assert changed is not None
    assert changed.informed
    for _ in range(4):
        undo(db, "second", AT)
    assert rounds.get(db, made.id).ended == "finished"  # seen is seen
    labels.give(db, pairs[1], "second", "b", at=AT)
    again = labels.mine(db, pairs[1], "second")
    assert again is not None
    assert again.informed


def test_blocks_of_ten_common_pairs(db: Database) -> None:
    pairs, now = some_pairs(db, 24), ticking()
    made = a_round(db, pairs, seal="blocks")
    rounds.guard(db)
    label_all(db, made, "first")
    order = rounds.pairs_of(db, made.id, "second")
    for count in range(25):
        told = set(pairs) - rounds.hidden_pairs(db, WHO)
        full = len(pairs) if count == len(pairs) else count // 10 * 10
        assert told == set(order[:full])
        if count < len(pairs):
            labels.give(db, order[count], "second", "b", at=now())


def test_what_lies_behind_the_last_block_stays_closed(db: Database) -> None:
    pairs, now = some_pairs(db, 12), ticking()
    made = a_round(db, pairs, seal="blocks")
    label_all(db, made, "first")
    order = rounds.pairs_of(db, made.id, "second")
    for pair in order[:11]:
        labels.give(db, pair, "second", "b", at=now())
    rounds.guard(db)
    rounds.guard(db, order[:10])
    with pytest.raises(SealedRound, match=r"'pilot' is shown in whole blocks.*second 11 of 12"):
        rounds.guard(db, order[10:11])
    assert {each.pair_id for each in disagreements.ordered(db)} == set(order[:10])
    labels.give(db, order[11], "second", "b", at=now())
    rounds.guard(db, pairs)


def test_opening_and_closing_are_recorded_choices(db: Database) -> None:
    pairs = some_pairs(db, 2)
    made = a_round(db, pairs)
    assert rounds.unseal(db, made.id, "open", "second", AT).told
    rounds.guard(db)
    assert rounds.unseal(db, made.id, "sealed", "first", AT).seal is Seal.SEALED
    with pytest.raises(BadInput, match="reason"):
        rounds.close(db, made.id, "first", " ", AT)
    labels.give(db, pairs[0], "first", "a", at=AT)
    assert rounds.close(db, made.id, "first", "second fell ill", AT).ended == "closed"
    labels.give(db, pairs[0], "first", "b", at=AT)
    labels.give(db, pairs[1], "first", "b", at=AT)
    marks = [labels.mine(db, pair, "first") for pair in pairs]
    assert [(each.informed, each.round_id) for each in marks if each] == [
        (True, None),
        (False, None),
    ]


def test_two_rounds_at_once(db: Database) -> None:
    pairs, others = some_pairs(db, 2), some_pairs(db, 2, "harmful")
    a_round(db, pairs, "one")
    made = a_round(db, others, "two")
    for who in WHO:
        label_all(db, made, who)
    with pytest.raises(SealedRound, match="'one'"):
        rounds.guard(db)
    rounds.guard(db, others)
    before = head_rows(db)
    current_state.rebuild(db)
    assert head_rows(db) == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "taken"},
        {"annotators": ["first", " first"]},
        {"annotators": ["first", ""]},
        {"pair_ids": []},
        {"seal": "ajar"},
        {"overlap": 1.5},
    ],
)
def test_a_round_that_makes_no_sense_is_refused(db: Database, wrong: dict[str, object]) -> None:
    pairs = some_pairs(db, 2)
    a_round(db, pairs, "taken")
    arguments: dict[str, object] = {"name": "new", "pair_ids": pairs, "annotators": WHO, **wrong}
    with pytest.raises(BadInput):
        rounds.create(db, seed=1, by="first", at=AT, **arguments)  # type: ignore[arg-type]
    assert len(rounds.ordered(db)) == 1


def test_a_round_of_unknown_pairs_is_refused(db: Database) -> None:
    with pytest.raises(WrongId, match="nothing"):
        a_round(db, ["nothing"])
    made = a_round(db, some_pairs(db, 1), name="First pass")
    assert rounds.get(db, "first  PASS") == made
    with pytest.raises(NoSuchName, match="no round 'frist pass' here; did you mean First pass"):
        rounds.get(db, "frist pass")
