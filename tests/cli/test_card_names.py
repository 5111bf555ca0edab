"""The card names a constitution and a model only where they are behind the exported rows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.scripted import ScriptedEngine
from store.exporting import summaries
from tests.cli.conftest import Pairlab, write_lines

IMPORTED = [
    {
        "id": f"p{n}",
        "prompt": f"Which number comes after {word}?",
        "a": f"The next one is {n + 1}, I am sure.",
        "b": f"There is none after {word}.",
        "labels": {"first": "a", "second": "a"},
    }
    for n, word in enumerate(("nought", "three dozen", "a million", "seventeen"))
]
OTHERS = {"imported": "revision", "revision": "imported"}


@pytest.fixture
def mixed(project: Pairlab, scripted: list[ScriptedEngine], tmp_path: Path) -> Pairlab:
    """Imported pairs, and pairs that a model wrote; all of them are labelled."""
    write_lines(tmp_path / "pairs.jsonl", IMPORTED)
    (tmp_path / "prompts.txt").write_text("Why is the sky blue?\nHow do bees find home?\n")
    assert project("import", "pairs.jsonl").exit_code == 0
    assert project("import", "prompts.txt", "--category", "harmful").exit_code == 0
    done = project("run", "--candidates", "1")
    assert done.exit_code == 0, done.stderr
    with closing(sqlite3.connect("pairlab.db")) as db:
        made = db.execute(
            "SELECT pair.id, category FROM pair JOIN prompt ON prompt.id = prompt_id"
            " WHERE pair.kind <> 'imported'"
        ).fetchall()
        written_for = {
            row[0] for row in db.execute("SELECT prompt_id FROM candidate WHERE origin='proposed'")
        }
        with_pairs = {
            row[0] for row in db.execute("SELECT prompt_id FROM pair WHERE kind = 'imported'")
        }
    assert [category for _, category in made] == ["harmful"] * 2
    assert len(written_for) == 2
    assert not written_for & with_pairs  # nobody asked for these
    for pair_id, _ in made:
        assert project("label", pair_id, "b").exit_code == 0
    return project


@pytest.mark.parametrize("origin", OTHERS)
def test_the_card_names_what_is_behind_the_rows(
    mixed: Pairlab, tmp_path: Path, origin: str
) -> None:
    told = 0
    for name in summaries():
        out = tmp_path / f"{origin}-{name}"
        done = mixed("export", str(out), "--format", name, "--filter", f"origin:{origin}")
        if done.exit_code:  # rationale and ranked hold none of these rows
            assert "no row to write" in done.stderr, name
            continue
        told += 1
        for file in ("README.md", "manifest.json"):
            text = (out / file).read_text()
            for word in ("harmlessness", "model.gguf"):
                assert (word in text) is (origin == "revision"), (name, file, word)
    assert told >= len(summaries()) - 2
