"""The whole chain behind an item."""

from __future__ import annotations

import json

import pytest
from sqlite_utils import Database

from store.errors import WrongId
from store.items import candidates, critiques, pairs, runs
from store.judgements import decisions, labels
from store.records import Candidate, Choice, Critique, Generation, Origin, Run, Verdict
from store.rounds import rounds
from store.views import provenance
from tests.store.building import AT, a_chain


def test_a_pair_tells_everything_behind_it(db: Database) -> None:
    made = a_chain(db, rounds=2)
    decision = decisions.decide(
        db, made.revisions[1], "anna", Choice.EDIT, edited_text="mine", at=AT
    )
    pair_id, _ = pairs.make_revision_pair(db, made.original, made.revisions[1], at=AT)
    labels.give(db, pair_id, "bo", Verdict.TIE, note="alike", at=AT)
    tree = provenance.item(db, pair_id[:16])
    assert json.loads(json.dumps(tree)) == tree
    assert tree["kind"] == "pair"
    assert tree["prompt"]["messages"] == [{"role": "user", "content": "what is a pipe?"}]
    (chain,) = tree["chains"]
    assert chain["original"]["id"] == made.original
    assert [r["revision"]["id"] for r in chain["rounds"]] == made.revisions
    assert chain["rounds"][0]["critique"]["constitution"]["name"] == "short"
    assert chain["decisions"][0]["choice"] == "edit"
    assert [c["id"] for c in chain["edited"]] == [decision.edited_id]
    assert {tree["pair"]["a"]["role"], tree["pair"]["b"]["role"]} == {"original", "revision"}
    (label,) = tree["pair"]["labels"]
    assert (label["annotator"], label["verdict"], label["note"]) == ("bo", "tie", "alike")


def test_who_has_not_labelled_is_not_told_what_others_chose(db: Database) -> None:
    made = a_chain(db)
    pair_id, _ = pairs.make_revision_pair(db, made.original, made.revisions[0], at=AT)
    labels.give(db, pair_id, "bo", Verdict.A, note="a is short", at=AT)
    for tree in (
        provenance.item(db, pair_id, viewer="anna"),
        provenance.item(db, made.prompt, viewer="anna"),
    ):
        shown = tree.get("pair") or tree["pairs"][0]
        assert (shown["labels"], shown["notes"], shown["withheld"]) == ([], {}, True)
        assert "a is short" not in json.dumps(tree)
    labels.give(db, pair_id, "ai:m", Verdict.A, at=AT)
    labels.give(db, pair_id, "anna", Verdict.SKIP, at=AT)
    shown = provenance.item(db, pair_id, viewer="anna")["pair"]
    assert [label["annotator"] for label in shown["labels"]] == ["anna"]
    labels.give(db, pair_id, "anna", Verdict.B, at=AT)
    shown = provenance.item(db, pair_id, viewer="anna")["pair"]
    assert [label["annotator"] for label in shown["labels"]] == ["ai:m", "anna", "bo"]
    assert shown["withheld"] is False


def test_a_candidate_tells_the_model_and_the_text_it_was_given(db: Database) -> None:
    made = a_chain(db)
    run_id = runs.add_run(
        db,
        Run(
            model="m.gguf",
            model_sha256="cafe",
            backend="scripted",
            chat_template="{{ x }}",
            settings={},
            seed=1,
            started_at=AT,
        ),
    )
    generation_id = runs.add_generation(
        db,
        Generation(
            run_id=run_id,
            kind="critique",
            rendered="<user> criticise",
            settings={"temperature": 0.7},
            seed=2,
            text="dull",
            finish_reason="stop",
            prompt_tokens=3,
            completion_tokens=1,
            seconds=0.1,
            created_at=AT,
        ),
    )
    constitution = critiques.of_candidate(db, made.original)[0].constitution_id
    other = critiques.add(
        db,
        Critique(
            candidate_id=made.original,
            round=1,
            constitution_id=constitution,
            principle_id="C2",
            text="dull",
            found=True,
            generation_id=generation_id,
            created_at=AT,
        ),
    )
    tree = provenance.item(db, made.revisions[0])
    assert tree["kind"] == "candidate"
    (left_behind,) = tree["chains"][0]["other_rounds"]
    assert left_behind["critique"]["id"] == other
    assert left_behind["revision"] is None
    generation = left_behind["critique"]["generation"]
    assert (generation["rendered"], generation["run"]["model_sha256"]) == (
        "<user> criticise",
        "cafe",
    )


def test_a_prompt_shows_all_its_chains(db: Database) -> None:
    made = a_chain(db)
    candidates.add(
        db,
        Candidate(
            prompt_id=made.prompt,
            origin=Origin.IMPORTED,
            text="imported",
            author="f",
            created_at=AT,
        ),
    )
    tree = provenance.item(db, made.prompt)
    assert [c["original"]["origin"] for c in tree["chains"]] == ["proposed", "imported"]


def test_an_id_that_fits_nothing(db: Database) -> None:
    with pytest.raises(WrongId, match="none"):
        provenance.item(db, "abcdef")


def test_a_sealed_round_is_shown_to_nobody(db: Database) -> None:
    made = a_chain(db)
    pair_id, _ = pairs.make_revision_pair(db, made.original, made.revisions[0], at=AT)
    rounds.create(db, "one", [pair_id], ["anna", "bo"], seed="s", by="anna", at=AT)
    labels.give(db, pair_id, "bo", Verdict.A, at=AT)
    labels.flag(db, pair_id, "bo", True, AT)
    rounds_of_anna = provenance.item(db, pair_id, viewer="anna")["pair"]
    assert (rounds_of_anna["labels"], rounds_of_anna["flagged"]) == ([], False)
    own = provenance.item(db, pair_id, viewer="bo")["pair"]
    assert [label["annotator"] for label in own["labels"]] == ["bo"]
    labels.give(db, pair_id, "anna", Verdict.A, at=AT)
    assert len(provenance.item(db, pair_id, viewer="bo")["pair"]["labels"]) == 2
