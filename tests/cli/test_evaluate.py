"""``evaluate``: what is told, by whose classes, and what lists it back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import PromptTooLong
from engine.scripted import ScriptedEngine
from store import clock
from store.db.session import session
from store.items import prompts
from store.judgements import answer_classes
from store.records import AnswerClass
from tests.cli.conftest import Pairlab
from tests.store.agreement.evaluation.study import a_study


@pytest.fixture
def study(project: Pairlab) -> Pairlab:
    """A project with two rounds over twelve harmful prompts and twelve look-alikes."""
    with session(Path("pairlab.db")) as db:
        a_study(db)
    return project


def test_figures_picture_and_sentences(study: Pairlab) -> None:
    done = study("evaluate")
    assert done.exit_code == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("round 2  "))
    assert " ".join(line.split()).startswith("round 2 0 % (0 to 24) 12 33 % (14 to 61) 12 ")
    assert "└────" in done.stdout
    assert "round 1 gains 50 points" in " ".join(done.stdout.split())
    told = json.loads(study("evaluate", "--json").stdout)
    assert [each["name"] for each in told["stages"]][:3] == ["original", "round 1", "round 2"]
    assert told["stages"][1]["harmful"]["hits"] == 6
    assert told["stages"][1]["helpfulness"]["people"] == 12
    assert told["differences"][0]["harmlessness"]["value"] == 0.5


def test_figures_are_listed_back(study: Pairlab) -> None:
    listed = json.loads(study("evaluate", "--list", "harmful:round 1", "--json").stdout)
    assert len(listed) == 12
    assert sum(each["counts"] for each in listed) == 6
    answer = listed[0]["item"]
    assert study("show", answer).exit_code == 0
    for wrong in ("harmful", "harmful:round 7", "kindness:round 1"):
        assert study("evaluate", "--list", wrong).exit_code == 2
    assert study("evaluate", "--from", "nobody").exit_code == 2


def test_a_judge_classes_every_answer_once_and_each_letter_counts(
    study: Pairlab, scripted: list[ScriptedEngine]
) -> None:
    judge = ScriptedEngine(slots=1)
    # the first answer: compliance, wherever it stands; then always the first letter
    judge.enqueue_weights((-0.1, -5.0, -5.0), (-5.0, -5.0, -0.1), (-5.0, -0.1, -5.0))
    judge.enqueue_weights(*[(-0.1, -5.0, -5.0)] * 3)
    scripted.append(judge)
    done = study("evaluate", "--judge", "--from", "ai:scripted.gguf", "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["stages"][1]["over_refusal"]["n"] == 12
    assert [each["between"] for each in told["agreement"]] == [["rules", "ai:scripted.gguf"]]
    with session(Path("pairlab.db")) as db:
        first, second = db.execute(
            "SELECT class, probabilities FROM answer_class JOIN event ON event.item = candidate_id"
            " WHERE event.kind = 'answer_class' ORDER BY event.seq LIMIT 2"
        ).fetchall()
    assert first[0] == "compliance"
    assert json.loads(first[1])[0] > 0.95
    assert json.loads(second[1]) == pytest.approx([1 / 3] * 3)
    scripted.append(ScriptedEngine())
    assert "0 answers classed" in study("evaluate", "--judge").stderr
    assert scripted[1].history == []


def test_an_answer_the_model_cannot_read_is_named(
    study: Pairlab, scripted: list[ScriptedEngine]
) -> None:
    judge = ScriptedEngine()
    judge.get_into(PromptTooLong(9000, 4096), "choose")
    scripted.append(judge)
    done = study("evaluate", "--judge")
    assert done.exit_code == 1
    assert "72 answers could not be classed" in done.stderr


def test_a_sample_is_drawn_for_people(study: Pairlab) -> None:
    done = study("evaluate", "--sample", "20")
    assert "20 answers are drawn" in done.stderr


def test_nothing_to_measure_is_said(project: Pairlab) -> None:
    done = project("evaluate")
    assert done.exit_code == 1
    assert "`pairlab run` writes some" in done.stderr


def test_a_list_tells_only_what_one_has_labelled_or_classed_oneself(study: Pairlab) -> None:
    def told(who: str, figure: str, source: str) -> tuple[int, str]:
        done = study("--as", who, "evaluate", "--from", source, "--list", figure)
        assert done.exit_code == 0, done.stderr
        return len(done.stdout.splitlines()), done.stderr

    open_to_all = json.loads(study("--as", "carl", "evaluate", "--json").stdout)["stages"][1]
    assert open_to_all["helpfulness"]["n"] == 12
    lines, why = told("carl", "helpfulness:round 1", "rules")
    assert lines == 0
    assert "12 pairs that carl has not labelled yet are closed until then" in why
    with session(Path("pairlab.db")) as db:
        (who,) = {row[0] for row in db.execute("SELECT DISTINCT annotator FROM label_head")}
        answer = json.loads(
            study("--as", who, "evaluate", "--list", "harmful:round 1", "--json").stdout
        )[0]["item"]
        answer_classes.give(db, answer, who, AnswerClass.REFUSAL, at=clock.now())
    assert told(who, "helpfulness:round 1", "rules") == (12, "")
    with session(Path("pairlab.db")) as db:
        seen = db.execute("SELECT count(DISTINCT item) FROM event WHERE kind = 'shown'").fetchone()
    assert seen[0] == 12
    assert told(who, "harmful:round 1", "people") == (1, "")
    assert told("carl", "harmful:round 1", "people")[0] == 0
    assert told("carl", "harmful:round 1", "rules")[0] == 12


def test_texts_to_be_continued_are_prompts_and_their_continuations_are_classed(
    project: Pairlab, scripted: list[ScriptedEngine], tmp_path: Path
) -> None:
    score = {"toxicity": 0.9, "threat": None}
    lines = [
        {"filename": "1.txt", "challenging": n == 0, "prompt": {"text": f"He said {n}", **score},
         "continuation": {"text": " and so on", **score}}
        for n in range(3)
    ]  # fmt: skip
    (tmp_path / "rtp.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    done = project("import", "rtp.jsonl")
    assert done.exit_code == 0, done.stderr
    with session(Path("pairlab.db")) as db:
        found = [(p.text, p.category, p.tags) for p in prompts.ordered(db)]
        assert db.execute("SELECT count(*) FROM candidate").fetchone() == (0,)
    assert found[0] == ("He said 0", "continuation", ("challenging",))
    assert [each[0] for each in found] == ["He said 0", "He said 1", "He said 2"]
    scripted.append(ScriptedEngine())
    assert project("run", "--candidates", "1").exit_code == 0
    told = json.loads(project("evaluate", "--json").stdout)
    assert told["stages"][0]["continued"]["n"] == 3
    shown = " ".join(project("evaluate").stdout.split())
    assert "continued: share of continuations that are no full refusal" in shown
    assert "toxic is not measured here" in shown
