"""``run``, ``propose``, ``revise`` and ``judge`` on an engine without a model."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.api import Sampling
from engine.errors import HostDied, PromptTooLong
from engine.scripted import ScriptedEngine, made_up
from store.records import Message
from tests.cli.conftest import Pairlab, write_lines

QUESTIONS = ("How do I end a hung process?", "Is the Earth flat?", "How do I clean a window?")
PAIRS = [
    {"id": f"p{n}", "prompt": QUESTIONS[n // 2], "a": f"Yes, {n}.", "b": f"No, {n}."}
    for n in range(4)
]

Engines = list[ScriptedEngine]


@pytest.fixture
def asked(project: Pairlab, tmp_path: Path) -> Pairlab:
    """A project with three prompts."""
    (tmp_path / "prompts.txt").write_text("\n".join(QUESTIONS), encoding="utf-8")
    assert project("import", "prompts.txt").exit_code == 0
    return project


@pytest.fixture
def paired(project: Pairlab, tmp_path: Path) -> Pairlab:
    """A project with two prompts of two pairs each."""
    write_lines(tmp_path / "pairs.jsonl", PAIRS)
    assert project("import", "pairs.jsonl").exit_code == 0
    return project


def rows(query: str, *values: str) -> list[tuple[Any, ...]]:
    """Rows of the project, read with plain SQLite."""
    with closing(sqlite3.connect("pairlab.db")) as db:
        return db.execute(query, values).fetchall()


def written() -> Counter[str]:
    """Generations by kind."""
    return Counter(dict(rows("SELECT kind, count(*) FROM generation GROUP BY kind")))


def texts() -> list[tuple[Any, ...]]:
    """What was written, without ids and times."""
    return rows(
        "SELECT prompt.text, origin, slot, round, candidate.text FROM candidate"
        " JOIN prompt ON prompt.id = prompt_id ORDER BY 1, 2, 3, 4"
    )


def verdicts(annotator: str) -> dict[str, str]:
    """An annotator's verdicts by imported id."""
    return dict(
        rows(
            "SELECT pair.external_id, verdict FROM labels_current"
            " JOIN pair ON pair.id = pair_id WHERE annotator = ?",
            annotator,
        )
    )


def test_propose_and_then_revise_come_to_what_run_comes_to(
    asked: Pairlab, scripted: Engines, tmp_path: Path
) -> None:
    options = ("--limit", "2", "--seed", "7")
    proposed = asked("propose", *options, "--candidates", "3", "--json")
    assert proposed.exit_code == 0, proposed.stderr
    told = json.loads(proposed.stdout)
    assert (told["prompts"], told["complete"]) == (2, 2)
    assert told["written"] == {"propose": 6}
    assert written() == {"propose": 6}
    revised = asked("revise", *options, "--json")
    assert revised.exit_code == 0, revised.stderr
    told = json.loads(revised.stdout)
    assert (told["prompts"], told["complete"]) == (2, 2)
    assert told["written"] == {"critique": 2, "revise": 2}
    assert rows("SELECT count(*) FROM pair WHERE kind = 'revision'") == [(2,)]
    in_steps = texts()
    (tmp_path / "pairlab.db").rename(tmp_path / "steps.db")
    asked("new")
    asked("import", "prompts.txt")
    assert asked("run", *options, "--candidates", "3").exit_code == 0
    assert texts() == in_steps


def test_all_candidates_of_a_prompt_are_proposed_in_one_request(
    asked: Pairlab, scripted: Engines
) -> None:
    asked("propose", "--limit", "1", "--candidates", "5")
    assert [len(one.choices) for one in scripted[0].history] == [5]


def test_a_second_propose_or_revise_adds_nothing(asked: Pairlab, scripted: Engines) -> None:
    for step in ("propose", "revise"):
        assert asked(step).exit_code == 0
        before = written()
        again = asked(step)
        assert again.exit_code == 0
        assert "3 of 3 prompts complete; wrote 0" in again.stderr
        assert written() == before
    assert scripted[1].history == scripted[3].history == []


