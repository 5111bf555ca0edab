"""k answers in order: written, read back, and what a reward model's margin comes to."""

from __future__ import annotations

import json

import pytest

from store.db.connection import create
from store.exporting import write
from store.importing import files
from store.items import candidates, pairs, prompts
from store.items.answered_prompts import only_pairs
from store.judgements import labels, rankings
from store.log import current_state
from tests.store.building import AT, a_candidate, a_prompt
from tests.store.exporting_study import labelled, planned


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def ranked(db):
    prompt = a_prompt(db, "what is a pipe?")
    made = [a_candidate(db, prompt, f"answer {i}", slot=i) for i in range(4)]
    rankings.give(db, prompt, "ann", [[made[2]], [made[0], made[3]], [made[1]]], at=AT)
    return db, prompt, made


def test_is_written_and_read_back_into_another_project_and_into_its_own(ranked, tmp_path, closing):
    db, *_ = ranked
    out = tmp_path / "out.jsonl"
    write(planned(db, format="ranked"), out)
    (line,) = lines(out)
    assert line == {
        "prompt": [{"role": "user", "content": "what is a pipe?"}],
        "responses": ["answer 2", "answer 0", "answer 3", "answer 1"],
        "ranking": [[0], [1, 2], [3]],
        "annotator": "ann",
        "category": "helpful",
    }
    write(planned(db, format="ranked"), tmp_path / "folder")
    assert "Lines, rankings: 1." in (tmp_path / "folder" / "README.md").read_text()
    assert files.run(db, out, at=AT).added == 0
    other = closing(create(tmp_path / "other.db", seed="f" * 16, at=AT))
    report = files.run(other, out, at=AT)
    assert (report.added, report.kind, report.format, report.unread) == (1, "labels", "ranked", {})
    assert only_pairs(other)
    assert current_state.equal_to_rebuild(other)
    write(planned(other, format="ranked"), tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == out.read_bytes()
    # the sides of a pair follow from its texts: both projects have the same five pairs
    assert {each.id for each in pairs.ordered(other)} == {each.id for each in pairs.ordered(db)}
    assert files.run(other, out, at=AT).added == 0


def test_an_answer_set_aside_is_left_out_and_the_places_close_up(ranked, tmp_path):
    db, _, made = ranked
    labels.flag(db, made[0], "ann", on=True, at=AT)
    write(planned(db, format="ranked"), tmp_path / "out.jsonl")
    assert lines(tmp_path / "out.jsonl")[0]["ranking"] == [[0], [1], [2]]


def test_margin_is_rank_difference_or_half_the_strength(ranked, tmp_path):
    db, *_ = ranked
    pair = labelled(db, "another", "good", "poor")
    labels.give(db, pair, "ann", "a", strength=1, at=AT)
    labelled(db, "a third", "good", "poor")
    write(planned(db, format="reward"), tmp_path / "out.jsonl")
    found = {
        (row["chosen"][-1]["content"], row["rejected"][-1]["content"]): row["margin"]
        for row in lines(tmp_path / "out.jsonl")
        if row["chosen"][0]["content"] != "a third"
    }
    assert found == {
        ("answer 2", "answer 0"): 0.5,
        ("answer 2", "answer 3"): 0.5,
        ("answer 2", "answer 1"): 1.0,
        ("answer 0", "answer 1"): 0.5,
        ("answer 3", "answer 1"): 0.5,
        ("good", "poor"): 0.5,
    }
    assert lines(tmp_path / "out.jsonl")[-1]["margin"] == 0


@pytest.mark.parametrize(
    ("ranking", "field"),
    [
        ([[0], [0]], "ranking"),
        ([[0], [5]], "ranking"),
        ([[0], []], "ranking"),
        ([[0], 1], "ranking"),
        ([[0], [True]], "ranking"),
        ([[0]], "ranking"),
    ],
)
def test_what_is_no_order_is_refused(db, tmp_path, ranking, field):
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps({"prompt": "q", "responses": ["x", "y", "z"], "ranking": ranking}))
    report = files.run(db, path, at=AT)
    assert (report.rejected, [problem.field for problem in report.problems]) == (1, [field])
    assert prompts.count(db) == 0


def test_without_a_name_the_order_is_the_files_own(db, tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps({"prompt": "q", "responses": ["x", "y"], "ranking": [[1], [0]]}))
    files.run(db, path, at=AT)
    (found,) = rankings.ordered(db)
    assert found.annotator == "source:ranked"
    assert [candidates.get(db, one).text for (one,) in found.groups] == ["y", "x"]
