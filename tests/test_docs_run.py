"""Every block of commands, settings or code in README and docs, run as it is written."""

from __future__ import annotations

import re
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import click
import pytest

from engine.scripted import ScriptedEngine
from store.db.connection import open_store
from store.exporting.formats.base import ExportFormat
from store.judgements import rulings
from tests.cli.conftest import Pairlab, pairlab, project, scripted  # noqa: F401
from tests.store.building import AT
from tui.cli import COMMANDS, main
from tui.cli.examples import EXAMPLES

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in DOCUMENTS}
PAIRS = (
    '{"id": "p", "prompt": "Why?", "a": "It is so.", "b": "Nobody knows.",'
    ' "labels": {"ann": "a", "bob": "a"}}\n'
)


def blocks(document: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```", TEXTS[document], re.M | re.S)
    assert found, document
    return found


def said_commands() -> list[tuple[str, list[str]]]:
    """Every command that a document names in code, without what comes before its name."""
    found = [
        (f"help of {name}", words[2:] if words[0] == "--db" else words)
        for name, lines in EXAMPLES.items()
        for words in map(shlex.split, lines)
    ]
    for name, text in TEXTS.items():
        code = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
        lines = re.findall(r"^(?: {4,}|)(pairlab .*)$", text.replace("\\\n", " "), re.M)
        for line in [*code, *lines]:
            words = shlex.split(re.sub(r" +#.*", "", line)) if line.count("'") % 2 == 0 else []
            words = words[1:] if words[:1] == ["pairlab"] else words
            while words[:1] in (["--db"], ["--as"]):
                words = words[2:]
            if len(words) > 1 and words[0] in COMMANDS:
                found.append((name, words))
    return found


@pytest.mark.parametrize(
    ("document", "words"), said_commands(), ids=lambda each: each if isinstance(each, str) else None
)
def test_options_named_in_a_document_exist(document: str, words: list[str]) -> None:
    command: click.Command | None = main
    context = click.Context(main)
    rest = list(words)
    while isinstance(command, click.Group) and rest:
        command = command.get_command(context, rest.pop(0))
    assert command is not None, words
    known = {name for each in command.get_params(click.Context(command)) for name in each.opts}
    for word in rest:
        if word.startswith("--"):
            assert word.partition("=")[0] in known, (document, words)


def test_the_study_of_the_readme_ends_with_rows(
    pairlab: Pairlab,  # noqa: F811
    scripted: list[ScriptedEngine],  # noqa: F811
    tmp_path: Path,
) -> None:
    """As it stands there; what is done in the app's modes L and J is done here by hand."""
    (tmp_path / "my-prompts.txt").write_text("".join(f"What is {n} and {n}?\n" for n in range(6)))
    study = re.search(r"A small study.*?\n\n((?: {4}.*\n)+)", TEXTS["README.md"])
    assert study is not None
    for line in study[1].splitlines():
        command, _, why = line.strip().partition("#")
        words = shlex.split(command)[1:]
        if not set(words) & set(COMMANDS):
            _work_in_the_app(pairlab, words, rules="J:" in why)
            continue
        done = pairlab(*words)
        assert done.exit_code == 0, (line, done.stderr)
        if "agree" in words:
            assert "first and second · 5 common" in done.stdout
    rows = (tmp_path / "triplets.jsonl").read_text().splitlines()
    assert len(rows) == 5
    assert sum(1 for line in (tmp_path / "study-trl" / "train.jsonl").open()) >= 3


def _work_in_the_app(run: Pairlab, words: list[str], *, rules: bool) -> None:
    with closing(sqlite3.connect("study.db")) as db:
        pairs = [row[0] for row in db.execute("SELECT id FROM pair ORDER BY position")]
    assert len(pairs) == 5
    if rules:
        with closing(open_store(Path("study.db"))) as opened:
            rulings.rule(opened, pairs[0], "first", "b", reason="it answers", at=AT)
        return
    for place, pair_id in enumerate(pairs):
        verdict = "a" if place == 0 and "second" in words else "b"
        assert run(*words, "label", pair_id, verdict).exit_code == 0


def test_a_format_of_ones_own(project: Pairlab, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "pairs.jsonl").write_text(PAIRS)
    assert project("import", "pairs.jsonl").exit_code == 0
    (tmp_path / "mine.toml").write_text(blocks("data.md", "toml")[0])
    done = project("export", "out.jsonl", "--format", "mine.toml")
    assert done.exit_code == 0, done.stderr
    assert '"source": "our study"' in (tmp_path / "out.jsonl").read_text()


def test_attack_styles_and_a_policy_of_ones_own(
    project: Pairlab,  # noqa: F811
    scripted: list[ScriptedEngine],  # noqa: F811
    tmp_path: Path,
) -> None:
    styles, policy = blocks("method.md", "toml")
    (tmp_path / "mine.toml").write_text(styles)
    assert "shout" in project("attack", "styles", "--attacks", "mine.toml").stdout
    (tmp_path / "night.toml").write_text(policy)
    (tmp_path / "big.gguf").touch()
    (tmp_path / "prompts.txt").write_text("Why?\n")
    assert project("import", "prompts.txt").exit_code == 0
    done = project("run", "--policy", "night.toml", "--dry-run")
    assert done.exit_code == 0, done.stderr
    assert "1 prompt" in done.output


def test_queries_answer(project: Pairlab, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "pairs.jsonl").write_text(PAIRS.replace('"bob": "a"', '"bob": "b"'))
    assert project("import", "pairs.jsonl").exit_code == 0
    with closing(sqlite3.connect("pairlab.db")) as db:
        queries = [each for block in blocks("database.md", "sql") for each in block.split(";\n")]
        answers = [db.execute(each).fetchall() for each in queries if each.strip()]
    assert len(answers) == 6
    assert answers[1] == [("Why?", "It is so.", "Nobody knows.", "a", "b")]


def test_the_format_that_contributors_are_shown() -> None:
    made: dict[str, object] = {}
    exec(blocks("CONTRIBUTING.md", "python")[0], made)
    assert isinstance(made["MINE"], ExportFormat)
