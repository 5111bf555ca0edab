"""Rounds, guideline and merge on the command line."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Pairlab, write_lines


@pytest.fixture
def pairs(project: Pairlab, tmp_path: Path) -> Pairlab:
    """A project with six imported pairs in two categories."""
    write_lines(
        tmp_path / "pairs.jsonl",
        [
            {
                "id": f"p{n}",
                "prompt": f"Question {n}?",
                "a": f"Yes, {n}.",
                "b": f"No, {n}.",
                "category": "harmful" if n < 2 else "helpful",
            }
            for n in range(6)
        ],
    )
    assert project("import", "pairs.jsonl").exit_code == 0
    return project


def test_a_round_is_sealed_and_tells_progress(pairs: Pairlab) -> None:
    made = pairs("round", "new", "pilot", "--annotators", "first,second", "--json")
    assert made.exit_code == 0, made.stderr
    told = json.loads(made.stdout)
    assert (told["show"], told["ended"], told["pairs"], told["by"]) == ("sealed", None, 6, "first")
    pairs("label", "p0", "a")
    assert "first 1 of 6, second 0 of 6" in pairs("round", "list").stdout
    assert "only progress" in pairs("round", "show", "pilot").stdout
    refused = pairs("agree")
    assert refused.exit_code == 1
    assert "pilot" in refused.stderr


def test_a_round_ends_when_all_have_finished(pairs: Pairlab) -> None:
    pairs("round", "new", "pilot", "--annotators", "first,second", "--category", "harmful")
    for who in ("first", "second"):
        for pair in ("p0", "p1"):
            pairs("--as", who, "label", pair, "a")
    (told,) = json.loads(pairs("round", "list", "--json").stdout)["rounds"]
    assert told["ended"] == "finished"
    assert pairs("agree", "--json").exit_code == 0


def test_sample_overlap_and_seed_draw_the_same_again(pairs: Pairlab, tmp_path: Path) -> None:
    shutil.copy(tmp_path / "pairlab.db", tmp_path / "twin.db")
    options = ("--annotators", "first,second", "--sample", "4", "--overlap", "50", "--seed", "7")
    told = [
        json.loads(pairs("--db", db, "round", "new", "pilot", *options, "--json").stdout)
        for db in ("pairlab.db", "twin.db")
    ]
    assert told[0]["progress"] == told[1]["progress"]
    assert [each["total"] for each in told[0]["progress"]] == [3, 3]
    given = []
    for db in ("pairlab.db", "twin.db"):
        with sqlite3.connect(tmp_path / db) as rows:
            given.append(
                rows.execute(
                    "SELECT annotator, position, pair_id FROM round_pair ORDER BY 1, 2"
                ).fetchall()
            )
    assert given[0] == given[1]


def test_a_round_leaves_out_what_cannot_be_labelled_blind(pairs: Pairlab) -> None:
    pairs("label", "p0", "a")
    made = pairs("round", "new", "pilot", "--annotators", "first,second", "--json")
    assert json.loads(made.stdout)["pairs"] == 5
    none = pairs("round", "new", "other", "--annotators", "first,second")
    assert none.exit_code == 1
    assert "1 labelled or seen already, 5 in another round" in none.stderr


def test_opening_and_closing_a_round(pairs: Pairlab) -> None:
    pairs("round", "new", "pilot", "--annotators", "first,second")
    assert pairs("round", "open", "pilot", "--blocks").exit_code == 0
    assert pairs("agree").exit_code == 1  # nobody has labelled; no word of a seal
    assert "seal" not in pairs("agree").stderr
    assert pairs("round", "close", "pilot").exit_code == 2
    assert pairs("round", "close", "pilot", "--reason", "too long").exit_code == 0
    assert json.loads(pairs("round", "show", "pilot", "--json").stdout)["ended"] == "closed"
    assert pairs("round", "show", "nothing").exit_code == 1


def test_guideline_versions(pairs: Pairlab, tmp_path: Path) -> None:
    assert pairs("guideline", "show").exit_code == 1
    (tmp_path / "rules.md").write_text("# Rules\n\nHonest before polite.\n", encoding="utf-8")
    assert pairs("guideline", "set", "rules.md").exit_code == 0
    assert "already" in pairs("guideline", "set", "rules.md").stderr
    assert pairs("guideline", "set", "-", stdin="# Rules\n\nHonest, always.\n").exit_code == 0
    assert pairs("guideline", "show").stdout == "# Rules\n\nHonest, always.\n"
    assert "polite" in pairs("guideline", "show", "--version", "1").stdout
    told = json.loads(pairs("guideline", "history", "--json").stdout)
    assert [each["version"] for each in told["versions"]] == [1, 2]
    assert told["current"] == told["versions"][1]["id"]
    assert pairs("guideline", "set", "-", stdin=b"\xff\xfe").exit_code == 1


def test_labels_under_an_older_guideline_can_be_queued_again(pairs: Pairlab) -> None:
    pairs("guideline", "set", "-", stdin="# One\n")
    pairs("label", "p0", "a")
    pairs("guideline", "set", "-", stdin="# Two\n")
    pairs("label", "p1", "b")
    assert len(json.loads(pairs("guideline", "relabel", "--json").stdout)["queued"]) == 1
    with sqlite3.connect("pairlab.db") as rows:
        # the label that was queued again stands until its replacement is there
        assert rows.execute("SELECT count(*) FROM labels_current").fetchone() == (2,)
        assert rows.execute("SELECT count(*) FROM answered").fetchone() == (1,)
        assert rows.execute("SELECT count(*) FROM event WHERE kind = 'label'").fetchone() == (2,)
    assert json.loads(pairs("guideline", "relabel", "--json").stdout)["queued"] == []


def test_merge_brings_in_the_others_labels(pairs: Pairlab, tmp_path: Path) -> None:
    assert pairs("backup", "other.db").exit_code == 0
    pairs("--db", "other.db", "--as", "second", "label", "p0", "b")
    pairs("label", "p0", "a")
    dry = json.loads(pairs("merge", "other.db", "--dry-run", "--json").stdout)
    assert dry["labels"] == {"second": 1}
    assert json.loads(pairs("agree", "--json").stdout or "null") is None
    done = pairs("merge", "other.db")
    assert done.exit_code == 0, done.stderr
    assert "second 1 1 0 0" in " ".join(done.stderr.split())  # there, new, changed, conflicts
    assert json.loads(pairs("agree", "--json").stdout)["n"] == 1
    assert "nothing that is not here" in pairs("merge", "other.db").stderr
    assert pairs("merge", "missing.db").exit_code == 1


def test_merge_tells_conflicts(pairs: Pairlab) -> None:
    pairs("backup", "other.db")
    pairs("--db", "other.db", "label", "p0", "b")
    pairs("label", "p0", "a")
    done = pairs("merge", "other.db")
    assert "conflict · label of first" in done.stdout
    assert "is in the log" in done.stdout


def test_report_writes_a_document_once(pairs: Pairlab, tmp_path: Path) -> None:
    for who, verdicts in (("first", "abab"), ("second", "abba")):
        for place, verdict in enumerate(verdicts):
            pairs("--as", who, "label", f"p{place}", verdict)
    done = pairs("report", "report.md")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == "report.md\n"
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "second" in text
    assert pairs("report", "report.md").exit_code == 1
    assert (tmp_path / "report.md").read_text(encoding="utf-8") == text
    assert pairs("report", "report.md", "--pseudonyms", "--force").exit_code == 0
    assert "second" not in (tmp_path / "report.md").read_text(encoding="utf-8").split("##")[1]


def test_settings_hold_for_everybody(project: Pairlab) -> None:
    before = json.loads(project("setting", "--json").stdout)
    assert before == {
        "strength": False,
        "repeats": 0,
        "minimum_seconds": 0.4,
        "queue": "project",
        "random_share": 0.3,
        "run_pairs": ["original-last", "best-worst"],
        "judge_margin": 0,
        "backups": 0,
    }
    assert project("setting", "--strength", "on", "--repeats", "10").exit_code == 0
    assert project("setting", "--minimum-seconds", "1.5").exit_code == 0
    told = json.loads(project("--as", "second", "setting", "--json").stdout)
    assert told == before | {"strength": True, "repeats": 10, "minimum_seconds": 1.5}
    assert project("setting", "--strength", "off").stdout.startswith("strength  off")


def test_attributes_are_stated_and_taken_back(project: Pairlab) -> None:
    assert project("attribute", "language=Dutch", "field=law").exit_code == 0
    assert json.loads(project("attribute", "--json").stdout)["attributes"] == {
        "field": "law",
        "language": "Dutch",
    }
    assert project("attribute", "field=").stdout == "language: Dutch\n"
    assert "nothing" in project("--as", "second", "attribute").stderr
    assert project("attribute", "language").exit_code == 2
