"""Hostile files: brought in or refused in one line, and the project goes on whatever they held."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import Result

from tests import honest_file, hostile_files
from tests.cli.conftest import Pairlab, write_lines
from tests.hostile_files import EVENTS, HARMLESS, ITEMS, Ids
from tui.cli import COMMANDS

AT = hostile_files.AT
ARGUMENTS: dict[str, list[tuple[str, ...]]] = {
    "import": [("-", "--kind", "prompts")],
    "run": [("--help",)],  # those that need a model are called with one elsewhere
    "propose": [("--help",)],
    "revise": [("--help",)],
    "judge": [("--help",)],
    "label": [("PAIR", "tie")],
    "show": [("PAIR",), ("PROMPT",)],
    "agree": [(), ("--json",), ("--by", "guideline")],
    "check": [("--json",)],
    "export": [("out.jsonl",), ("audit.jsonl", "--format", "audit"), ("folder",)],
    "round": [("list",), ("new", "mine", "--annotators", "x,y")],
    "setting": [("--json",), ("--repeats", "3")],
    "attribute": [(), ("language=Basque",)],
    "guideline": [("show",), ("history",), ("relabel",)],
    "merge": [("third.db",)],
    "report": [("report.md",)],
    "backup": [("backup.db",)],
}
"""What each command is called with; those that are not here with ``--help``."""
DEFAULT = {"new": [()], "doctor": [("--json",)], "models": [()]}


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ids]:
    """A project that is right in every part."""
    path = tmp_path_factory.mktemp("honest") / "honest.db"
    return path, honest_file.make(path)


@pytest.fixture
def files(honest: tuple[Path, Ids], tmp_path: Path) -> Ids:
    """``clean.db`` and ``other.db``, twice the same honest file."""
    for name in ("clean.db", "other.db", "third.db"):
        shutil.copy(honest[0], tmp_path / name)
    return honest[1]


def every_command(pairlab: Pairlab, file: str, ids: Ids) -> dict[tuple[str, ...], int]:
    """Calls every command on a file; how each ended."""
    ends = {}
    for name in COMMANDS:
        for arguments in ARGUMENTS.get(name, DEFAULT.get(name, [("--help",)])):
            named = [{"PAIR": ids.pair, "PROMPT": ids.prompt}.get(word, word) for word in arguments]
            done = pairlab("--db", file, name, *named, stdin="A prompt of one's own\n")
            assert_orderly(done)
            ends[name, *arguments] = done.exit_code
    for left in ("out.jsonl", "audit.jsonl", "report.md", "backup.db"):
        Path(left).unlink(missing_ok=True)
    shutil.rmtree("folder", ignore_errors=True)
    return ends


def assert_orderly(done: Result) -> None:
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    assert "Traceback" not in done.output


def verdict(path: Path, pair: str, annotator: str) -> str:
    db = sqlite3.connect(path)
    try:
        (found,) = db.execute(
            "SELECT verdict FROM labels_current WHERE pair_id = ? AND annotator = ?",
            [pair, annotator],
        ).fetchall()
    finally:
        db.close()
    return str(found[0])


@pytest.mark.parametrize("name", EVENTS)
def test_events_that_cannot_be_used_are_kept_and_told_and_count_nowhere(
    pairlab: Pairlab, files: Ids, name: str
) -> None:
    shutil.copy("clean.db", "untouched.db")
    hostile_files.poison(Path("other.db"), files, EVENTS[name])

    merged = pairlab("--db", "clean.db", "merge", "other.db", "--json")
    assert_orderly(merged)
    assert merged.exit_code == 0, merged.stderr
    told = json.loads(merged.stdout)["set_aside"]
    assert told
    assert all(each["reason"] for each in told)
    assert verdict(Path("clean.db"), files.pair, "bob") == "a"

    assert pairlab("--db", "clean.db", "--as", "bob", "label", files.pair, "b").exit_code == 0
    assert pairlab("--db", "untouched.db", "merge", "clean.db").exit_code == 0
    assert verdict(Path("untouched.db"), files.pair, "bob") == "b"

    # the same file opened itself, as somebody has it who merged before this was looked at
    for _ in range(2):
        findings = json.loads(pairlab("--db", "other.db", "doctor", "--json").stdout)["findings"]
        (aside,) = [each for each in findings if each["subject"] == "set aside"]
        assert told[0]["id"][:12] in aside["words"]
        assert told[0]["reason"] in aside["words"]
        assert not [each for each in findings if each["severity"] == "broken"]
    assert pairlab("--db", "other.db", "agree").exit_code == 0


def test_every_command_works_on_a_file_that_holds_all_of_them(pairlab: Pairlab, files: Ids) -> None:
    for how in EVENTS.values():
        hostile_files.poison(Path("other.db"), files, how)
    assert every_command(pairlab, "other.db", files) == every_command(pairlab, "clean.db", files)
    findings = json.loads(pairlab("--db", "other.db", "doctor", "--json").stdout)["findings"]
    (aside,) = [each["words"] for each in findings if each["subject"] == "set aside"]
    assert f"{len(EVENTS) - 1 + 100} events cannot be used" in aside


@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_looks_odd_comes_in(pairlab: Pairlab, files: Ids, name: str) -> None:
    shutil.copy("clean.db", "untouched.db")
    hostile_files.poison(Path("other.db"), files, HARMLESS[name])
    merged = pairlab("--db", "clean.db", "merge", "other.db", "--json")
    assert merged.exit_code == 0, merged.stderr
    assert json.loads(merged.stdout)["set_aside"] == []
    assert pairlab("--db", "clean.db", "--as", "bob", "label", files.pair, "b").exit_code == 0
    assert pairlab("--db", "clean.db", "doctor").exit_code == 0
    assert pairlab("--db", "untouched.db", "merge", "clean.db").exit_code == 0
    assert verdict(Path("untouched.db"), files.pair, "bob") == "b"


@pytest.mark.parametrize("name", ITEMS)
def test_items_that_cannot_be_used_refuse_the_file_in_one_line(
    pairlab: Pairlab, files: Ids, name: str
) -> None:
    hostile_files.poison(Path("other.db"), files, ITEMS[name])
    merged = pairlab("--db", "clean.db", "merge", "other.db")
    assert_orderly(merged)
    assert merged.exit_code == 1
    assert "other.db is not to be trusted" in merged.stderr
    assert merged.stderr.count("\n") == 1
    assert not [each for each in Path().iterdir() if each.name.startswith(".")]
    again = json.loads(pairlab("--db", "clean.db", "merge", "clean2.db", "--json").stdout or "{}")
    assert again == {}
    assert pairlab("--db", "clean.db", "--as", "bob", "label", files.pair, "b").exit_code == 0


def test_an_import_refuses_the_rows_whose_annotators_no_event_could_name(project: Pairlab) -> None:
    names = ["ai:", "n" * 5000, "a\x07b", "ann"]
    rows = [
        {"prompt": f"{n}?", "a": "x", "b": "y", "labels": {who: "a"}} for n, who in enumerate(names)
    ]
    rows.append({"prompt": "long?", "a": "x", "b": "y", "notes": {"ann": "z" * (2**20 + 1)}})
    write_lines(Path("pairs.jsonl"), rows)
    done = project("import", "pairs.jsonl", "--json")
    assert done.exit_code == 3
    (told,) = json.loads(done.stdout)["files"]
    assert (told["added"], told["rejected"]) == (1, 4)
    assert [each["line"] for each in told["problems"] if not each["kept"]] == [1, 2, 3, 5]
