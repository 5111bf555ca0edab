"""Who else is here under my name, and which pair is shown again."""

from __future__ import annotations

import os
import subprocess
import sys

from sqlite_utils import Database

from store.judgements import labels, settings
from store.records import Phase
from store.rounds import presence, repeats
from tests.store.conftest import AT
from tests.store.deciding import some_pairs, ticking


def test_a_second_living_process_under_one_name_is_told(db: Database) -> None:
    other = os.getppid()
    assert presence.enter(db, "first", AT, process=other) == []
    assert presence.enter(db, "second", AT) == []
    assert [each.process for each in presence.enter(db, " first", AT)] == [other]
    assert presence.enter(db, "first", AT, process=other)[0].process == os.getpid()
    presence.leave(db, process=other)
    assert [each.annotator for each in presence.here(db)] == ["first"]


def test_a_process_that_died_is_forgotten(db: Database) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    presence.enter(db, "first", AT, process=gone.pid)
    assert presence.enter(db, "first", AT) == []
    assert [each.process for each in presence.here(db)] == [os.getpid()]


def test_names_are_remembered(db: Database) -> None:
    pair = some_pairs(db)[0]
    labels.give(db, pair, "second", "a", at=AT)
    labels.flag(db, pair, "first", True, AT)
    assert presence.names(db) == ["first", "second"]


def test_one_repeat_in_so_many_labels_and_none_too_soon(db: Database) -> None:
    pairs, now = some_pairs(db, 45), ticking()
    settings.set(db, settings.REPEATS, 10, "first", AT)
    shown: list[tuple[int, str]] = []
    labels.record_shown(db, pairs[0], "first", AT)
    for n, pair in enumerate(pairs, start=1):
        labels.give(db, pair, "first", "skip" if n == 2 else "a", at=now())
        while (again := repeats.due(db, "first")) is not None:
            assert pairs.index(again) < n - repeats.DISTANCE
            labels.give(db, again, "first", "b", phase=Phase.REPEAT, at=now())
            shown.append((n, again))
    assert len(shown) == len({pair for _, pair in shown}) == 4
    assert not {pairs[0], pairs[1]} & {pair for _, pair in shown}
    assert labels.count_by(db, "first") == 45
    assert repeats.due(db, "second") is None


def test_no_repeats_unless_the_project_wants_them(db: Database) -> None:
    for pair in some_pairs(db, 30):
        labels.give(db, pair, "first", "a", at=AT)
    assert repeats.due(db, "first") is None
