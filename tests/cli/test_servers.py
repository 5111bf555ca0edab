"""``run`` by servers: several of them, a budget, a key in a file, a policy that names them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Pairlab
from tests.judging_server import JudgingServer, longer

PROMPTS = [f"How do I clean window number {number}?" for number in range(12)]
BRIEF = ("run", "--candidates", "1", "--rounds", "0", "--max-tokens", "20")


@pytest.fixture
def asked(project: Pairlab, tmp_path: Path) -> Pairlab:
    (tmp_path / "prompts.txt").write_text("\n".join(PROMPTS), encoding="utf-8")
    assert project("import", "prompts.txt").exit_code == 0
    return project


@pytest.fixture
def servers() -> Iterator[list[JudgingServer]]:
    with JudgingServer(longer(), []) as one, JudgingServer(longer(), []) as two:
        yield [one, two]


def written() -> list[str]:
    """The prompts that have a candidate, as often as they have one."""
    with closing(sqlite3.connect("pairlab.db")) as db:
        rows = db.execute("SELECT prompt_id FROM candidate ORDER BY prompt_id").fetchall()
    return [prompt_id for (prompt_id,) in rows]


def test_several_servers_write_and_the_key_stays_out_of_the_file(
    asked: Pairlab, servers: list[JudgingServer]
) -> None:
    key = Path("key")
    key.write_text("sk-very-secret\n")
    key.chmod(0o600)
    named = [word for server in servers for word in ("--endpoint", server.url)]
    done = asked(*BRIEF, *named, "--api-key-file", "key")
    assert done.exit_code == 0, done.stderr
    assert f"by the model of {servers[0].url} and {servers[1].url}" in done.stderr
    assert len(set(written())) == len(written()) == 12
    assert all(server.written for server in servers)
    assert {server.authorization for server in servers} == {"Bearer sk-very-secret"}
    for path in Path().glob("pairlab.db*"):
        assert b"sk-very-secret" not in path.read_bytes()
    key.chmod(0o644)
    assert "chmod 600 key" in asked(*BRIEF, *named, "--api-key-file", "key", "--seed", "1").stderr


def test_a_budget_stops_the_run_and_another_goes_on(
    asked: Pairlab, servers: list[JudgingServer]
) -> None:
    server = ("--endpoint", servers[0].url)
    # a prompt counts about 50 tokens here, for the server tells none
    done = asked(*BRIEF, *server, "--max-tokens-total", "300", "--json")
    assert done.exit_code == 1
    assert "Stopped: the budget of 300 tokens does not allow another request" in done.stderr
    told = json.loads(done.stdout)
    assert told["finished"] is False
    assert told["failures"] == {}
    before = written()
    assert 0 < len(before) < 12
    done = asked(*BRIEF, *server, "--price", "10:1000", "--max-cost", "5")
    assert done.exit_code == 0, done.stderr
    assert len(set(written())) == len(written()) == 12
    assert set(before) < set(written())


def test_a_budget_of_money(asked: Pairlab, servers: list[JudgingServer]) -> None:
    server = ("--endpoint", servers[0].url)
    done = asked(*BRIEF, *server, "--price", "10:1000", "--max-cost", "0.03")
    assert done.exit_code == 1
    assert "the budget of 0.03 does not allow" in done.stderr
    assert 0 < len(written()) < 12


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--max-tokens-total", "9"], "are for --endpoint"),
        (["--max-cost", "9"], "--max-cost needs --price"),
        (["--endpoint", "http://127.0.0.1:1", "--endpoint", "ftp://x"], "no http address"),
    ],
)
def test_words_that_cannot_be(asked: Pairlab, words: list[str], said: str) -> None:
    done = asked(*BRIEF, *words)
    assert done.exit_code != 0
    assert said in done.stderr


def test_a_policy_names_them(asked: Pairlab, servers: list[JudgingServer]) -> None:
    urls = json.dumps([server.url for server in servers])
    options = "candidates = 1\nrounds = 0\nmax_tokens = 20\n"
    Path("night.toml").write_text(f"endpoint = {urls}\n{options}[judge]\n", encoding="utf-8")
    done = asked("run", "--policy", "night.toml")
    assert len(written()) == 12, done.stderr
    Path("one.toml").write_text(f'endpoint = "{servers[0].url}"\n{options}seed = 1\n')
    done = asked("run", "--policy", "one.toml", "--dry-run")
    assert f"by the model of {servers[0].url}." in done.stderr


def test_a_judge_spends_what_the_run_has_left(asked: Pairlab, servers: list[JudgingServer]) -> None:
    text = f"endpoint = '{servers[0].url}'\ncandidates = 2\nrounds = 0\nmax_tokens = 20\n"
    Path("night.toml").write_text(f"{text}max_tokens_total = 2000\n[judge]\n", encoding="utf-8")
    pairs = [{"prompt": "q " * 400, "a": f"a {n}", "b": f"b {n} long"} for n in range(9)]
    Path("pairs.jsonl").write_text("\n".join(map(json.dumps, pairs)), encoding="utf-8")
    assert asked("import", "pairs.jsonl").exit_code == 0
    servers[0]._pairs = [(f"a {n}", f"b {n} long") for n in range(9)]
    done = asked("run", "--policy", "night.toml")
    assert "12 of 12 prompts complete; wrote 24 candidates" in done.stderr
    assert "the budget of 2,000 tokens does not allow another request" in done.stderr


def test_one_refusal_of_the_key_is_told_once(asked: Pairlab) -> None:
    with JudgingServer(longer(), [], key="right") as server:
        done = asked(*BRIEF, "--endpoint", server.url)
    assert done.exit_code == 1
    assert done.stderr.count("wants a key it accepts (401)") == 1


def test_a_judge_without_log_probabilities_is_told_once(project: Pairlab, tmp_path: Path) -> None:
    pairs = [{"id": f"p{n}", "prompt": "q", "a": f"one {n}", "b": f"two {n}"} for n in range(3)]
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, pairs)), encoding="utf-8")
    assert project("import", "pairs.jsonl").exit_code == 0
    with JudgingServer(None, []) as server:
        done = project("judge", "--endpoint", server.url)
    assert done.exit_code == 1
    assert done.stderr.count("tells no log-probabilities, and a judge's verdict is read") == 1
