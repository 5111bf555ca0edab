"""The guideline, project settings, and what annotators state of themselves."""

from __future__ import annotations

import pytest
from sqlite_utils import Database

from store.errors import BadInput, WrongId
from store.judgements import attributes, guidelines, labels, settings
from store.log import events
from store.records import Verdict
from tests.store.conftest import AT
from tests.store.deciding import some_pairs, ticking


def test_versions_are_numbered_and_kept(db: Database) -> None:
    now = ticking()
    assert guidelines.current(db) is None
    one = guidelines.add_version(db, "be fair", "first", now())
    assert guidelines.add_version(db, "be fair", "second", now()) == one
    two = guidelines.add_version(db, "be fair and brief", "second", now())
    assert [(each.version, each.author) for each in guidelines.history(db)] == [
        (1, "first"),
        (2, "second"),
    ]
    assert guidelines.current(db) == two
    back = guidelines.add_version(db, "be fair", "first", now())
    assert back == one == guidelines.current(db)
    assert len(guidelines.history(db)) == 2
    with pytest.raises(BadInput, match="blank"):
        guidelines.add_version(db, " \n", "first", now())


def test_a_case_becomes_a_new_version_with_its_example(db: Database) -> None:
    pair = some_pairs(db)[0]
    guidelines.add_version(db, "# Rules\n", "first", AT)
    added = guidelines.add_case(db, pair, Verdict.B, "prefer the one that helps", "second", AT)
    assert added.version == 2
    assert added.text.startswith("# Rules\n\n### Case")
    assert "Answer b is right: prefer the one that helps" in added.text
    assert "> Prompt: question 0 of helpful" in added.text
    assert guidelines.cases(db) == [pair]
    with pytest.raises(WrongId):
        guidelines.add_case(db, "nothing", Verdict.A, "text", "second", AT)
    with pytest.raises(BadInput):
        guidelines.add_case(db, pair, Verdict.A, " ", "second", AT)


def test_labels_under_an_older_version_are_found_again(db: Database) -> None:
    old, new = some_pairs(db, 2)
    guidelines.add_version(db, "v1", "first", AT)
    labels.give(db, old, "first", "a", at=AT)
    guidelines.add_version(db, "v2", "first", AT)
    labels.give(db, new, "first", "a", at=AT)
    assert labels.under_older_guideline(db, "first") == [old]
    labels.give(db, old, "first", "b", at=AT)
    assert labels.under_older_guideline(db, "first") == []


def test_the_last_word_on_a_setting_counts(db: Database) -> None:
    assert settings.get(db, settings.STRENGTH, False) is False
    settings.set(db, settings.STRENGTH, True, "first", AT)
    settings.set(db, settings.STRENGTH, False, "second", AT)
    settings.set(db, settings.STRENGTH, True, "first", AT)
    settings.set(db, settings.REPEATS, 10, "first", AT)
    assert settings.ordered(db) == {settings.STRENGTH: True, settings.REPEATS: 10}
    assert [event.lamport for _, event in events.since(db, 0)] == [1, 2, 3, 1]


def test_attributes_are_stated_and_taken_back(db: Database) -> None:
    attributes.state(db, "first", "language", "Deutsch", AT)
    attributes.state(db, "second", "language", "English", AT)
    attributes.state(db, "first", "field", "law", AT)
    assert attributes.of_annotator(db, "first") == {"language": "Deutsch", "field": "law"}
    assert attributes.by_annotator(db, "language") == {"first": "Deutsch", "second": "English"}
    attributes.state(db, "first", "field", " ", AT)
    assert attributes.of_annotator(db, "first") == {"language": "Deutsch"}
    assert attributes.keys(db) == ["language"]
    with pytest.raises(BadInput):
        attributes.state(db, "first", " ", "x", AT)
