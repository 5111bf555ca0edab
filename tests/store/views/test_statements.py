"""How many statements SQLite runs between a label key and the next pair."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlite_utils import Database

from store.judgements import guidelines, labels, settings
from store.records import Phase, Verdict
from store.rounds import repeats, rounds
from store.views import labelling
from store.views.labelling import PairToLabel
from tests.store.asking import ask
from tests.store.conftest import AT
from tests.store.deciding import some_pairs, ticking

MOST = 15


def plain(db: Database) -> None:
    some_pairs(db, 6)


def large(db: Database) -> None:
    made = some_pairs(db, 200)
    for pair in made[:50]:
        labels.give(db, pair, "second", "a", at=AT)
    guidelines.add_version(db, "read both", "second", AT)


def repeated(db: Database) -> None:
    some_pairs(db, repeats.DISTANCE + 6)
    settings.set(db, settings.REPEATS, 1, "first", AT)


def useful_first(db: Database) -> None:
    made = some_pairs(db, 60)
    for n, pair in enumerate(made[:30]):
        ask(db, pair, 0.5 + n / 100, 0.6)
    settings.set(db, settings.QUEUE, settings.USEFUL, "first", AT)


def in_a_round(seal: str) -> Callable[[Database], None]:
    def build(db: Database) -> None:
        made = some_pairs(db, 12)
        rounds.create(db, "r", made[:8], ["first", "second"], seal=seal, seed=1, by="first", at=AT)

    return build


def after_a_round(db: Database) -> None:
    made = some_pairs(db, 8)
    ended = rounds.create(db, "r", made[:2], ["first", "second"], seed=1, by="first", at=AT)
    rounds.close(db, ended.id, "first", "enough", AT)


@pytest.mark.parametrize(
    "build",
    [
        plain,
        large,
        repeated,
        useful_first,
        in_a_round("sealed"),
        in_a_round("blocks"),
        after_a_round,
    ],
    ids=[
        "plain",
        "200 pairs",
        "repeats",
        "useful first",
        "sealed round",
        "round in blocks",
        "ended round",
    ],
)
@pytest.mark.parametrize("verdict", [Verdict.A, Verdict.TIE, Verdict.SKIP])
def test_a_label_and_the_next_pair_take_few_statements(
    db: Database, build: Callable[[Database], None], verdict: Verdict
) -> None:
    build(db)
    now = ticking()
    to_label = labelling.resume(db, "first")
    phases = set()
    for n in range(4 if build is not repeated else repeats.DISTANCE + 4):
        assert to_label is not None
        chosen = verdict if n % 2 else Verdict.B
        to_label, said = counted(db, to_label, chosen, now())
        assert len(said) <= MOST, said
        phases.add(to_label.phase)
    # a pair that was skipped is not repeated
    assert (Phase.REPEAT in phases) == (build is repeated and verdict is not Verdict.SKIP)


def test_leaving_rounds_takes_no_more_where_the_pair_to_come_was_looked_at(db: Database) -> None:
    made = some_pairs(db, 14)
    for name, pairs, seal in (("r", made[:3], "sealed"), ("q", made[3:9], "blocks")):
        rounds.create(db, name, pairs, ["first", "second"], seal=seal, seed=1, by="first", at=AT)
    now = ticking()
    to_label = labelling.resume(db, "first")
    passed = []
    for _ in range(12):
        assert to_label is not None
        passed.append(to_label.round.name if to_label.round else "")
        ahead = labelling.resume(db, "first", after=to_label.pair_id)
        to_label, said = counted(db, to_label, Verdict.A, now())
        assert len(said) <= MOST, said
        assert ahead is not None
        assert ahead.pair_id == to_label.pair_id
    assert sorted(passed) == [""] * 3 + ["q"] * 6 + ["r"] * 3


def counted(
    db: Database, to_label: PairToLabel, verdict: Verdict, at: str
) -> tuple[PairToLabel, list[str]]:
    said: list[str] = []
    db.conn.set_trace_callback(said.append)
    try:
        after = labelling.give(db, to_label, "first", verdict, seconds=2.0, at=at)
    finally:
        db.conn.set_trace_callback(None)
    assert after is not None
    assert labels.mine(db, to_label.pair_id, "first", to_label.phase) is not None
    # a statement that runs triggers is traced once more for each of their steps
    return after, [each for each, before in zip(said, ["", *said], strict=False) if each != before]
