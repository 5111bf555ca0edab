"""``pair`` and ``scores`` as their user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from store.db.connection import open_store
from store.judgements import rankings
from tests.cli.conftest import Pairlab
from tests.store.building import AT, a_candidate, a_chain, a_prompt


@pytest.fixture
def answers(project: Pairlab, tmp_path: Path) -> list[str]:
    """A prompt with three answers, and its id last; a chain beside it."""
    db = open_store(tmp_path / "pairlab.db")
    try:
        prompt = a_prompt(db)
        made = [a_candidate(db, prompt, text, slot=i) for i, text in enumerate(("x", "y", "z"))]
        a_chain(db, "another")
        rankings.give(db, prompt, "first", [[made[1]], [made[0]]], at=AT)
    finally:
        db.close()
    return [*made, prompt]


def test_a_dry_run_says_what_the_real_one_makes(project: Pairlab, answers: list[str]) -> None:
    *_, prompt = answers
    for dry in (True, False):
        done = project(
            "pair", "--rule", "all", "--prompt", prompt[:10], "--json", *["--dry-run"] * dry
        )
        told = json.loads(done.stdout)
        assert (told["made"], len(told["pairs"])) == (2, 0 if dry else 2)
        assert told["left"] == {"the pair is there already": 1}
    done = project("pair", "--rounds", "1:0", "--limit", "2")
    assert done.exit_code == 0
    assert "Made 1 pair." in done.stderr
    assert "1 not: there are not two such answers" in done.stderr


def test_two_named_answers(project: Pairlab, answers: list[str]) -> None:
    one, _, three, _ = answers
    done = project("pair", one[:12], three[:12])
    assert done.exit_code == 0
    pair = done.stdout.strip()
    assert project("show", pair).exit_code == 0
    assert project("pair", three, one).exit_code == 0
    same = project("pair", one, one)
    assert (same.exit_code, "the answers are the same" in same.stderr) == (1, True)
    for wrong in (["pair"], ["pair", one], ["pair", "--rule", "all", "--rounds", "0:1"]):
        assert project(*wrong).exit_code == 2
    assert project("pair", "--rounds", "1:1").exit_code == 2
    assert project("setting", "--pairs", "worst").exit_code == 2
    assert json.loads(project("setting", "--pairs", "none", "--json").stdout)["run_pairs"] == []


def test_scores_of_the_answers_of_a_prompt(project: Pairlab, answers: list[str]) -> None:
    one, two, _, prompt = answers
    told = json.loads(project("scores", "--of", "answer", "--prompt", prompt, "--json").stdout)
    assert [row["item"] for row in told["scores"]] == [two, one]
    assert [row["prior"] for row in told["scores"]] == [True, True]
    assert told["scores"][0]["score"] == -told["scores"][1]["score"]
    done = project("scores", "--of", "answer", "--prompt", prompt)
    assert two[:12] in done.stdout
    assert "normal prior of variance 9" in done.stderr
    assert project("scores", "--of", "answer").exit_code == 2
    nothing = project("scores", "--of", "model")
    assert nothing.exit_code == 1
    assert "1 of 1 verdicts left out: the same model on both sides" in nothing.stderr
