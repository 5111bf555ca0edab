"""A program: pairlab with one more column in two of its tables, and no other edit.

A migration and a field of the record; with ``docs/database.md`` these are all the edits a new
column takes. The records are replaced before any other module of the store is loaded, as if the
fields stood in :mod:`store.records`.

Run as ``python -m tests.store.items.one_more_column FOLDER``, which holds ``older.db`` from before
the columns. Writes what came back as JSON to the standard output.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from sqlite_utils import Database

from store import records
from store.db.schema import migrations


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate(records.Candidate):
    """An answer with its words counted, and with the reviewers who saw it."""

    words: int = 7
    reviewers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation(records.Generation):
    """A text with the name of the machine it was written on."""

    machine: str | None = None


@migrations()
def m9999_one_more_column(db: Database) -> None:
    """The columns of the fields above."""
    db.execute("ALTER TABLE candidate ADD COLUMN words INTEGER NOT NULL DEFAULT 7")
    db.execute("ALTER TABLE candidate ADD COLUMN reviewers TEXT NOT NULL DEFAULT '[]'")
    db.execute("ALTER TABLE generation ADD COLUMN machine TEXT")


records.Candidate = Candidate  # type: ignore[misc]
records.Generation = Generation  # type: ignore[misc]


def main(folder: Path) -> None:
    """Add, get, merge and rescue rows with the columns, and take in a file without them."""
    from store.db.backup import backup
    from store.db.connection import create, open_store
    from store.db.salvage import salvage
    from store.db.sqlite import sqlite3
    from store.errors import NotAProject
    from store.items import candidates, content_hashes, prompts, runs
    from store.merging.merge import merge

    at = "2026-01-01T00:00:00.000Z"
    db = create(folder / "one.db", seed="s", at=at)
    prompt, _ = prompts.add(
        db, [records.Message("user", "why?")], category="harmful", source="t", at=at
    )
    run = runs.add_run(
        db,
        records.Run(
            model="m",
            model_sha256=None,
            backend="scripted",
            chat_template=None,
            settings={},
            seed=1,
            started_at=at,
        ),
    )
    bare = Generation(
        run_id=run,
        kind="propose",
        rendered="r",
        settings={},
        seed=1,
        text="t",
        finish_reason="stop",
        prompt_tokens=1,
        completion_tokens=1,
        seconds=1,
        created_at=at,
    )
    texts = [runs.add_generation(db, each) for each in (bare, replace(bare, machine="a"))]
    answer = candidates.add(
        db,
        Candidate(
            prompt_id=prompt,
            origin=records.Origin.PROPOSED,
            text="because",
            generation_id=texts[1],
            created_at=at,
            words=1,
            reviewers=("ann",),
        ),
    )
    other = create(folder / "two.db", seed="s", at=at)
    merge(other, folder / "one.db")
    merge(other, folder / "older.db")
    backup(other, folder / "three.db")
    salvage(folder / "two.db", folder / "four.db", at)
    found = {}
    for name in ("one.db", "two.db", "three.db", "four.db"):
        opened = open_store(folder / name)
        got = candidates.get(opened, answer)
        found[name] = {
            "words": got.words,  # type: ignore[attr-defined]
            "reviewers": got.reviewers,  # type: ignore[attr-defined]
            "machines": [runs.get_generation(opened, each).machine for each in texts],  # type: ignore[attr-defined]
            "changed": list(content_hashes.changed(opened)),
            "older": [
                (row.text, row.words, row.reviewers)  # type: ignore[attr-defined]
                for row in candidates.TABLE.where(opened, "text = 'older'")
            ],
        }
        generations = [row.id for row in runs.GENERATIONS.where(opened)]
        opened.close()
    forged = sqlite3.connect(folder / "three.db")
    forged.execute("DROP TRIGGER candidate_no_update")
    forged.execute("UPDATE candidate SET reviewers = '{}'")
    forged.commit()
    forged.close()
    fresh = create(folder / "five.db", seed="s", at=at)
    try:
        merge(fresh, folder / "three.db")
        refused = ""
    except NotAProject as error:
        refused = str(error)
    json.dump({"found": found, "refused": refused, "generations": generations}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
