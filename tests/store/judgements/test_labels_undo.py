"""Labels, notes, flags and their undo, on the rows they leave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from store.db.connection import create
from store.errors import BadInput, WrongId
from store.judgements import decisions, guidelines, labels, rulings
from store.judgements import settings as project_settings
from store.log import current_state, events
from store.log.undo import undo
from store.records import Choice, Label, Phase, Verdict
from store.rounds import rounds
from tests.store.building import a_chain
from tests.store.conftest import AT
from tests.store.deciding import head_rows, some_pairs, ticking


def test_a_label_says_all_it_was_given_under(db: Database) -> None:
    pair = some_pairs(db)[0]
    rules = guidelines.add_version(db, "# Rules\n\nBe fair.\n", "first", AT)
    event = labels.give(
        db, pair, " first ", "a", seconds=12.5, left="b", strength=2, note="clear", at=AT
    )
    assert labels.of_pair(db, pair) == [
        Label(
            pair_id=pair,
            annotator="first",
            phase=Phase.FIRST,
            verdict=Verdict.A,
            strength=2,
            seconds=12.5,
            left="b",
            guideline_id=rules.id,
            note="clear",
            informed=False,
            round_id=None,
            event_id=event.id,
            at=AT,
        )
    ]
    assert event.id == events.identity(event)
    assert (labels.annotators(db), labels.count_by(db, "first")) == (["first"], 1)


def test_a_second_verdict_supersedes_the_first_in_its_phase_alone(db: Database) -> None:
    pair, now = some_pairs(db)[0], ticking()
    for verdict, phase in (("a", Phase.FIRST), ("b", Phase.FIRST), ("tie", Phase.REPEAT)):
        labels.give(db, pair, "first", verdict, phase=phase, at=now())
    labels.give(db, pair, "second", "skip", at=now())
    said = {(each.annotator, each.phase): each.verdict for each in labels.of_pair(db, pair)}
    assert said == {
        ("first", Phase.FIRST): Verdict.B,
        ("first", Phase.REPEAT): Verdict.TIE,
        ("second", Phase.FIRST): Verdict.SKIP,
    }
    assert [event.lamport for _, event in events.since(db, 0)] == [1, 2, 1, 1]
    mine = labels.mine(db, pair, "first")
    assert mine is not None
    assert mine.verdict is Verdict.B
    assert labels.mine(db, pair, "third") is None


def test_a_name_is_one_name_however_it_is_typed(db: Database) -> None:
    pair = some_pairs(db)[0]
    labels.give(db, pair, "Zoe\u0301", "a", at=AT)
    labels.give(db, pair, "Zo\u00e9 ", "b", at=AT)
    assert labels.annotators(db) == ["Zo\u00e9"]
    with pytest.raises(BadInput, match="--as"):
        labels.give(db, pair, "  ", "a", at=AT)


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"verdict": "left"}, "verdict", "'left' is no verdict; .* a, b, tie, both_bad, skip$"),
        ({"verdict": "a", "strength": 3}, "strength", ": a strength is 1 .* or 2 "),
        ({"verdict": "tie", "strength": 1}, "strength", ": a verdict tie has no strength$"),
        ({"verdict": "a", "left": "c"}, "left", ": the left side is a or b$"),
    ],
)
def test_a_wrong_label_is_refused(
    db: Database, wrong: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(BadInput, match=words) as refused:
        labels.give(db, some_pairs(db)[0], "first", **wrong, at=AT)
    assert refused.value.field == field
    assert events.last_arrival(db) == 0


def test_a_label_says_which_round_side_and_guideline_it_was_given_under(db: Database) -> None:
    """A repeat belongs to no round, an imported label to no guideline; the last label ends it."""
    pair, outside = some_pairs(db, 2)
    guidelines.add_version(db, "# Rules\n", "first", AT)
    made = rounds.create(db, "pilot", [pair], ["first", "second"], seed=1, by="first", at=AT)
    labels.give(db, pair, "first", "a", left="a", guideline_id=None, at=AT)
    labels.give(db, pair, "first", "b", phase=Phase.REPEAT, left="b", at=AT)
    labels.give(db, outside, "first", "b", at=AT)
    first, repeat = labels.of_pair(db, pair)
    assert (first.round_id, first.left, first.guideline_id) == (made.id, "a", None)
    assert (repeat.round_id, repeat.left) == (None, "b")
    told = {each.pair_id: each.round_id for each in labels.by_annotator(db, "first")}
    assert told == {pair: made.id, outside: None}
    assert [each.kind for _, each in events.since(db, 0)].count("round_end") == 0
    labels.give(db, pair, "second", "b", at=AT)
    ends = [each for _, each in events.since(db, 0) if each.kind == "round_end"]
    assert [(each.item, each.annotator, each.at) for each in ends] == [(made.id, "second", AT)]


def test_labels_under_an_older_guideline_but_those_in_the_queue_again(db: Database) -> None:
    older, queued, newer, others = some_pairs(db, 4)
    now = ticking()
    guidelines.add_version(db, "# Rules\n", "first", now())
    for pair in (queued, older):
        labels.give(db, pair, "first", "a", at=now())
    labels.give(db, others, "second", "a", at=now())
    guidelines.add_version(db, "# Other rules\n", "first", now())
    labels.give(db, newer, "first", "a", at=now())
    assert labels.under_older_guideline(db, " first") == [queued, older]
    events.append(db, "clear", queued, "first", {"relabel": True}, phase="first", at=now())
    assert labels.under_older_guideline(db, "first") == [older]
    assert {each.pair_id: each.answer for each in labels.by_annotator(db, "first")} == {
        queued: "again",
        older: "given",
        newer: "given",
    }


def test_a_label_on_nothing_is_refused(db: Database) -> None:
    with pytest.raises(WrongId, match="pair 'nothing'"):
        labels.give(db, "nothing", "first", "a", at=AT)


def test_a_note_is_shown_with_the_label_and_in_the_view(db: Database) -> None:
    pair, now = some_pairs(db)[0], ticking()
    labels.give(db, pair, "first", "a", note="at once", at=now())

    def shown() -> tuple[str | None, str | None]:
        view = db.execute("SELECT note FROM labels_current").fetchone()[0]
        return labels.of_pair(db, pair)[0].note, view

    assert shown() == ("at once", "at once")
    labels.note(db, pair, "first", "on reflection", now())
    labels.note(db, pair, "second", "not mine", now())
    assert shown() == ("on reflection", "on reflection")
    assert labels.notes(db, pair) == {"first": "on reflection", "second": "not mine"}
    labels.note(db, pair, "first", "  ", now())
    assert shown() == (None, None)
    labels.give(db, pair, "first", "b", note="newest", at=now())
    assert shown() == ("newest", "newest")


def test_a_note_written_in_the_same_millisecond_as_the_label_stands(db: Database) -> None:
    pair = some_pairs(db)[0]
    labels.note(db, pair, "first", "apart", AT)
    labels.give(db, pair, "first", "a", note="with the label", at=AT)
    view = db.execute("SELECT note FROM labels_current").fetchone()[0]
    assert (labels.of_pair(db, pair)[0].note, view) == ("apart", "apart")


def test_anybodys_flag_counts_until_they_take_it_back(db: Database) -> None:
    one, other = some_pairs(db, 2)
    labels.flag(db, one, "first", True, AT)
    labels.flag(db, one, "second", True, AT)
    labels.flag(db, one, "first", False, AT)
    labels.flag(db, other, "first", True, AT)
    labels.flag(db, other, "first", False, AT)
    assert (labels.flagged(db, one), labels.flagged(db, other)) == (True, False)
    assert labels.all_flagged(db) == {one}


def test_a_label_after_the_others_was_shown_is_marked(db: Database) -> None:
    blind, seen = some_pairs(db, 2)
    for pair in (blind, seen):
        labels.give(db, pair, "first", "a", at=AT)
    labels.record_shown(db, seen, "first", AT)
    labels.record_shown(db, seen, "first", AT)
    for pair in (blind, seen):
        labels.give(db, pair, "first", "b", at=AT)
    labels.give(db, seen, "second", "b", at=AT)
    labels.give(db, seen, "first", "a", phase=Phase.DISCUSSION, at=AT)
    marked = {
        (each.pair_id, each.annotator, each.phase)
        for pair in (blind, seen)
        for each in labels.of_pair(db, pair)
        if each.informed
    }
    assert marked == {(seen, "first", Phase.FIRST)}
    assert sum(event.kind == "shown" for _, event in events.since(db, 0)) == 1


def test_an_undo_after_the_others_was_shown_is_marked_too(db: Database) -> None:
    pair = some_pairs(db)[0]
    labels.give(db, pair, "first", "a", at=AT)
    labels.give(db, pair, "first", "b", at=AT)
    labels.record_shown(db, pair, "first", AT)
    undo(db, "first", AT)
    assert [(each.verdict, each.informed) for each in labels.of_pair(db, pair)] == [("a", True)]


def test_undo_walks_back_step_by_step_to_the_very_rows(db: Database) -> None:
    made = a_chain(db)
    pair, now = some_pairs(db)[0], ticking()
    rows = [head_rows(db)]

    def done() -> None:
        rows.append(head_rows(db))

    labels.give(db, pair, "first", "a", seconds=3.0, note="n", at=now())
    done()
    labels.give(db, pair, "first", "both_bad", at=now())
    done()
    labels.note(db, pair, "first", "one", now())
    done()
    labels.note(db, pair, "first", "two", now())
    done()
    labels.flag(db, pair, "first", True, now())
    done()
    decisions.decide(db, made.revisions[0], "first", Choice.REJECT, at=now())
    done()
    decisions.decide(db, made.revisions[0], "first", Choice.EDIT, edited_text="mine", at=now())
    done()
    kinds = []
    for before in reversed(rows[:-1]):
        undone = undo(db, "first", now())
        assert undone is not None
        kinds.append(undone.kind)
        assert head_rows(db) == before
        assert current_state.equal_to_rebuild(db)
    assert kinds == ["decision", "decision", "flag", "note", "note", "label", "label"]
    assert undo(db, "first", now()) is None
    assert head_rows(db) == rows[0]
    assert events.last_arrival(db) == 14  # nothing was forgotten


def test_after_an_undo_one_goes_on_as_before(db: Database) -> None:
    pair, now = some_pairs(db)[0], ticking()
    for verdict in ("a", "b"):
        labels.give(db, pair, "first", verdict, at=now())
    undo(db, "first", now())
    labels.give(db, pair, "first", "tie", at=now())
    said = []
    while (undone := undo(db, "first", now())) is not None:
        said.append((undone.was["verdict"], (undone.restored or {}).get("verdict")))
    assert said == [("tie", "a"), ("a", None)]


def test_undo_leaves_other_people_and_the_rules_alone(db: Database) -> None:
    pair = some_pairs(db)[0]
    labels.give(db, pair, "second", "a", at=AT)
    labels.give(db, pair, "first", "b", at=AT)
    guidelines.add_version(db, "rules", "first", AT)
    project_settings.set(db, project_settings.STRENGTH, True, "first", AT)
    undone = undo(db, "first", AT)
    assert undone is not None
    assert (undone.kind, undone.item, undone.restored) == ("label", pair, None)
    assert undo(db, "first", AT) is None
    assert [each.annotator for each in labels.of_pair(db, pair)] == ["second"]
    assert project_settings.get(db, project_settings.STRENGTH) is True


def test_undo_leaves_imported_labels_alone(db: Database) -> None:
    one, other = some_pairs(db, 2)
    labels.give(db, one, "first", "a", at=AT)
    labels.give(db, other, "first", "b", source="labels.jsonl", at=AT)
    undone = undo(db, "first", AT)
    assert undone is not None
    assert undone.item == one
    assert undo(db, "first", AT) is None


def test_a_ruling_is_undone_by_the_one_who_gave_it(db: Database) -> None:
    pair, now = some_pairs(db)[0], ticking()
    rulings.rule(db, pair, "first", "a", reason="why", at=now())
    rulings.rule(db, pair, "second", "b", at=now())
    undo(db, "second", now())
    standing = rulings.standing(db, pair)
    assert standing is not None
    assert (standing.by, standing.verdict, standing.reason) == ("first", Verdict.A, "why")
    undo(db, "first", now())
    assert rulings.standing(db, pair) is None


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["first", "second"]),
        st.integers(0, 2),
        st.sampled_from(["label", "repeat", "note", "flag", "ruling", "shown", "undo", "undo"]),
        st.sampled_from(["a", "b", "tie", "both_bad", "skip"]),
    ),
    max_size=25,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_heads_are_what_the_events_say(tmp_path: Path, steps: list[Any]) -> None:
    path = tmp_path / "study.db"
    path.unlink(missing_ok=True)
    db = create(path, seed="1", at=AT)
    try:
        pairs, now = some_pairs(db, 3), ticking()
        for who, place, kind, verdict in steps:
            one_step(db, kind, who, pairs[place], verdict, now())
        rows = head_rows(db)
        assert current_state.equal_to_rebuild(db)
        current_state.rebuild(db)
        assert head_rows(db) == rows
        for _, event in events.since(db, 0):
            assert events.identity(event) == event.id
    finally:
        db.close()


def one_step(db: Database, kind: str, who: str, pair: str, verdict: str, at: str) -> None:
    if kind in ("label", "repeat"):
        phase = Phase.REPEAT if kind == "repeat" else Phase.FIRST
        labels.give(db, pair, who, verdict, phase=phase, at=at)
    elif kind == "note":
        labels.note(db, pair, who, verdict, at)
    elif kind == "flag":
        labels.flag(db, pair, who, verdict == "a", at)
    elif kind == "shown":
        labels.record_shown(db, pair, who, at)
    elif kind == "ruling" and verdict != "skip":
        rulings.rule(db, pair, who, verdict, at=at)
    elif kind == "undo":
        undo(db, who, at)


def test_heads_changed_by_hand_are_noticed_and_mended(db: Database) -> None:
    pair = some_pairs(db)[0]
    labels.give(db, pair, "first", "a", at=AT)
    labels.flag(db, pair, "first", True, AT)
    rows = head_rows(db)
    for tamper in (
        "UPDATE label_head SET verdict = 'b'",
        "DELETE FROM head",
        "INSERT INTO round_pair VALUES ('r', 'first', 0, 'p')",
    ):
        db.execute(tamper)
        assert not current_state.equal_to_rebuild(db)
        current_state.rebuild(db)
        assert current_state.equal_to_rebuild(db)
        assert head_rows(db) == rows


def test_an_event_is_found_by_its_id(db: Database) -> None:
    event = labels.flag(db, some_pairs(db)[0], "first", True, AT)
    assert events.get(db, event.id) == event
    assert events.get(db, "nothing") is None
    assert json.loads(db.execute("SELECT value FROM event").fetchone()[0]) == {"on": True}
