"""Decisions on revisions, and what an edit leaves in the project."""

from __future__ import annotations

import pytest
from sqlite_utils import Database

from store.errors import BadInput, WrongId
from store.items import candidates, pairs
from store.judgements import decisions
from store.log import events
from store.log.undo import undo
from store.records import Choice, Origin
from tests.store.building import a_chain, a_prompt
from tests.store.conftest import AT
from tests.store.deciding import ticking


def test_the_last_decision_of_each_person_holds(db: Database) -> None:
    made, now = a_chain(db), ticking()
    revision = made.revisions[0]
    for who, choice in (("first", "reject"), ("second", "reject"), ("first", "accept")):
        decisions.decide(db, revision, who, choice, seconds=2.0, at=now())
    said = [(each.annotator, each.choice) for each in decisions.of_revision(db, revision)]
    assert said == [("first", Choice.ACCEPT), ("second", Choice.REJECT)]
    assert [each.annotator for each in decisions.of_chain(db, made.original)] == ["second", "first"]
    assert decisions.ordered(db)[-1].seconds == 2.0


def test_an_edit_adds_the_persons_text_and_its_pair(db: Database) -> None:
    made = a_chain(db, rounds=2)
    done = decisions.decide(
        db, made.revisions[1], "first", Choice.EDIT, edited_text="in my words", at=AT
    )
    assert done.edited_id is not None
    edited = candidates.get(db, done.edited_id)
    assert (edited.text, edited.author, edited.origin) == ("in my words", "first", Origin.EDITED)
    assert (edited.parent_id, edited.round) == (made.revisions[1], 2)
    pair = next(each for each in pairs.ordered(db) if each.kind == "edited")
    roles = {pair.a_id: pair.a_role, pair.b_id: pair.b_role}
    assert roles == {made.original: "original", edited.id: "edited"}
    assert decisions.of_revision(db, made.revisions[1]) == [done]


def test_an_edit_taken_back_leaves_its_pair_without_a_decision(db: Database) -> None:
    made, now = a_chain(db), ticking()
    decisions.decide(db, made.revisions[0], "first", "edit", edited_text="mine", at=now())
    assert decisions.withdrawn_pairs(db) == set()
    undo(db, "first", now())
    assert decisions.of_revision(db, made.revisions[0]) == []
    assert decisions.withdrawn_pairs(db) == {
        each.id for each in pairs.ordered(db) if each.kind == "edited"
    }


@pytest.mark.parametrize(
    ("choice", "text"), [("edit", None), ("edit", " \n"), ("accept", "text"), ("maybe", None)]
)
def test_a_wrong_decision_is_refused_whole(db: Database, choice: str, text: str | None) -> None:
    made = a_chain(db)
    with pytest.raises(BadInput):
        decisions.decide(db, made.revisions[0], "first", choice, edited_text=text, at=AT)
    assert events.last_arrival(db) == 0
    assert pairs.count(db) == 0


def test_only_a_revision_is_decided_on(db: Database) -> None:
    made = a_chain(db)
    for wrong in (made.original, a_prompt(db), "nothing"):
        with pytest.raises(WrongId):
            decisions.decide(db, wrong, "first", "accept", at=AT)
