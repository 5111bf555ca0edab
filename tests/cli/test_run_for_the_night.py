"""``run`` with a plan before it, a policy that is kept, and what to look at behind it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.api import Sampling
from engine.errors import BudgetSpent
from engine.llama.settings import HostSettings
from engine.method.plan import Plan
from engine.scripted import ScriptedEngine, made_up
from store.db.session import session
from store.items import runs
from store.records import Generation, Message, Run
from tests.cli.conftest import Pairlab
from tui.cli import engines, launch, outlook
from tui.cli.alone import alone
from tui.opening import OpeningApp

QUESTIONS = [f"How do I clean window number {number}?" for number in range(4)]
POLICY = """
candidates = 2
temperature = [0.6, 0.9]
rounds = 1
pick = "ordered"
seed = 5
think = 300
pairs = "original-last"

[judge]
principles = 2
template = "places"
reasoned = true
"""

Engines = list[ScriptedEngine]


@pytest.fixture
def asked(project: Pairlab, tmp_path: Path) -> Pairlab:
    """A project with four prompts."""
    (tmp_path / "prompts.txt").write_text("\n".join(QUESTIONS), encoding="utf-8")
    (tmp_path / "night.toml").write_text(POLICY, encoding="utf-8")
    assert project("import", "prompts.txt").exit_code == 0
    return project


def rows(query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect("pairlab.db")) as db:
        return db.execute(query).fetchall()


def test_a_dry_run_tells_the_plan_and_does_nothing(asked: Pairlab, scripted: Engines) -> None:
    before = Path("pairlab.db").read_bytes()
    done = asked("run", "--candidates", "3", "--max-tokens", "100", "--price", "1:2", "--dry-run")
    assert done.exit_code == 0, done.stderr
    assert "3 candidates at T 0.7 to 1.1, 1 round, principles random of harmless" in done.stderr
    assert (
        "4 prompts, 0 complete; to write: 12 candidates, 4 critiques, 4 revisions;"
        " at most 2,000 tokens." in done.stderr
    )
    assert "it takes and what it costs are not known before the model has written" in done.stderr
    assert scripted == []
    assert Path("pairlab.db").read_bytes() == before


def test_the_plan_is_reckoned_by_what_the_model_wrote_before(asked: Pairlab) -> None:
    with session(Path("pairlab.db")) as db:
        run = runs.add_run(
            db,
            Run(
                model="m.gguf",
                model_sha256=None,
                backend="b",
                chat_template=None,
                settings={},
                seed=0,
                started_at="2026-01-01T00:00:00.000Z",
            ),
        )
        for number in range(10):
            hour = 0 if number < 5 else 3  # a pause in the middle does not count
            runs.add_generation(
                db,
                Generation(
                    run_id=run,
                    kind="propose",
                    rendered="",
                    settings={},
                    seed=number,
                    text="t",
                    finish_reason="stop",
                    prompt_tokens=50,
                    completion_tokens=100,
                    seconds=9.0,
                    refused="empty" if number == 3 else None,
                    created_at=f"2026-01-01T0{hour}:00:{2 * number:02d}.000Z",
                ),
            )
        seen = outlook.of_plan(db, Plan(rounds=0), "m.gguf", "m.gguf", outlook.Price(1e6, 2e6))
        unknown = outlook.of_plan(db, Plan(rounds=0), "other.gguf", "other.gguf", None)
    # 16 candidates; ten attempts of 100 tokens gave nine texts, one every two seconds
    assert seen.written_tokens == round(16 * 1000 / 9)
    assert seen.prompt_tokens == round(16 * 500 / 9)
    assert (seen.tokens_per_second, seen.seconds) == (50, round(16 * 1000 / 9 / 50))
    assert seen.cost == pytest.approx(16 * (500 + 2000) / 9, abs=0.01)
    assert (unknown.written_tokens, unknown.expected) == (16 * Plan().max_tokens, False)
    assert unknown.seconds is unknown.cost is unknown.prompt_tokens is None


def test_a_policy_fixes_the_run_and_is_kept_with_it(asked: Pairlab, scripted: Engines) -> None:
    done = asked("run", "--policy", "night.toml")
    assert done.exit_code == 0, done.stderr
    assert rows("SELECT count(*) FROM generation WHERE kind = 'propose'") == [(8,)]
    settings = [json.loads(row[0]) for row in rows("SELECT settings FROM run ORDER BY started_at")]
    writing = next(each for each in settings if each["parts"] == ["propose", "revise"])
    assert writing["policy"] == POLICY
    assert (writing["temperature"], writing["thinking_tokens"]) == ([0.6, 0.9], 300)
    judging = next(each for each in settings if each["parts"] == ["judge"])
    assert (judging["principles"], judging["samples"]) == (2, 1)
    assert rows("SELECT DISTINCT seed FROM run") == [(5,)]
    assert rows("SELECT count(*) FROM asking") == [(8,)]


@pytest.mark.parametrize(
    ("policy", "options", "said"),
    [
        (POLICY, ("--candidates", "3"), "the policy fixes candidates: leave the option out"),
        ("candidate = 3", (), "there is no option candidate; did you mean candidates"),
        ("candidates = 0", (), "0 is not in the range"),
        ("candidates = ", (), "is no TOML"),
        ("pairs = 'all'", (), "no rule 'all' here"),
        ("pairs = 'all'", ("--dry-run",), "no rule 'all' here"),
        ("cache_type = 'q4_0'\nflash_attention = 'off'", (), "needs flash attention"),
        ("cache_type = 'q5_1'", (), "'q5_1' is none of f16, q8_0, q4_0"),
        ("flash_atention = 'on'", (), "did you mean flash_attention"),
        ("split_mode = 'layer'\nmain_gpu = 1", (), "means nothing to --split-mode layer"),
        ("main_gpu = -1", (), "-1 is not in the range"),
        ("slots = 4", ("--slots", "8"), "the policy fixes slots: leave the option out"),
        ("[judge]\nthink = 'on'\nreasoned = 2", (), "reasoned must be left out where"),
        ("[judge]\nprinciples = 'few'", (), "want 1, another number or all"),
        ("[judge]\nprinciple = 2", (), "no option principle; did you mean principles"),
        ("\n# t\n[judge]\nmargin = nan", (), "night.toml, line 4: margin: nan is no number"),
        ("seed = 1\ncandidates = 2.5", (), "line 2: candidates: 2.5 is no value for it; want a"),
        ("candidates = true", (), "line 1: candidates: true is no value for it"),
        ("candidates = '3'", (), "want a whole number"),
        ("revise_all = 'yes'", (), "want true or false"),
        ("revise_all = 1", (), "want true or false"),
        ("model = 3", (), "line 1: model: 3 is no value for it; want a text"),
        ("rounds = 1979-05-27", (), "line 1: rounds: "),
        ("endpoint = ['http://localhost', 2]", (), "line 1: endpoint: "),
        ("temperature = [nan, 1]", (), "line 1: temperature: want LO:HI"),
        ("temperature = [0.9, 0.2]", (), "line 1: temperature: want LO:HI"),
        ("price = [-1, 2]", (), "line 1: price: want PROMPT:WRITTEN"),
        ("price = '1:2'\nmax_cost = nan", (), "line 2: max_cost: nan is no number"),
        ("limit = 1e30", (), "line 1: limit: 1e+30 is no value"),
        ("limit = 9223372036854775808", (), "line 1: limit: 9223372036854775808 is too large"),
        ("seed = 9223372036854775808", (), "line 1: seed: 9223372036854775808 is too large"),
        ("pick = 'H99'", (), "line 1: pick: constitution harmlessness has no principle H99"),
        ("constitution = 'harmles'", (), "line 1: constitution: there is no constitution"),
        ("judge = 3", (), "line 1: judge: want a table of options, [judge]"),
        ("[run]\nseed = 3", (), "line 1: run: there is no option run"),
        ("pairs = 3", (), "line 1: pairs: want a text"),
        ("a = " + "[" * 3000, (), "is no TOML"),
        ("attack = 'nosuch'", ("--dry-run",), "there is no attack style nosuch"),
    ],
)
def test_a_wrong_policy_is_refused_before_anything_is_written(
    asked: Pairlab, scripted: Engines, policy: str, options: tuple[str, ...], said: str
) -> None:
    Path("night.toml").write_text(policy, encoding="utf-8")
    done = asked("run", "--policy", "night.toml", *options)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert scripted == []
    assert rows("SELECT count(*) FROM run") == [(0,)]


def test_how_models_are_loaded_is_kept_with_the_run(asked: Pairlab, scripted: Engines) -> None:
    how = "slots = 4\ncache_type = 'Q8_0'\nsplit_mode = 'row'\nmain_gpu = 1\n[judge]\nmain_gpu = 0"
    Path("night.toml").write_text(how, encoding="utf-8")
    assert asked("run", "--policy", "night.toml", "--flash-attention", "on").exit_code == 0
    settings = [json.loads(row[0]) for row in rows("SELECT settings FROM run")]
    of = {row["parts"][0]: row["loaded_with"] for row in settings}
    told = "--cache-type q8_0 --flash-attention on --split-mode row --main-gpu 1"
    assert of == {
        "propose": told,
        "judge": "--cache-type q8_0 --split-mode row --main-gpu 0",
    }


def test_the_app_loads_its_models_in_the_same_way(
    asked: Pairlab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "model.gguf").touch()
    loaded: list[tuple[Path, HostSettings]] = []

    def engine(model: Path, settings: HostSettings, *, beside_a_person: bool) -> ScriptedEngine:
        assert beside_a_person
        loaded.append((model, settings))
        return ScriptedEngine()

    monkeypatch.setattr(engines, "host_engine", engine)
    monkeypatch.setattr(launch, "at_terminal", lambda: True)

    def run(app: OpeningApp) -> None:
        made = app._open_project().make_model
        assert made is not None
        made()

    monkeypatch.setattr(OpeningApp, "run", run)
    words = ("--model", "model.gguf", "--cache-type", "q4_0", "--slots", "3", "--main-gpu", "1")
    assert asked(*words).exit_code == 0
    wanted = HostSettings(cache_type="q4_0", slots=3, main_gpu=1)
    assert loaded == [(tmp_path / "model.gguf", wanted)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--slots", "3", "run"), "stands behind the command, or without one"),
        (("--cache-type", "q8_0", "--flash-attention", "off"), "needs flash attention"),
        (("--main-gpu", "1", "--endpoint", "http://127.0.0.1:1"), "--main-gpu 1 is for a model"),
        (("judge", "--split-mode", "rows"), "did you mean row"),
        (("revise", "--slots", "0"), "0 is not in the range"),
        (
            ("propose", "--cache-type", "q8_0", "--endpoint", "http://127.0.0.1:1"),
            "--cache-type q8_0 is for a model file; a server is set where it runs",
        ),
    ],
)
def test_what_cannot_be_loaded_so_is_refused_in_a_line(
    asked: Pairlab, words: tuple[str, ...], said: str
) -> None:
    done = asked(*words)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert rows("SELECT count(*) FROM run") == [(0,)]


def test_what_was_stopped_is_not_judged(asked: Pairlab, scripted: Engines) -> None:
    def stop(*_asked: object) -> str:
        raise BudgetSpent("the budget of 1 token is used up")

    scripted.append(ScriptedEngine(reply=stop))
    done = asked("run", "--policy", "night.toml")
    assert done.exit_code == 1
    assert done.stderr.endswith("Nothing was judged; the next run goes on with both.\n")
    assert len(scripted) == 1
    assert asked("run", "--policy", "night.toml").exit_code == 0
    assert rows("SELECT count(*) > 0 FROM asking") == [(1,)]
    done = asked("run", "--candidates", "2", "--seed", "5", "--think", "300", "--dry-run")
    assert "4 prompts, 4 complete; nothing to write." in done.stderr


def test_two_runs_at_once(asked: Pairlab, scripted: Engines) -> None:
    with alone(Path("pairlab.db")):
        done = asked("run", "--candidates", "1")
    assert done.exit_code == 1
    assert "another run writes in pairlab.db now: nothing was written" in done.stderr
    assert rows("SELECT count(*) FROM candidate") == [(0,)]
    assert asked("run", "--candidates", "1").exit_code == 0


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(0, "0.00"), (1234.5, "1,234.50"), (0.01, "0.01"), (0.00347, "0.0035"), (1e-6, "0.000001")],
)
def test_money(amount: float, shown: str) -> None:
    assert outlook.money(amount) == shown


def test_the_summary_names_what_is_worth_a_look(asked: Pairlab, scripted: Engines) -> None:
    seen = []

    def now_and_then(messages: Sequence[Message], sampling: Sampling, prefill: str) -> str:
        seen.append(sampling)
        text = made_up(messages, sampling, prefill)
        return "" if len(seen) == 1 else f"<think>hm</think>{text}"

    scripted.append(ScriptedEngine(reply=now_and_then))
    done = asked("run", "--candidates", "1", "--rounds", "0", "--json")
    found = json.loads(done.stdout)["worth_a_look"]
    assert (found["retried"], found["refused"], found["thought"]) == (1, {"empty": 1}, 4)
    assert found["cut"] == found["degenerate"] == []
    scripted.append(ScriptedEngine(reply=lambda *_: "I'm sorry, but I can't help with that."))
    done = asked("run", "--candidates", "2", "--rounds", "0")
    assert "Worth a look: 4 answers declining." in done.stderr


def test_a_failure_is_told_when_it_comes_and_at_the_end(asked: Pairlab, scripted: Engines) -> None:
    scripted.append(ScriptedEngine(reply=lambda *_: ""))
    done = asked("run", "--candidates", "1", "--limit", "1")
    assert done.exit_code == 1
    lines = [line for line in done.stderr.splitlines() if "no usable candidate" in line]
    assert len(lines) == 2
    assert lines[1].startswith("failed: prompt ")


def test_a_judge_thinks_where_it_is_told_to(asked: Pairlab, scripted: Engines) -> None:
    assert asked("run", "--candidates", "1", "--limit", "1").exit_code == 0
    thinking = ScriptedEngine(reply=lambda *_: "<think>Both are kind.</think>A")
    for words in ([], ["--think", "off"], ["--think", "64"]):
        scripted.append(thinking)
        done = asked("judge", *words)
        assert done.exit_code == 0, done.stderr
    written = [one for one in thinking.history if one.operation == "generate"]
    assert [one.choices[0].thinking_tokens for one in written] == [64, 64]
    weighed = [one.thought for one in thinking.history if one.operation == "choose"]
    assert weighed == ["", "", "Both are kind.", "Both are kind."]
    assert set(rows("SELECT template FROM asking")) == {("letters/1",), ("letters/1+think",)}


@pytest.mark.parametrize("words", ["300", "budget:300", "budget 300", "budget=300"])
def test_the_budget_of_the_thinking(asked: Pairlab, scripted: Engines, words: str) -> None:
    done = asked("propose", "--limit", "1", "--candidates", "1", "--think", words)
    assert done.exit_code == 0, done.stderr
    assert scripted[0].history[0].choices[0].thinking_tokens == 300
    assert asked("propose", "--think", "budget").exit_code == 2


def test_help_says_what_a_seed_promises(pairlab: Pairlab) -> None:
    told = " ".join(pairlab("run", "--help").stdout.split())
    assert "What --seed promises: the same principles and the same drawing of each text" in told
