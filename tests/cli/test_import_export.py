"""Data in and out again through the front door, and what is said when something stays behind."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest

from engine.scripted import ScriptedEngine
from store.exporting import FORMATS
from tests.cli.conftest import Pairlab, write_lines
from tui.cli.output import standard_input

CHOSEN = [
    {"prompt": f"p{i}", "chosen": f"good answer {i}", "rejected": f"poor answer {i}"}
    for i in range(12)
]
LABELLED: list[dict[str, Any]] = [
    {"prompt": "one", "a": "good one", "b": "bad one", "labels": {"ann": "a", "bob": "a"}},
    {
        "id": "x7",
        "prompt": "two",
        "a": "bad two",
        "b": "good two",
        "labels": {"ann": "b"},
        "strength": {"ann": 2},
        "notes": {"ann": "a note"},
    },
    {
        "prompt": [
            {"role": "user", "content": "q1"},
            {"role": "assistant", "content": "a1"},
            {"role": "user", "content": "q2"},
        ],
        "a": "yes",
        "b": "no",
        "labels": {"ann": "a"},
    },
    {
        "prompt": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "q3"}],
        "a": "yes.",
        "b": "no.",
        "labels": {"ann": "b", "bob": "b"},
    },
    {"prompt": "undecided", "a": "this", "b": "that", "labels": {"ann": "tie", "bob": "a"}},
]
FULL = 4
"""Rows of LABELLED that are decided."""


def rows(query: str, file: str = "pairlab.db") -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(file)) as db:
        return db.execute(query).fetchall()


def lines(path: Path) -> list[str]:
    return sorted(path.read_text(encoding="utf-8").splitlines())


# By format: the source that its own preference becomes, and how many of the triplets it can hold.
BACK = {
    "triplets": ("trl", 2),
    "trl": ("trl", FULL),
    "kto": ("kto", FULL),
    "reward": ("trl", FULL),
    "hh": ("hh", 3),
    "openai": ("openai", FULL),
    "axolotl": ("axolotl", FULL),
    "llama-factory": ("llama-factory", FULL),
    "openrlhf": ("trl", FULL),
    "ultrafeedback": ("ultrafeedback", FULL),
    "rationale": ("rationale", FULL),
    "icai": ("icai", FULL),
}


def test_every_format_has_a_way_back() -> None:
    elsewhere = {"audit", "ranked"}  # the whole project; rankings
    no_pairs = {"sft"}
    assert set(BACK) | elsewhere | no_pairs == set(FORMATS)


@pytest.mark.parametrize("format_", BACK)
def test_each_export_comes_back_to_the_same_triplets(
    project: Pairlab, tmp_path: Path, format_: str
) -> None:
    source, many = BACK[format_]
    write_lines(tmp_path / "in.jsonl", LABELLED)
    assert project("import", "in.jsonl").exit_code == 0
    assert project("export", "whole.jsonl", "--format", "trl").exit_code == 0
    assert project("export", "out.json", "--format", format_).exit_code == 0
    assert project("--db", "other.db", "new").exit_code == 0
    done = project("--db", "other.db", "import", "out.json", "--json")
    (report,) = json.loads(done.stdout)["files"]
    assert (done.exit_code, report["rejected"]) == (0, 0)
    back = ("--db", "other.db", "export", "back.jsonl", "--format", "trl")
    assert project(*back, "--from", f"source:{source}").exit_code == 0
    assert len(lines(tmp_path / "back.jsonl")) == many
    assert set(lines(tmp_path / "back.jsonl")) <= set(lines(tmp_path / "whole.jsonl"))
    assert not rows("SELECT 1 FROM label_head WHERE annotator = 'pairlab'", "other.db")


def test_the_audit_comes_back_to_the_same_pairs_and_labels(
    project: Pairlab, tmp_path: Path
) -> None:
    write_lines(tmp_path / "in.jsonl", LABELLED)
    write_lines(tmp_path / "roles.jsonl", CHOSEN)
    assert project("import", "in.jsonl", "roles.jsonl").exit_code == 0
    assert project("export", "all.jsonl", "--format", "audit").exit_code == 0
    assert project("--db", "other.db", "new").exit_code == 0
    assert project("--db", "other.db", "import", "all.jsonl").exit_code == 0
    for query in (
        "SELECT id, a_role, b_role, external_id FROM pair ORDER BY id",
        "SELECT pair_id, annotator, verdict, strength, note FROM labels_current ORDER BY 1, 2",
    ):
        assert rows(query, "other.db") == rows(query)
    again = project("import", "all.jsonl", "--json")
    (report,) = json.loads(again.stdout)["files"]
    assert (report["added"], report["duplicates"]) == (0, len(LABELLED) + len(CHOSEN))


def test_an_untouched_set_goes_out_by_its_own_preference(project: Pairlab, tmp_path: Path) -> None:
    texts = [
        {
            side: f"\n\nHuman: p{i}\n\nAssistant: {word} answer {i}"
            for side, word in (("chosen", "good"), ("rejected", "poor"))
        }
        for i in range(12)
    ]
    write_lines(tmp_path / "hh.jsonl", texts)
    assert project("import", "hh.jsonl").exit_code == 0
    nothing = project("export", "out.jsonl", "--format", "hh")
    assert nothing.exit_code == 1
    assert "unlabelled" in nothing.stderr
    assert "--from source:hh" in nothing.stderr
    assert not (tmp_path / "out.jsonl").exists()
    nobody = project("export", "out.jsonl", "--from", "by:nobody")
    assert nobody.exit_code == 1
    assert "source:hh" in nobody.stderr
    assert project("export", "out.jsonl", "--format", "hh", "--from", "source:hh").exit_code == 0
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "hh.jsonl").read_bytes()
    verdicts = {row[0] for row in rows("SELECT verdict FROM label_head")}
    assert verdicts == {"a", "b"}, "which side is chosen is drawn"
    assert project("export", "x.jsonl", "--from", "source:").exit_code == 2


def test_a_card_names_only_what_is_behind_its_rows(
    project: Pairlab, scripted: list[ScriptedEngine], tmp_path: Path
) -> None:
    write_lines(tmp_path / "roles.jsonl", CHOSEN)
    (tmp_path / "prompts.txt").write_text("How do I end a hung process?\n")
    assert project("import", "roles.jsonl", "prompts.txt").exit_code == 0
    assert project("run").exit_code == 0
    assert rows("SELECT count(*) FROM critique") != [(0,)]
    assert project("export", "out", "--from", "source:trl").exit_code == 0
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "constitution" not in card
    assert "model.gguf" not in card
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["constitutions"], manifest["models"]) == ([], [])
    (made,) = rows("SELECT id FROM pair WHERE kind = 'revision'")
    assert project("label", made[0], "a").exit_code == 0
    assert project("export", "mine", "--from", "by:first").exit_code == 0
    card = (tmp_path / "mine" / "README.md").read_text(encoding="utf-8")
    assert "constitution harmlessness" in card
    assert "model.gguf" in card


def test_prompts_that_came_with_pairs_are_written_for_when_asked(
    project: Pairlab, scripted: list[ScriptedEngine], tmp_path: Path
) -> None:
    write_lines(tmp_path / "roles.jsonl", CHOSEN)
    assert project("import", "roles.jsonl").exit_code == 0
    nothing = project("run")
    assert nothing.exit_code == 1
    assert "--with-pairs" in nothing.stderr
    (tmp_path / "p.txt").write_text("p3\n")
    assert project("import", "p.txt").exit_code == 0
    assert project("run", "--candidates", "1").exit_code == 0
    asked = (
        "SELECT DISTINCT text FROM prompt WHERE id IN"
        " (SELECT prompt_id FROM candidate WHERE origin = 'proposed')"
    )
    assert rows(asked) == [("p3",)]
    assert project("run", "--candidates", "1", "--with-pairs", "--limit", "2").exit_code == 0
    assert sorted(rows(asked)) == [("p0",), ("p1",), ("p3",)]


def test_a_file_that_is_missing_does_not_hide_the_others(project: Pairlab, tmp_path: Path) -> None:
    write_lines(tmp_path / "roles.jsonl", CHOSEN)
    done = project("import", "none.jsonl", "roles.jsonl", "--json")
    assert done.exit_code == 1
    assert "none.jsonl" in done.stderr
    (report,) = json.loads(done.stdout)["files"]
    assert report["added"] == 12


def test_what_was_not_read_is_told_once(project: Pairlab, tmp_path: Path) -> None:
    rows_ = [{"prompt": f"p{i}", "a": "x", "b": "y", "label": {"ann": "a"}} for i in range(3)]
    write_lines(tmp_path / "typo.jsonl", rows_)
    told = project("import", "typo.jsonl").stderr
    assert told.count("not read") == 1
    assert "did you mean labels" in told
    assert "in 3 rows" in told
    (report,) = json.loads(project("import", "typo.jsonl", "--json").stdout)["files"]
    assert report["unread"] == {"label": 3}
    assert "not read" not in project("import", "typo.jsonl", "--ignore", "label").stderr


def test_a_dry_run_shows_what_was_understood(project: Pairlab, tmp_path: Path) -> None:
    write_lines(
        tmp_path / "p.jsonl",
        [{"instruction": "Do.", "input": "it", "chosen": "x", "rejected": "y"}],
    )
    done = project("import", "--dry-run", "p.jsonl")
    assert done.exit_code == 0
    assert "nothing was written" in done.stdout
    assert "input: prompt" in done.stdout
    assert "prompt: Do. it" in done.stdout
    assert rows("SELECT count(*) FROM prompt") == [(0,)]


def test_help_lists_every_format(pairlab: Pairlab) -> None:
    from store.importing import FORMATS

    told = pairlab("import", "--help").stdout
    assert all(f"\n  {name} " in told for name in FORMATS)


def test_a_folder_is_read_file_by_file_with_its_splits(project: Pairlab, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    for name, text in (("train.jsonl", '{"prompt": "one"}\n'), ("test.csv", "prompt\ntwo\n")):
        (tmp_path / "set" / name).write_text(text, encoding="utf-8")
    (tmp_path / "set" / "notes.txt").write_text("three\n", encoding="utf-8")
    done = project("import", "set", "--json")
    told = {Path(each["file"]).name: each for each in json.loads(done.stdout)["files"]}
    assert {name: (f["split"], f["added"]) for name, f in told.items()} == {
        "train.jsonl": ("train", 1),
        "test.csv": ("test", 1),
    }
    assert "set: files that were not read: notes.txt" in done.stderr
    assert "(prompts, csv, split test)" in done.stderr
    (tmp_path / "none").mkdir()
    done = project("import", "none", "set")
    assert done.exit_code == 1
    assert "none: the folder holds no file of data" in done.stderr
    assert "2 there already" not in done.stderr
    assert done.stderr.count("1 there already") == 2


def test_parquet_a_template_and_a_warning(project: Pairlab, tmp_path: Path) -> None:
    write_lines(tmp_path / "roles.jsonl", CHOSEN)
    project("import", "roles.jsonl")
    out = ("--from", "source:trl", "--format")
    (tmp_path / "mine.toml").write_text('[fields]\ngood = "chosen"\n', encoding="utf-8")
    done = project("export", "set", *out, "mine.toml", "--parquet")
    assert (done.exit_code, "in mine format" in done.stderr) == (0, True)
    assert (tmp_path / "set" / "train.parquet").read_bytes()[:4] == b"PAR1"
    (tmp_path / "mine.toml").write_text('[fields]\ngood = "chose"\n', encoding="utf-8")
    done = project("export", "other", *out, "mine.toml")
    assert done.exit_code == 2
    assert "mine.toml: fields.good: 'chose' is none of" in done.stderr
    done = project("export", "uf.jsonl", *out, "ultrafeedback")
    assert "Not for TRL's DPOTrainer" in done.stderr
    assert "Not for" not in project("export", "trl.jsonl", *out, "trl").stderr
    assert project("export", "x.jsonl", *out, "trl", "--parquet").exit_code == 2
    assert not {"other", "x.jsonl"} & {path.name for path in tmp_path.iterdir()}


def test_a_search_that_finds_nothing_and_a_closed_stdin_have_their_line(
    project: Pairlab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project("import", str(write_lines(tmp_path / "p.jsonl", LABELLED)))
    told = project("export", str(tmp_path / "o.jsonl"), "--filter", "nowhere")
    assert "no pair is left of what the search finds" in told.stderr
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(click.exceptions.Exit):
        standard_input()
