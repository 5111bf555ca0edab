"""Names are compared by what is seen of them, wherever they come in."""

from __future__ import annotations

import io
import json
import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from store import importing, names
from store.errors import BadInput
from store.judgements import labels
from store.rounds import presence, rounds
from tests.store.conftest import AT
from tests.store.deciding import some_pairs

ALIKE = ["Ann", "ANN", " ann ", "Аnn", "ａｎｎ", "𝐀nn", "Αnn"]
"""Ann: capitals, spaces, Cyrillic, full width, bold, Greek."""


@pytest.mark.parametrize("name", ALIKE)
def test_what_looks_the_same_is_the_same(name: str) -> None:
    assert names.seen(name) == names.seen("ann")
    assert names.as_known(name, ["bob", "ann"]) == "ann"


@pytest.mark.parametrize("other", ["anna", "an n", "Änn", "bob", "ann2"])
def test_what_looks_otherwise_is_another(other: str) -> None:
    assert names.seen(other) != names.seen("ann")
    assert names.as_known(other, ["ann"]) == other


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "visible"),
        (" \t", "visible"),
        ("a\u200bnn", "U+200B"),
        ("ann\u00ad", "U+00AD"),
        ("a\u3164n", "U+3164"),
        ("an\u202en", "U+202E"),
        ("a\nb", "U+000A"),
        ("x" * 65, "65"),
        ("ai:ann", "models"),
        ("Ai : x".replace(" ", ""), "models"),
        ("аi:ann", "models"),
        ("ＡＩ：ann", "models"),
        ("source:x", "files"),
    ],
)
def test_nobody_can_be_called_this(name: str, why: str) -> None:
    assert why in (names.problem(name) or "")


@pytest.mark.parametrize("name", ["ann", "Zoë", "José María", "李小龙", "Анна", "x" * 64, "O'Neil"])
def test_people_can_be_called_this(name: str) -> None:
    assert names.problem(name) is None


@given(st.text(max_size=20))
def test_what_is_invisible_is_not_seen(name: str) -> None:
    look = names.seen(name)
    assert names.seen(f"  {name}\u200b ") == look


def imported(db: Database, *rows: dict[str, Any]) -> importing.FileReport:
    return importing.run(db, io.BytesIO("\n".join(map(json.dumps, rows)).encode()), at=AT)


def pair(prompt: str, **labels: str) -> dict[str, Any]:
    return {"prompt": prompt, "a": "Yes.", "b": "No.", "labels": labels}


def test_a_file_that_spells_a_name_otherwise_brings_no_second_person(db: Database) -> None:
    labels.give(db, some_pairs(db)[0], "ann", "a", at=AT)
    report = imported(db, pair("p?", Ann="a"), pair("q?", Аnn="b", bob="a"))
    assert (report.added, report.rejected) == (2, 0)
    assert labels.annotators(db) == ["ann", "bob"]
    assert [problem.kept for problem in report.problems] == [True, True]
    assert "Ann is read as ann" in report.problems[0].reason


def test_two_names_of_one_look_in_a_row_are_refused(db: Database) -> None:
    report = imported(db, pair("p?", ann="a", Ann="b"), pair("q?", ann="a"))
    assert (report.added, report.rejected) == (1, 1)
    assert "look the same" in report.problems[0].reason
    assert labels.count_by(db, "ann") == 1


@pytest.mark.parametrize("name", ["a\u200bnn", "x" * 65])
def test_a_name_that_cannot_be_is_refused_with_its_row(db: Database, name: str) -> None:
    report = imported(db, pair("p?", **{name: "a"}))
    assert (report.added, report.rejected) == (0, 1)
    assert labels.annotators(db) == []


def test_a_round_knows_its_people_by_how_they_look(db: Database) -> None:
    pairs = some_pairs(db, 3)
    labels.give(db, pairs[0], "ann", "a", at=AT)
    with pytest.raises(BadInput, match="look different"):
        rounds.create(db, "one", pairs[1:], ["Ann", "ann"], seed=1, by="ann", at=AT)
    made = rounds.create(db, "one", pairs[1:], ["ANN", "bob"], seed=1, by="ann", at=AT)
    assert made.annotators == ("ann", "bob")


def test_a_second_process_under_one_name_is_refused(db: Database) -> None:
    other = os.getppid()
    presence.claim(db, "ann", AT, process=other)
    with pytest.raises(presence.NameInUse, match="--also-here"):
        presence.claim(db, "Ann", AT)
    assert [each.process for each in presence.here(db)] == [other]
    presence.claim(db, "bob", AT)
    presence.leave(db, process=other)
    presence.claim(db, "ann", AT)


def test_a_number_that_another_process_has_now_is_nobody(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(presence, "birth", lambda _process: "an earlier boot:1")
        presence.claim(db, "ann", AT, process=os.getppid())
    presence.claim(db, "ann", AT)
