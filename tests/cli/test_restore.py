"""restore, rescue and doctor --repair on the command line."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Pairlab, write_lines


@pytest.fixture
def pairs(project: Pairlab, tmp_path: Path) -> Pairlab:
    """A project with three pairs, one of them labelled, and ``saved.db``, a backup of it."""
    rows = [{"id": f"p{n}", "prompt": f"Why {n}?", "a": "Yes.", "b": "No."} for n in range(3)]
    write_lines(tmp_path / "pairs.jsonl", rows)
    assert project("import", "pairs.jsonl").exit_code == 0
    assert project("label", "p0", "a").exit_code == 0
    assert project("backup", "saved.db").exit_code == 0
    return project


def change(path: Path, *statements: str) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        db.execute(statement)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def test_restore_puts_the_present_file_aside_and_says_where(pairs: Pairlab) -> None:
    pairs("label", "p1", "b")
    done = pairs("restore", "saved.db", "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["events"] == 1
    former = told["set_aside"][0]
    assert Path(former).name.startswith("pairlab.db.before-restore-")
    assert json.loads(pairs("merge", former, "--json").stdout)["labels"] == {"first": 1}
    assert pairs("doctor").exit_code == 0
    again = pairs("restore", "saved.db")
    assert again.exit_code == 0
    assert "pairlab.db.before-restore-" in again.stderr


def test_restore_refuses_in_one_line_and_changes_nothing(pairs: Pairlab) -> None:
    before = Path("pairlab.db").read_bytes()
    change(
        Path("saved.db"),
        "DROP TRIGGER candidate_no_update",
        "UPDATE candidate SET text = 'Yes!' WHERE text = 'Yes.'",
    )
    Path("letter.txt").write_text("dear reader")
    for name in ("saved.db", "letter.txt", "nothing.db", "pairlab.db"):
        done = pairs("restore", name)
        assert done.exit_code == 1, name
        assert done.stderr.count("\n") == 1
        assert name in done.stderr
    assert Path("pairlab.db").read_bytes() == before
    assert not [each for each in Path().iterdir() if "before-restore" in each.name]
    assert pairs("restore").exit_code == 2


def test_a_changed_letter_stops_backup_and_export_and_rescue_leaves_it_out(
    pairs: Pairlab,
) -> None:
    change(
        Path("pairlab.db"),
        "DROP TRIGGER candidate_no_update",
        "UPDATE candidate SET text = 'Yes!' WHERE id = (SELECT a_id FROM pair LIMIT 1)",
    )
    told = json.loads(pairs("doctor", "--json").stdout)
    (items,) = [each for each in told["findings"] if each["subject"] == "items"]
    assert (told["ok"], items["severity"]) == (False, "broken")
    for command in (("backup", "copy.db"), ("export", "out.jsonl")):
        done = pairs(*command)
        assert done.exit_code == 1
        assert "not belong to its id" in done.stderr
        assert not Path(command[1]).exists()
    rescued = pairs("rescue", "out.db", "--json")
    assert rescued.exit_code == 3
    taken = json.loads(rescued.stdout)["taken"]
    assert (taken["prompt"], taken["pair"], taken["candidate"]) == (3, 2, 5)
    assert pairs("--db", "out.db", "doctor").exit_code == 0
    # the label of the lost pair waits for it
    assert json.loads(pairs("--db", "out.db", "merge", "saved.db", "--json").stdout)["labels"] == {}
    assert pairs("--db", "out.db", "export", "out.jsonl").exit_code == 0
    assert len(Path("out.jsonl").read_text().splitlines()) == 1


def test_repair_mends_what_follows_from_the_events(pairs: Pairlab) -> None:
    change(Path("pairlab.db"), "UPDATE label_head SET verdict = 'b'")
    assert pairs("doctor").exit_code == 1
    done = pairs("doctor", "--repair", "--json")
    assert done.exit_code == 0, done.stdout
    assert json.loads(done.stdout)["repaired"] == [
        "tables of current labels rebuilt from the events"
    ]
    assert "Nothing had to be mended." in pairs("doctor", "--repair").stderr
    change(Path("pairlab.db"), "INSERT INTO set_aside SELECT id, 'because' FROM event")
    shutil.copy("saved.db", "other.db")
    assert pairs("doctor", "--repair").exit_code == 0
    assert pairs("doctor").exit_code == 0