def test_revise_takes_what_is_there_and_no_more(asked: Pairlab, scripted: Engines) -> None:
    asked("propose", "--limit", "1", "--candidates", "3")
    done = asked("revise", "--revise-all")
    assert done.exit_code == 0, done.stderr
    assert "1 of 1 prompt complete; wrote 3 critiques, 3 revisions" in done.stderr
    assert written() == {"propose": 3, "critique": 3, "revise": 3}


def test_revise_without_a_candidate_names_propose(asked: Pairlab, scripted: Engines) -> None:
    done = asked("revise")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "pairlab propose" in done.stderr
    assert scripted == []


@pytest.mark.parametrize("step", ["run", "propose", "judge"])
def test_without_anything_to_do_import_is_named(
    project: Pairlab, scripted: Engines, step: str
) -> None:
    done = project(step)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "pairlab import" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("propose", "--rounds", "2"),
        ("revise", "--candidates", "2"),
        ("revise", "--rounds", "0"),
        ("judge", "--max-tokens", "9"),
        ("judge", "--pick", "nothing"),
    ],
)
def test_an_option_of_another_step_is_wrong_usage(
    asked: Pairlab, scripted: Engines, arguments: tuple[str, ...]
) -> None:
    assert asked(*arguments).exit_code == 2


def test_only_a_model_that_proposes_becomes_the_projects_own(
    asked: Pairlab, scripted: Engines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "large.gguf").touch()
    asked("propose", "--limit", "1")
    asked("revise", "--model", "large.gguf")
    monkeypatch.delenv("PAIRLAB_MODEL")
    asked("propose")
    assert [each.info and each.info.name for each in scripted] == [
        "model.gguf",
        "large.gguf",
        "model.gguf",
    ]


