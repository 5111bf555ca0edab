"""Prompts, candidates, critiques, runs, constitutions and pairs as rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Database

from store import ids
from store.errors import WrongId
from store.items import candidates, constitutions, critiques, pairs, prompts, runs
from store.records import Candidate, Generation, Message, Origin, Run, StoredConstitution
from tests.store.building import AT, a_candidate, a_chain, a_prompt


def test_same_messages_are_the_same_prompt(db: Database) -> None:
    first, new = prompts.add(
        db, [Message("user", "hello")], category="helpful", source="x", tags=["t"], at=AT
    )
    again, new_again = prompts.add(
        db, [Message("user", "hello")], category="harmful", source="y", at=AT
    )
    assert (new, new_again, first) == (True, False, again)
    kept = prompts.get(db, first)
    assert (kept.category, kept.tags, kept.source, kept.position) == ("helpful", ("t",), "x", 1)
    assert prompts.count(db) == 1


def test_prompts_come_in_the_order_they_were_added(db: Database) -> None:
    texts = [f"prompt {i}" for i in range(5)]
    for text in texts:
        a_prompt(db, text)
    assert [p.text for p in prompts.ordered(db)] == texts
    assert [p.text for p in prompts.ordered(db, 2)] == texts[:2]


def test_a_conversation_keeps_its_turns(db: Database) -> None:
    turns = (Message("user", "a"), Message("assistant", "b\x00\u2028"), Message("user", "é\u0301"))
    prompt_id, _ = prompts.add(db, turns, category="helpful", source="x", at=AT)
    assert prompts.get(db, prompt_id).messages == turns


@pytest.mark.parametrize(
    "getter",
    [
        prompts.get,
        candidates.get,
        critiques.get,
        pairs.get,
        runs.get_run,
        runs.get_generation,
        constitutions.get,
        pairs.text,
        pairs.find,
    ],
)
def test_an_unknown_id_is_named(db: Database, getter: Callable[[Database, str], object]) -> None:
    with pytest.raises(WrongId, match="feedbeef"):
        getter(db, "feedbeef")


def test_the_same_text_in_two_slots_is_two_candidates(db: Database) -> None:
    prompt = a_prompt(db)
    first = a_candidate(db, prompt, "same", slot=0)
    second = a_candidate(db, prompt, "same", slot=1)
    again = a_candidate(db, prompt, "same", slot=0)
    assert first != second
    assert first == again
    assert [c.slot for c in candidates.of_prompt(db, prompt)] == [0, 1]


def test_an_imported_text_is_the_same_from_any_file(db: Database) -> None:
    prompt = a_prompt(db)
    made = [
        candidates.add(
            db,
            Candidate(
                prompt_id=prompt, origin=Origin.IMPORTED, text="x", author=file, created_at=AT
            ),
        )
        for file in ("one.jsonl", "two.jsonl")
    ]
    assert len(set(made)) == 1


def test_rows_come_back_as_they_went_in(db: Database) -> None:
    chain = a_chain(db, rounds=2)
    revision = candidates.get(db, chain.revisions[1])
    critique = critiques.get(db, revision.critique_id or "")
    assert (revision.round, revision.parent_id) == (2, chain.revisions[0])
    assert critique.candidate_id == chain.revisions[0]
    assert critique.found is True
    assert candidates.root(db, revision.id).id == chain.original
    assert [c.id for c in candidates.children(db, chain.original)] == [chain.revisions[0]]
    run_id = runs.add_run(
        db,
        Run(
            model="m.gguf",
            model_sha256="ab",
            backend="scripted",
            chat_template=None,
            settings={"n_ctx": 8, "é": [1]},
            seed=7,
            started_at=AT,
        ),
    )
    assert runs.get_run(db, run_id).settings == {"n_ctx": 8, "é": [1]}
    generation_id = runs.add_generation(
        db,
        Generation(
            run_id=run_id,
            kind="propose",
            rendered="<|user|>",
            settings={"temperature": 1.1},
            seed=3,
            text="answer",
            finish_reason="stop",
            prompt_tokens=4,
            completion_tokens=1,
            seconds=0.5,
            refused="loop",
            created_at=AT,
        ),
    )
    kept = runs.get_generation(db, generation_id)
    assert (kept.attempt, kept.refused, kept.settings, kept.created_at) == (
        1,
        "loop",
        {"temperature": 1.1},
        AT,
    )


def test_constitutions_are_kept_by_hash(db: Database) -> None:
    first = constitutions.add(
        db,
        StoredConstitution(
            name="honesty", version="1", language="en", source="name = 'honesty'", created_at=AT
        ),
    )
    assert (
        constitutions.add(
            db,
            StoredConstitution(
                name="honesty", version="1", language="en", source="name = 'honesty'", created_at=AT
            ),
        )
        == first
    )
    later = constitutions.add(
        db,
        StoredConstitution(
            name="honesty",
            version="2",
            language="en",
            source="x",
            created_at="2027-01-01T00:00:00.000Z",
        ),
    )
    assert constitutions.names(db) == ["honesty"]
    newest = constitutions.named(db, "honesty")
    assert newest is not None
    assert newest.id == later
    assert constitutions.named(db, "nope") is None


def test_a_pair_is_its_texts_and_its_imported_id(db: Database) -> None:
    prompt = a_prompt(db)
    a, b = a_candidate(db, prompt, "one"), a_candidate(db, prompt, "two", slot=1)
    added = [
        pairs.add(db, prompt, a, b, "imported", external_id=x, source="f", at=AT)
        for x in (None, "7", "7", None)
    ]
    assert [new for _, new in added] == [True, True, False, False]
    assert added[0][0] == ids.pair_id(prompt, "one", "two", None)
    turned, new = pairs.add(db, prompt, b, a, "imported", source="f", at=AT)
    assert new
    text = pairs.text(db, turned)
    assert (text.a, text.b, text.prompt_text) == ("two", "one", "what is a pipe?")
    assert [p.position for p in pairs.ordered(db)] == [1, 2, 3]


def test_a_pair_of_two_prompts_is_refused(db: Database) -> None:
    one, other = a_prompt(db, "p"), a_prompt(db, "q")
    a, b = a_candidate(db, one), a_candidate(db, other)
    with pytest.raises(WrongId):
        pairs.add(db, one, a, b, "chosen", source="x", at=AT)


def test_sides_of_generated_pairs_are_drawn_by_the_stored_seed(db: Database) -> None:
    roles = []
    for i in range(60):
        chain = a_chain(db, f"prompt {i}")
        pair_id, new = pairs.make_revision_pair(db, chain.original, chain.revisions[-1], at=AT)
        assert new
        again = pairs.make_revision_pair(db, chain.original, chain.revisions[-1], at=AT)
        turned = pairs.make_revision_pair(db, chain.revisions[-1], chain.original, at=AT)
        assert again == turned == (pair_id, False)
        pair = pairs.get(db, pair_id)
        assert {pair.a_role, pair.b_role} == {"original", "revision"}
        assert (pair.a_role == "original") == (pair.a_id == chain.original)
        roles.append(pair.a_role)
    assert 12 < roles.count("original") < 48


def test_find_by_prefix_and_imported_id(db: Database, tmp_path: Path) -> None:
    prompt = a_prompt(db)
    a, b = a_candidate(db, prompt, "one"), a_candidate(db, prompt, "two", slot=1)
    plain, _ = pairs.add(db, prompt, a, b, "imported", source="f", at=AT)
    named, _ = pairs.add(db, prompt, a, b, "imported", external_id="row 7", source="f", at=AT)
    assert pairs.find(db, plain).id == plain
    assert pairs.find(db, plain[:12].upper()).id == plain
    assert pairs.find(db, "row 7").id == named
    with pytest.raises(WrongId, match="none"):
        pairs.find(db, plain[:3])
    pairs.add(db, prompt, b, a, "imported", external_id="row 7", source="f", at=AT)
    with pytest.raises(WrongId, match="2"):
        pairs.find(db, "row 7")
