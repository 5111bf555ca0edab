"""``judge`` against a server whose log-probabilities are known."""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.scripted import ScriptedEngine
from store.db.session import session
from store.judgements import labels
from tests.cli.conftest import Pairlab, write_lines
from tests.judging_server import JudgingServer, Rule, first_place, ideal, longer, noisy, own

PAIRS = [(f"Yes, {n}.", f"No, {n}, and here is why.") for n in range(3)]
SAME = ("The  same.", "The same. ")


@pytest.fixture
def judged(project: Pairlab, tmp_path: Path) -> Pairlab:
    """A project with three pairs worth a question, and one whose answers are the same."""
    rows = [
        {"id": f"p{n}", "prompt": f"Question {n}?", "a": a, "b": b}
        for n, (a, b) in enumerate([*PAIRS, SAME])
    ]
    write_lines(tmp_path / "pairs.jsonl", rows)
    assert project("import", "pairs.jsonl").exit_code == 0
    return project


def rows(query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect("pairlab.db")) as db:
        return db.execute(query).fetchall()


def test_what_a_server_says_is_kept_to_the_letter_and_told(judged: Pairlab) -> None:
    with JudgingServer(first_place(0.91), PAIRS, mass=0.12) as server:
        done = judged("judge", "--endpoint", server.url)
        assert done.exit_code == 0, done.stderr
        assert "1 identical pair not judged" in done.stderr
        assert "does not answer the question (median probability of the letters .12)" in done.stderr
        assert "ai:judge: 0 a, 0 b, 3 ties (3 where the orders conflict)" in done.stderr
        assert sorted(server.shown) == sorted([*PAIRS, *(pair[::-1] for pair in PAIRS)])
        told = [math.log(0.12 * 0.91), math.log(0.12 * 0.09)] * 2
        kept = rows("SELECT ab_first, ab_second, ba_first, ba_second FROM asking")
        assert [list(row) for row in kept] == [[pytest.approx(x) for x in told]] * 3
        again = judged("judge", "--endpoint", server.url, "--json")
        assert (again.exit_code, len(server.shown)) == (0, 6)
        report = json.loads(again.stdout)
        assert (report["judge"], report["askings"], report["conflicts"]) == ("ai:judge", 0, 3)
        assert report["verdicts"] == {"a": 0, "b": 0, "tie": 3}
        assert report["skipped"] == {"withdrawn": 0, "identical": 1, "empty": 0}
        assert report["mass"] == pytest.approx(0.12)
        said = judged("judge", "--endpoint", server.url)
        assert "3 of 3 pairs are judged under these principles already" in said.stderr
        assert judged("judge", "--endpoint", server.url, "--seed", "1").exit_code == 0
        assert rows("SELECT count(*) FROM asking") == [(6,)]


def test_judges_stand_beside_each_other_and_the_margin_is_the_projects(judged: Pairlab) -> None:
    better = [b for _, b in PAIRS]
    with JudgingServer(ideal(better, 0.6), PAIRS, model="good") as server:
        for options in ((), ("--template", "places"), ("--as-judge", "ai:me", "--principles", "2")):
            done = judged("judge", "--endpoint", server.url, *options)
            assert done.exit_code == 0, done.stderr
        found = rows("SELECT judge, count(*), count(DISTINCT template) FROM asking GROUP BY judge")
        assert found == [("ai:good", 6, 2), ("ai:me", 6, 1)]
        verdicts = "SELECT DISTINCT annotator, verdict FROM label_head ORDER BY annotator"
        assert rows(verdicts) == [("ai:good", "b"), ("ai:me", "b")]
        done = judged("judge", "--endpoint", server.url, "--margin", "0.2")
        assert "3 ties (0 where the orders conflict, 3 within .20 of one half)" in done.stderr
        assert rows(verdicts) == [("ai:good", "tie"), ("ai:me", "b")]
        assert "margin" in judged("setting").stdout
        assert json.loads(judged("setting", "--json").stdout)["judge_margin"] == 0.2


def test_two_files_of_one_name_are_two_judges(
    judged: Pairlab, scripted: list[ScriptedEngine]
) -> None:
    class Other(ScriptedEngine):
        def __init__(self, sha256: str | None) -> None:
            super().__init__(name="model.gguf")
            object.__setattr__(self._offered, "sha256", sha256)

    scripted += [ScriptedEngine(name="model.gguf"), Other("f" * 64), Other(None), Other("f" * 64)]
    for _ in range(4):
        assert judged("judge").exit_code == 0
    names = ["ai:model.gguf", "ai:model.gguf#ffffffff", "ai:model.gguf#served"]
    assert rows("SELECT judge, count(*) FROM asking GROUP BY judge") == [(n, 3) for n in names]
    scripted.append(Other("e" * 64))
    refused = judged("judge", "--as-judge", "model.gguf")
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert "another model" in refused.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--principles", "0"),
        ("--principles", "some"),
        ("--few-shot", "rulings:x"),
        ("--reasoned", "99"),
        ("--margin", "0.5"),
        ("--template", "verse"),
        ("--as-judge", "source:x"),
        ("--principles", "2", "--pick", "H13"),
    ],
)
def test_what_cannot_be_asked_is_wrong_usage(judged: Pairlab, options: tuple[str, ...]) -> None:
    assert judged("judge", *options).exit_code == 2


