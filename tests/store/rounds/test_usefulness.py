"""Useful pairs first: in which order, and that no figure of agreement moves by it."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from sqlite_utils import Database

from store.agreement import LiveTable, agreement
from store.agreement.selfagree import self_agreement
from store.judgements import guidelines, labels, settings
from store.judgements.askings import SoftLabel
from store.log.undo import undo
from store.records import Phase
from store.rounds import draws, queue, rounds
from store.rounds.usefulness import Known, mixed, ranked
from tests.store.asking import ask
from tests.store.deciding import AT, some_pairs, ticking


def soft(p: float, *, conflict: bool = False, judge: str = "ai:m") -> SoftLabel:
    """A judge with this probability for a; in conflict it prefers the first place."""
    first = 0.45 if conflict else 0.0
    return SoftLabel("", judge, p + first, 1 - p + first, 1, 1.0)


def test_conflict_then_near_one_half_then_other_judges_then_categories() -> None:
    known = [
        Known("unasked", "small"),
        Known("sure", "large", (soft(0.95),)),
        Known("near, large", "large", (soft(0.53),)),
        Known("near, small", "small", (soft(0.54),)),
        Known("judges differ", "large", (soft(0.2), soft(0.88, judge="ai:n"))),
        Known("conflict, sure", "large", (soft(0.8, conflict=True),)),
        Known("conflict, near", "large", (soft(0.5, conflict=True),)),
        *(Known(f"done {n}", "large", (soft(0.99),), ("a",)) for n in range(40)),
        Known("done", "small", (soft(0.99),), ("a",)),
    ]
    assert ranked(known)[:7] == [
        "conflict, near",
        "conflict, sure",
        "judges differ",
        "near, small",
        "near, large",
        "done",
        "sure",
    ]
    assert ranked(known)[-1] == "unasked"


@given(st.integers(0, 40), st.integers(0, 40), st.floats(0.01, 1))
def test_the_random_share_is_in_every_stretch(useful: int, random: int, share: float) -> None:
    one, other = [f"u{n}" for n in range(useful)], [f"r{n}" for n in range(random)]
    out = mixed(one, other, share)
    assert sorted(out) == sorted(one + other)
    assert [each for each in out if each in one] == one
    for end in range(len(out) + 1):
        wanted, got = math.floor(end * share + 1e-9), sum(each[0] == "r" for each in out[:end])
        assert got in (wanted, random) or end - got == useful


def test_a_draw_belongs_to_the_pair_and_shares_lie_within_each_other() -> None:
    names = [f"pair {n}" for n in range(2000)]
    small, large = (
        {name for name in names if draws.draw(name, share) == "random"} for share in (0.3, 0.5)
    )
    assert small < large
    assert abs(len(small) - 600) < 4 * math.sqrt(2000 * 0.3 * 0.7)


def hard_and_easy(db: Database) -> tuple[list[str], set[str]]:
    """Ninety pairs; on every third the judge is in conflict, and people disagree."""
    made = some_pairs(db, 90)
    for n, pair in enumerate(made):
        ask(db, pair, *((0.9, 0.8) if n % 3 == 0 else (0.97, 0.02)))
    settings.set(db, settings.QUEUE, settings.USEFUL, "first", AT)
    return made, set(made[::3])


def test_hard_pairs_first_do_not_move_kappa(db: Database) -> None:
    made, hard = hard_and_easy(db)
    now, said = ticking(), {"first": {}, "second": {}}
    for who, given_ in said.items():
        for _ in range(40):
            pair = queue.label_next(db, who).pair_id
            assert pair is not None
            easy = "ab"[made.index(pair) % 2]
            given_[pair] = "a" if pair in hard and who == "second" else easy
            labels.give(db, pair, who, given_[pair], at=now())
    common = said["first"].keys() & said["second"].keys()
    assert len(common) == 40  # whole blocks: the order within them is each one's own
    random = {pair for pair in made if draws.draw(pair, draws.DEFAULT_SHARE) == "random"}
    assert len(common & random) == 12
    assert len(common & hard - random) >= 15
    counted = sorted(common & random)
    found = agreement(db, "first", "second", by="guideline")
    oracle = cohen_kappa_score(*([each[pair] for pair in counted] for each in said.values()))
    biased = cohen_kappa_score(*([each[pair] for pair in common] for each in said.values()))
    assert (found.n, found.kappa.value) == (12, pytest.approx(oracle))
    assert biased < oracle - 0.1
    assert sum(part.n for part in found.slices) == 12
    assert LiveTable(db, "first", "second").counts == found.counts
    assert draws.order(db) == draws.QueueOrder(True, 0.3, 56)


def drawn(db: Database, pair: str, who: str = "first") -> str | None:
    rows = db.execute(
        "SELECT drawn FROM label_head WHERE pair_id = ? AND annotator = ? AND phase = 'first'",
        [pair, who],
    ).fetchall()
    return rows[0][0] if rows else None


def test_what_carries_a_draw(db: Database) -> None:
    made = some_pairs(db, 30)
    of = {pair: draws.draw(pair, 0.3) for pair in made}
    useful = [pair for pair in made if of[pair] == "useful"]
    now = ticking()
    before, later, in_round, after, replaced, *_ = useful
    labels.give(db, before, "first", "a", at=now())
    settings.set(db, settings.QUEUE, settings.USEFUL, "first", now())
    each = rounds.create(
        db, "r", [in_round], ["first", "second"], seal="open", seed=1, by="first", at=now()
    )
    for pair in (later, in_round, before):
        labels.give(db, pair, "first", "b", at=now())
    labels.give(db, later, "ai:m", "b", at=now())
    labels.give(db, later, "third", "b", at=now(), source="labels.jsonl")
    rounds.close(db, each.id, "first", "enough", now())
    # back in project order there are fewer of the hard ones left: the draw still counts
    settings.set(db, settings.QUEUE, settings.PROJECT, "first", now())
    labels.give(db, after, "first", "a", at=now())
    assert [drawn(db, pair) for pair in (before, later, in_round, after)] == [
        None,
        "useful",
        None,
        "useful",
    ]
    assert drawn(db, later, "ai:m") is drawn(db, later, "third") is None
    labels.give(db, replaced, "first", "a", at=now())
    labels.give(db, replaced, "first", "b", at=now())
    undo(db, "first", now())
    assert drawn(db, replaced) == "useful"
    labels.give(db, replaced, "first", "a", phase=Phase.REPEAT, at=now())
    assert self_agreement(db, "first").counts.n == 0
    guidelines.add_version(db, "new", "first", now())
    assert Counter(of.values()) == {"useful": len(useful), "random": 30 - len(useful)}


def test_the_order_is_made_anew_when_much_more_was_asked(db: Database) -> None:
    made, now = some_pairs(db, 60), ticking()
    settings.set(db, settings.QUEUE, settings.USEFUL, "first", AT)
    useful = [pair for pair in made if draws.draw(pair, 0.3) == "useful"]
    for _ in range(4):
        pair = queue.label_next(db, "first").pair_id
        assert pair is not None
        labels.give(db, pair, "first", "a", at=now())
    walked = [queue.label_at(db, "first", place).pair_id for place in range(1, 5)]
    for pair in useful[-20:]:
        ask(db, pair, 0.9, 0.9)
    ahead = [queue.label_at(db, "first", place).pair_id for place in range(1, 15)]
    assert ahead[:4] == walked  # what is done stands in front, as it was done
    assert sum(pair in useful[-20:] for pair in ahead[4:]) >= 5
    some_pairs(db, 2, category="new")
    assert queue.label_next(db, "first").total == 62
    settings.set(db, settings.QUEUE, settings.PROJECT, "first", AT)
    assert {queue.label_at(db, "first", n).pair_id for n in range(1, 11)} == set(made[:10])
