"""One definition of a table: what a new column takes, and what a definition says of cells."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlite_utils import Database

from store import ids
from store.db.connection import create
from store.items import candidates, content_hashes, prompts, runs
from store.items.columns import columns_of
from store.items.tables import ITEMS, TABLES
from store.records import Candidate, Generation, Message, Origin, Run
from tests.store.building import AT, a_chain, a_prompt

ROOT = Path(__file__).parents[3]


def test_a_new_column_is_a_migration_a_field_and_a_line_of_the_documentation(
    tmp_path: Path,
) -> None:
    """Two of the three edits are made in a program of its own, and nothing else is.

    1. a migration, 2. a field of the record, 3. its line in docs/database.md (see the test below).
    Adding, getting, merging, the ids, backup, rescue and the look at hostile rows carry it.
    """
    older = create(tmp_path / "older.db", seed="s", at=AT)
    prompt = prompts.add(older, [Message("user", "why?")], category="x", source="t", at=AT)[0]
    candidates.add(
        older, Candidate(prompt_id=prompt, origin=Origin.PROPOSED, text="older", created_at=AT)
    )
    run = runs.add_run(older, a_run())
    bare = runs.add_generation(older, a_generation(run))
    older.close()
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.items.one_more_column", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert bare in said["generations"]  # what has nothing in the column keeps its id
    for name, found in said["found"].items():
        assert (found["words"], found["reviewers"]) == (1, ["ann"]), name
        assert found["machines"] == [None, "a"], name
        assert found["changed"] == [], name
        assert found["older"] == ([] if name == "one.db" else [["older", 7, []]]), name
    assert "its reviewers are no words" in said["refused"]


@pytest.mark.parametrize("table", ITEMS)
def test_the_documentation_has_every_column(table: str) -> None:
    told = (ROOT / "docs" / "database.md").read_text("utf-8").split("\n## Items\n")[1]
    lines = [
        line for line in told.split("\n## ")[0].splitlines() if line.startswith(f"| `{table}`")
    ]
    missing = [
        name
        for name in TABLES[table].names
        if name != "id" and not any(f"`{name}`" in line for line in lines)
    ]
    assert missing == []


def test_ids_are_those_of_the_released_version(db: Database) -> None:
    """Digests over lists that are written out here, column for column."""
    prompt = a_prompt(db)
    imported = Candidate(
        prompt_id=prompt, origin=Origin.IMPORTED, text="x", author="f", slot=1, created_at=AT
    )
    made = candidates.add(db, imported)
    covered = [prompt, "imported", "x", None, None, None, None, 0, 1]
    assert made == ids.digest("candidate", covered)
    run = runs.add_run(db, a_run())
    assert run == ids.digest("run", ["m", None, "scripted", None, '{"a": 1, "é": 2}', 2**62, AT])
    row = [run, "propose", "r", '{"t": 0.5}', 1, "t", "stop", 1, 1, 2.0, 1, None, AT]
    assert runs.add_generation(db, a_generation(run)) == ids.digest("generation", row)
    thought = runs.add_generation(db, a_generation(run, reasoning="hm"))
    assert thought == ids.digest("generation", [*row, "hm"])


def test_what_is_read_is_what_was_written(db: Database) -> None:
    run = a_run()
    key = runs.add_run(db, run)
    made = a_generation(key, reasoning="hm")
    text = runs.add_generation(db, made)
    read = runs.get_generation(db, text)
    assert read == Generation(
        **{**{name: getattr(made, name) for name in TABLES["generation"].names}, "id": text}
    )
    assert isinstance(read.seconds, float)
    assert runs.get_run(db, key).settings == run.settings


def test_content_that_is_there_already_stays(db: Database) -> None:
    a_chain(db)
    before = db.execute("SELECT count(*) FROM candidate").fetchone()[0]
    for candidate in candidates.TABLE.where(db):
        key, new = candidates.TABLE.add(db, candidate)
        assert (key, new) == (candidate.id, False)
    assert db.execute("SELECT count(*) FROM candidate").fetchone()[0] == before
    assert list(content_hashes.changed(db)) == []


def test_a_field_no_column_can_hold_is_refused() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Odd:
        """A record with a field of a kind that SQLite has no class for."""

        id: str = ""
        said: bytes

    with pytest.raises(TypeError, match="bytes"):
        columns_of(Odd)


def a_run() -> Run:
    return Run(
        model="m",
        model_sha256=None,
        backend="scripted",
        chat_template=None,
        settings={"é": 2, "a": 1},
        seed=2**62,
        started_at=AT,
    )


def a_generation(run: str, reasoning: str | None = None) -> Generation:
    return Generation(
        run_id=run,
        kind="propose",
        rendered="r",
        settings={"t": 0.5},
        seed=1,
        text="t",
        finish_reason="stop",
        prompt_tokens=1,
        completion_tokens=1,
        seconds=2,
        reasoning=reasoning,
        created_at=AT,
    )
