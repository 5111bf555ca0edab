"""One pass over the labels gives every table and every overlap that questions pair by pair give."""

from __future__ import annotations

import random
from pathlib import Path

from store.agreement.live_updates import Following
from store.agreement.pair_codes import read
from store.agreement.partners import overlaps
from store.agreement.tables import between
from store.db.connection import create
from store.log import events
from tests.store.agreement.labelling import AT, say, some_pairs

VERDICTS = ("a", "b", "tie", "both_bad", "skip")
PEOPLE = tuple(f"person {place:02}" for place in range(25))
"""More than one whole number of SQLite has room for."""


def test_every_two_people_are_told_as_they_are_pair_by_pair(tmp_path: Path) -> None:
    drawn = random.Random(3)
    db = create(tmp_path / "study.db")
    pairs = some_pairs(db, 12)
    said: dict[tuple[str, str], str] = {}
    for pair in pairs:
        for who in [*drawn.sample(PEOPLE, 9), "ai:judge"]:
            verdict = drawn.choice(VERDICTS)
            say(db, pair, who, verdict)
            if verdict != "skip":
                said[pair, who] = verdict
    events.append(db, "removed", pairs[-1], PEOPLE[0], {"on": True}, at=AT)
    kept = {pair: {w for p, w in said if p == pair} for pair in pairs[:-1]}

    found = {frozenset((each.first, each.second)): each.common for each in overlaps(db, "nobody")}
    assert len(found) > 21 * 20 / 2
    for two, number in found.items():
        assert number == sum(two <= who for who in kept.values())

    standing = Following(PEOPLE[7]).look(db)
    assert standing.agreement is not None
    first, second = standing.agreement.annotators
    assert first == PEOPLE[7]
    assert found[frozenset((first, second))] == max(
        number for two, number in found.items() if first in two
    )
    assert standing.agreement.counts == between(db, first, second)
    for beside in standing.with_models:
        assert beside.counts == between(db, *beside.annotators)


def test_where_nobody_has_labelled_there_is_nobody_to_compare(tmp_path: Path) -> None:
    db = create(tmp_path / "study.db")
    some_pairs(db, 2)
    assert not read(db, ()).common()
    assert Following("first").look(db).agreement is None