def test_each_judge_on_a_server_is_named_by_its_certificate(
    project: Pairlab, tmp_path: Path
) -> None:
    good = {f"Fine {n}." + " And so on." * (n % 2) for n in range(60)}
    texts = [
        sorted([text, f"Poor {n}." + " And so on." * (n // 2 % 2)])
        for n, text in enumerate(sorted(good))
    ]
    texts = [pair[:: 1 if n % 2 else -1] for n, pair in enumerate(texts)]
    lines = [
        {
            "id": f"p{n}",
            "prompt": f"Question {n}?",
            "a": a,
            "b": b,
            "labels": dict.fromkeys(("ann", "bob"), "a" if a in good else "b"),
        }
        for n, (a, b) in enumerate(texts)
    ]
    write_lines(tmp_path / "many.jsonl", lines)
    assert project("import", "many.jsonl").exit_code == 0
    judges = {
        "place": (first_place(0.95), "it prefers the first place in 100 %"),
        "long": (longer(0.9), "it takes the longer answer in 100 %"),
        "ideal": (ideal(good), "as good as a second person"),
        "noisy": (noisy(good), "not as good as a second person"),
    }
    for name, (rule, sentence) in judges.items():
        with JudgingServer(rule, [(a, b) for a, b in texts]) as server:
            done = project("judge", "--endpoint", server.url, "--as-judge", name, "--json")
        assert done.exit_code == 0, done.stderr
        told = json.loads(done.stdout)["certificate"]
        assert sentence in told["sentence"], told["sentence"]
        assert told["certified"] is (name in ("ideal", "noisy"))
    right = told["accuracy"]["decided"]
    assert right["ci95"][0] < 0.8 < right["ci95"][1]


class Writer(JudgingServer):
    """Writes too: a sentence of its own about the number in the question."""

    def __init__(self, model: str, begins: str, rule: Rule, pairs: list[tuple[str, str]]) -> None:
        super().__init__(rule, pairs, model=model)
        self._begins = begins

    def chat(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if body.get("logprobs") or "prompt_logprobs" in body:
            return super().chat(body)
        number = int(re.findall(r"\d+", body["messages"][-1]["content"])[-1])
        message = {"content": written(self._begins, number)}
        return {"choices": [{"message": message, "finish_reason": "stop"}]}


def written(begins: str, number: int) -> str:
    more = " There is more to say of it." if (number % 2 == 0) == (begins == "Surely") else ""
    return f"{begins} the number {number} is worth a thought or two.{more}"


def test_a_judge_that_prefers_what_it_wrote_itself_is_named_so(
    project: Pairlab, tmp_path: Path
) -> None:
    numbers = range(52)
    write_lines(tmp_path / "asked.jsonl", [{"prompt": f"What about {n}?"} for n in numbers])
    assert project("import", "asked.jsonl").exit_code == 0
    own_texts = {written("Surely", n) for n in numbers}
    both = [(written("Perhaps", n), written("Surely", n)) for n in numbers]
    for candidates, model, begins in ((1, "other", "Perhaps"), (2, "me", "Surely")):
        with Writer(model, begins, own(own_texts), both) as server:
            done = project("propose", "--endpoint", server.url, "--candidates", str(candidates))
            assert done.exit_code == 0, done.stderr
    assert project("pair", "--rule", "all").exit_code == 0
    with session(Path("pairlab.db")) as db:
        for n, (pair_id, a) in enumerate(
            db.execute(
                "SELECT pair.id, text FROM pair JOIN candidate ON candidate.id = a_id"
                " ORDER BY pair.position"
            ).fetchall()
        ):
            says_own = n % 2 == 0
            for who in ("ann", "bob"):
                verdict = "a" if (a in own_texts) is says_own else "b"
                labels.give(db, pair_id, who, verdict, at="2026-01-02T03:04:05Z")
    with Writer("me", "Surely", own(own_texts), both) as server:
        done = project("judge", "--endpoint", server.url, "--json")
        assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)["certificate"]
    named = "it takes its own text in 100 % of the pairs with another's, people in 50 %"
    assert named in told["sentence"], told["sentence"]
    assert (told["own_text"]["judge"]["value"], told["own_text"]["judge"]["n"]) == (1, 52)
    assert told["own_text"]["people"]["value"] == 0.5
    assert not told["certified"]
    # the same words by a judge that wrote neither tell nothing of its own text
    with Writer("third", "Surely", own(own_texts), both) as server:
        done = project("judge", "--endpoint", server.url, "--json")
    told = json.loads(done.stdout)["certificate"]
    assert told["own_text"]["judge"]["undefined"].startswith("no pair of the judge's own text")