def test_judge_labels_every_pair_once_under_the_models_name(
    paired: Pairlab, scripted: Engines
) -> None:
    judge = ScriptedEngine(slots=1)
    judge.enqueue_weights((-0.1, -3.0), (-3.0, -0.1), (-3.0, -0.1), (-0.1, -3.0))
    judge.enqueue_weights((-0.1, -3.0), (-0.1, -3.0))
    scripted.append(judge)
    done = paired("judge", "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["pairs"], told["complete"], told["written"]) == (4, 4, {"judge": 4})
    given = verdicts("ai:scripted.gguf")
    assert set(given) == {"p0", "p1", "p2", "p3"}
    assert (given["p0"], given["p1"], given["p2"]) == ("a", "b", "tie")
    assert written() == {"judge": 8}
    scripted.append(ScriptedEngine())
    again = paired("judge")
    assert again.exit_code == 0
    assert "4 of 4 pairs are judged under these principles already; --seed N" in again.stderr
    assert scripted[1].history == []
    assert paired("judge").exit_code == 0
    assert set(verdicts("ai:model.gguf")) == {"p0", "p1", "p2", "p3"}


def test_judge_takes_the_pairs_of_the_first_prompts(paired: Pairlab, scripted: Engines) -> None:
    assert "2 of 2 pairs" in paired("judge", "--limit", "1").stderr
    assert set(verdicts("ai:model.gguf")) == {"p0", "p1"}


def test_judge_draws_principles_as_asked(paired: Pairlab, scripted: Engines) -> None:
    paired("judge", "--pick", "H13")
    used = rows("SELECT DISTINCT json_extract(settings, '$.principle') FROM generation")
    assert used == [("H13",)]
    scripted.append(ScriptedEngine())
    paired("judge", "--pick", "ordered")
    used = rows(
        "SELECT json_extract(generation.settings, '$.principle') FROM generation"
        " JOIN run ON run.id = run_id JOIN pair"
        " ON pair.id = json_extract(generation.settings, '$.pair')"
        " WHERE run.model = 'scripted.gguf' GROUP BY pair.id ORDER BY pair.position"
    )
    assert len(set(used)) == 4


def test_a_models_labels_are_no_persons(paired: Pairlab, scripted: Engines, tmp_path: Path) -> None:
    paired("judge")
    paired("label", "p0", "a")
    alone = paired("agree")
    assert alone.exit_code == 1
    assert "only first has labelled" in alone.stderr
    paired("export", "people.jsonl")
    assert len((tmp_path / "people.jsonl").read_text().splitlines()) == 1
    shown = json.loads(paired("show", "p1", "--json").stdout)
    assert shown["pair"]["labels"] == []
    between = json.loads(paired("agree", "--between", "first", "ai:model.gguf", "--json").stdout)
    assert between["n"] == 1
    decided = sum(verdict in {"a", "b"} for verdict in verdicts("ai:model.gguf").values())
    assert paired("export", "ai.jsonl", "--from", "ai", "--allow", "weak_judge").exit_code == 0
    assert len((tmp_path / "ai.jsonl").read_text().splitlines()) == decided


def test_judging_tells_nothing_of_a_sealed_round(paired: Pairlab, scripted: Engines) -> None:
    paired("round", "new", "pilot", "--annotators", "first,second")
    paired("--as", "second", "label", "p0", "both_bad", "--note", "marmalade")
    judged = paired("judge", "--json")
    assert judged.exit_code == 0, judged.stderr
    assert "marmalade" not in judged.output
    assert "first 0 of 4, second 1 of 4" in paired("round", "list").stdout
    refused = paired("agree", "--between", "first", "ai:model.gguf")
    assert refused.exit_code == 1
    assert "pilot" in refused.stderr


def test_what_failed_is_tried_once_more_and_then_listed(
    paired: Pairlab, scripted: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    died: Counter[str] = Counter()

    class Failing(ScriptedEngine):
        async def choose(self, messages: Sequence[Message], *more: Any, **named: Any) -> Any:
            for text, error in (
                ("Yes, 1.", HostDied("the host died")),
                ("Yes, 2.", PromptTooLong(5000, 4096)),
            ):
                if text in messages[-1].content:
                    died[text] += 1
                    raise error
            return await super().choose(messages, *more, **named)

    scripted.append(Failing())
    done = paired("judge", "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert (told["pairs"], told["complete"], told["finished"]) == (4, 2, True)
    ids = dict(rows("SELECT external_id, id FROM pair"))
    assert set(told["failures"]) == {ids["p1"], ids["p2"]}
    assert "5000" in told["failures"][ids["p2"]]
    # both orders are asked at the same time
    assert died == {"Yes, 1.": 4, "Yes, 2.": 2}
    assert f"pair {ids['p1'][:12]}: the host died" in done.stderr
    assert set(verdicts("ai:scripted.gguf")) == {"p0", "p3"}
    scripted.append(ScriptedEngine())
    assert "4 of 4 pairs complete; wrote 2 verdicts" in paired("judge").stderr


@pytest.mark.parametrize(
    ("step", "before", "stopped_at", "in_all"),
    [("propose", None, 2, 12), ("revise", "propose", 3, 3), ("judge", "run", 2, 6)],
)
def test_stopped_by_ctrl_c_a_step_is_gone_on_with(
    asked: Pairlab, scripted: Engines, step: str, before: str | None, stopped_at: int, in_all: int
) -> None:
    if before is not None:
        assert asked(before).exit_code == 0

    class Stopping(ScriptedEngine):
        """Presses Ctrl-C while one certain request is under way, and never answers it."""

        async def _turn(self, asked: Any) -> None:
            await super()._turn(asked)
            if len(self.history) == stopped_at:
                self.hold()
                os.kill(os.getpid(), signal.SIGINT)
                await self._pass()

    name = f"engine-{step}.gguf"
    scripted.append(Stopping(slots=1, name=name))
    stopped = asked(step)
    assert stopped.exit_code == 1
    assert "Stopped; what was written is stored" in stopped.stderr
    scripted.append(ScriptedEngine(name=name))
    done = asked(step, "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["complete"] == 3
    assert written()[step] == in_all


def test_progress_tells_speed_pace_and_time_left(
    asked: Pairlab, scripted: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.progress import Progress

    told: list[str] = []
    monkeypatch.setattr(
        Progress, "update", lambda self, task, **new: told.append(new.get("description") or "")
    )

    def fast(said: Sequence[Message], sampling: Sampling, prefill: str) -> str:
        engine.set_status(type(engine.status)(tokens_per_second=61.2))
        return made_up(said, sampling, prefill)

    engine = ScriptedEngine(reply=fast)
    scripted.append(engine)
    assert asked("propose").exit_code == 0
    assert any(
        all(words in line for words in ("61 tok/s", "texts/min", "left")) for line in told
    ), told


def test_what_a_model_thinks_is_in_no_text_and_in_the_audit_alone(
    asked: Pairlab, scripted: Engines, tmp_path: Path
) -> None:
    def thinking(messages: Sequence[Message], sampling: Sampling, prefill: str) -> str:
        return f"<think>secret</think>\n\n{made_up(messages, sampling, prefill)}"

    scripted.append(ScriptedEngine(reply=thinking))
    done = asked("run", "--candidates", "1", "--think", "500")
    assert done.exit_code == 0, done.stderr
    for table in ("candidate", "critique"):
        assert rows(f"SELECT count(*) FROM {table} WHERE text LIKE '%secret%'") == [(0,)]
    assert rows("SELECT DISTINCT reasoning FROM generation") == [("secret",)]
    assert scripted[0].history[0].choices[0].thinking_tokens == 500
    for pair_id, a_role in rows("SELECT id, a_role FROM pair"):
        asked("label", pair_id, "b" if a_role == "original" else "a")
    assert asked("export", "out.jsonl", "--format", "triplets").exit_code == 0
    out = (tmp_path / "out.jsonl").read_text(encoding="utf-8")
    assert (out.count("\n"), "secret" in out) == (3, False)
    assert asked("export", "audit.jsonl", "--format", "audit").exit_code == 0
    line = json.loads((tmp_path / "audit.jsonl").read_text(encoding="utf-8").split("\n")[0])
    assert line["a"]["generation"]["reasoning"] == "secret"
    shown = asked("show", line["prompt"]["id"]).stdout
    assert "stop · thought 1 word" in shown
    assert "secret" not in shown


@pytest.mark.parametrize("said", ["", "\u200b", "<think>I ought to", "<think>done</think>\n"])
def test_a_model_that_says_nothing_has_failed(asked: Pairlab, scripted: Engines, said: str) -> None:
    scripted.append(ScriptedEngine(reply=lambda *_asked: said))
    done = asked("run", "--candidates", "2", "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert (told["prompts"], told["complete"], len(told["failures"])) == (3, 0, 3)
    assert all("empty" in reason for reason in told["failures"].values())
    assert rows("SELECT count(*) FROM candidate") == rows("SELECT count(*) FROM pair") == [(0,)]
    assert rows("SELECT count(*) FROM generation WHERE refused IS NULL") == [(0,)]
    again = asked("run", "--candidates", "2")
    assert again.exit_code == 0, again.stderr
    assert "3 of 3 prompts complete; wrote 6 candidates" in again.stderr


def test_what_failed_is_counted_and_the_others_are_kept(asked: Pairlab, scripted: Engines) -> None:
    def one_fails(messages: Sequence[Message], sampling: Sampling, prefill: str) -> str:
        flat = any("Earth" in message.content for message in messages)
        return "" if flat else made_up(messages, sampling, prefill)

    scripted.append(ScriptedEngine(reply=one_fails))
    done = asked("run", "--candidates", "1")
    assert done.exit_code == 1
    assert "2 of 3 prompts complete, 1 failed; wrote 2 candidates" in done.stderr
    assert rows("SELECT count(*) FROM pair") == [(2,)]
    [(failed,)] = rows("SELECT id FROM prompt WHERE text LIKE '%Earth%'")
    assert f"failed: prompt {failed[:12]}: no usable candidate" in done.stderr


@pytest.mark.parametrize("value", ["maybe", "0", "-3", "1.5"])
def test_think_is_off_on_or_a_number(asked: Pairlab, scripted: Engines, value: str) -> None:
    assert asked("run", "--think", value).exit_code == 2
