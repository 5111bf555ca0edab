"""A label that was queued again or skipped over stands until its replacement is there."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from sqlite_utils import Database

from store.agreement import LiveTable, agreement
from store.agreement.partners import overlaps
from store.agreement.underlying_pairs import behind
from store.db import doctor
from store.db.connection import open_store
from store.judgements import guidelines, labels
from store.log import current_state
from store.log.undo import undo
from store.records import Phase, Verdict
from store.rounds import queue, relabel
from store.views import labelling
from tests.store.conftest import AT
from tests.store.deciding import some_pairs, ticking
from tests.store.exporting_study import planned, reason_of

RELEASED = Path(__file__).parents[1] / "data" / "released_with_labels.db.gz"
"""A project of the first version: 60 coin flips by ``one`` and ``two``; under a new guideline
``two`` queued all again, labelled five anew and undid the last; ``one`` skipped ten over.
"""


@pytest.fixture
def coins(db: Database) -> list[str]:
    """Coin flips of two people on 60 pairs, under the first guideline."""
    made, toss, now = some_pairs(db, 60), random.Random(11), ticking()
    guidelines.add_version(db, "first rules", "one", now())
    for pair in made:
        for who in ("one", "two"):
            labels.give(db, pair, who, toss.choice("ab"), at=now())
    assert list(planned(db).rows) == []
    return made


def figures(db: Database) -> tuple[object, ...]:
    """Everything that is said of the two, from each of its sources."""
    found = agreement(db, "one", "two")
    live = LiveTable(db, "one", "two")
    assert live.counts.table == found.counts.table
    common = {(each.first, each.second): each.common for each in overlaps(db, "one")}
    return found, common, planned(db).counts


def test_a_new_guideline_and_relabel_open_no_gate(db: Database, coins: list[str]) -> None:
    before = figures(db)
    guidelines.add_version(db, "second rules", "two", AT)
    assert len(relabel.again(db, "two", AT)) == 60
    assert figures(db) == before
    assert labels.count_by(db, "two") == 0
    assert relabel.again(db, "two", AT) == []
    assert {queue.label_next(db, "two").pair_id} < set(coins)


def test_a_skip_over_a_label_opens_no_gate(db: Database, coins: list[str]) -> None:
    before = figures(db)
    for phase in (Phase.FIRST, Phase.DISCUSSION):
        for pair in coins:
            labels.give(db, pair, "two", "skip", phase=phase, at=AT)
        assert figures(db) == before
    assert labels.count_by(db, "two") == 60
    assert queue.label_next(db, "two").pair_id is None


def test_a_verdict_taken_back_opens_no_gate(db: Database, coins: list[str]) -> None:
    now = ticking()
    for _ in coins:
        assert undo(db, "two", now()) is not None
    assert planned(db).counts == {"being_labelled_again": 60}
    assert planned(db, from_="majority").counts == {"being_labelled_again": 60}
    assert len(planned(db, from_="by:one").rows) == 60
    assert db.execute("SELECT count(*) FROM triplets").fetchone() == (0,)
    labels.give(db, coins[0], "two", "skip", at=now())  # no replacement
    assert reason_of(db, coins[0]) == "being_labelled_again"
    mine = labels.mine(db, coins[0], "one")
    assert mine is not None
    labels.give(db, coins[0], "two", mine.verdict, at=now())
    assert reason_of(db, coins[0]) is None


def test_where_nobody_else_labelled_a_pair_taken_back_is_unlabelled(db: Database) -> None:
    one, two = some_pairs(db, 2)
    labels.give(db, one, "one", "a", at=AT)
    undo(db, "one", AT)
    assert reason_of(db, one) == "unlabelled"
    labels.give(db, two, "one", "skip", at=AT)
    labels.give(db, two, "one", "a", at=AT)
    undo(db, "one", AT)
    assert reason_of(db, two) == "skipped"


def test_each_version_keeps_its_labels(db: Database) -> None:
    made, now = some_pairs(db, 3), ticking()
    guidelines.add_version(db, "first rules", "one", now())
    for pair, verdicts in zip(made, ("ab", "aa", "ba"), strict=True):
        for who, verdict in zip(("one", "two"), verdicts, strict=True):
            labels.give(db, pair, who, verdict, at=now())
    guidelines.add_version(db, "second rules", "one", now())
    for who in ("one", "two"):
        relabel.again(db, who, now())
    for pair in made[:2]:
        labels.give(db, pair, "one", "b", at=now())
        labels.give(db, pair, "two", "b", at=now())
    labels.give(db, made[2], "one", "a", at=now())
    found = agreement(db, "one", "two", by="guideline")
    told = {part.value: (part.n, part.counts.disagreed) for part in found.slices}
    assert told == {"v1": (3, 2), "v2": (2, 0), "mixed": (1, 0)}
    assert (found.n, found.counts.disagreed) == (3, 0)
    undo(db, "one", now())  # a label taken back was never one of its version
    found = agreement(db, "one", "two", by="guideline")
    assert {part.value: part.n for part in found.slices} == {"v1": 3, "v2": 2}
    listed = behind(db, "one", "one", "two", by="guideline", value="v1", at=AT)
    assert [entry.pair_id for entry in listed.entries] == [made[0]]
    assert listed.not_yet == 1  # in the queue again, so that its new label can be blind


def test_undo_after_a_relabel_queues_the_pair_again(db: Database) -> None:
    pair, now = some_pairs(db)[0], ticking()
    guidelines.add_version(db, "first rules", "one", now())
    labels.give(db, pair, "one", "a", at=now())
    guidelines.add_version(db, "second rules", "one", now())
    relabel.again(db, "one", now())
    rows = list(db.execute("SELECT * FROM label_head").fetchall())
    for verdict in ("b", "skip"):
        labels.give(db, pair, "one", verdict, at=now())
        undo(db, "one", now())
        assert list(db.execute("SELECT * FROM label_head").fetchall()) == rows
        assert current_state.equal_to_rebuild(db)
    to_label = labelling.resume(db, "one")
    assert to_label is not None
    assert (to_label.pair_id, to_label.mine) == (pair, None)  # the old verdict suggests nothing
    assert reason_of(db, pair) is None


def test_undo_of_a_label_over_a_skip_brings_back_what_the_skip_had_left(db: Database) -> None:
    pair, now = some_pairs(db)[0], ticking()
    for verdict in ("a", "skip", "b"):
        labels.give(db, pair, "one", verdict, at=now())
    undo(db, "one", now())
    mine = labels.mine(db, pair, "one")
    assert mine is not None
    assert (mine.verdict, mine.answer) == (Verdict.A, "skipped")
    to_label = labelling.at_pair(db, "one", pair)
    assert to_label is not None
    assert to_label.mine is not None
    assert to_label.mine.verdict is Verdict.SKIP  # what one did last is what one is told
    undo(db, "one", now())
    assert labels.mine(db, pair, "one") is not None
    undo(db, "one", now())
    assert labels.mine(db, pair, "one") is None


def test_a_project_of_the_first_version_gets_the_right_answer(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    path.write_bytes(gzip.decompress(RELEASED.read_bytes()))
    found = {each.subject: each for each in doctor.examine(path)}
    assert found["labels"].severity is doctor.Severity.NOTE
    assert not any(each.severity is doctor.Severity.BROKEN for each in found.values())
    db = open_store(path)
    try:
        assert current_state.equal_to_rebuild(db)
        result = agreement(db, "one", "two", by="guideline")
        assert (result.n, {part.value: part.n for part in result.slices}) == (
            60,
            {"v1": 60, "mixed": 4},
        )
        made = planned(db)
        assert list(made.rows) == []
        assert set(made.counts) == {"disagreement", "low_agreement"}
        assert (labels.count_by(db, "one"), labels.count_by(db, "two")) == (60, 4)
    finally:
        db.close()
