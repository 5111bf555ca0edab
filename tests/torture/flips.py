"""One bit changed in a project file: doctor finds it, or all that pairlab reads is unchanged."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from store.db.doctor import Severity, examine
from store.db.session import session
from store.items import candidates, pairs, prompts
from store.judgements import drafts, labels
from store.records import Candidate, Origin, Phase
from tests import honest_file
from tests.hostile_files import AT
from tests.torture.tried import Tried

FOUND = {Severity.WARNING, Severity.BROKEN}
NOT_READ = ("sqlite_", "search")
"""SQLite's own counters, and the index of words, which is made anew from the texts."""


def run(folder: Path, tries: int, seed: str) -> Tried:
    """Flip a bit at so many places, each in a fresh copy.

    Args:
        folder: for the projects.
        tries: places.
        seed: draws them.
    """
    rng = random.Random(seed)
    path = folder / "flipped.db"
    honest_file.make(path)
    _add(path)
    whole = path.read_bytes()
    statements = list(_statements(path))
    wanted = _read(path, statements)
    assert wanted is not None
    known = _found(path)
    unseen = 0
    places = [at for at in range(len(whole)) if whole[at]]  # zeros are mostly room that is free
    for at in rng.sample(places, tries):
        changed = bytearray(whole)
        changed[at] ^= 1 << rng.randrange(8)
        path.write_bytes(changed)
        if _read(path, statements) != wanted and not _found(path) - known:
            unseen += 1
        for ending in ("-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
    promise = "SQLite: none (a flipped bit in a text is returned as it is)"
    return Tried("bits flipped in the file", tries, tries, unseen, promise)


def _add(path: Path) -> None:
    """What else a project may hold: a draft, a pair with roles, a note, a second pass."""
    with session(path) as db:
        prompt = prompts.ordered(db)[0]
        one, two = (
            candidates.add(
                db,
                Candidate(prompt_id=prompt.id, origin=Origin.IMPORTED, text=text, created_at=AT),
            )
            for text in ("yes, a long one", "no")
        )
        pair, _ = pairs.add(
            db, prompt.id, one, two, "imported", external_id="row 7", a_role="chosen",
            b_role="rejected", source="file.jsonl", at=AT,
        )  # fmt: skip
        labels.give(db, pair, "ann", "b", at=AT, seconds=4.5, strength=2, note="hm")
        labels.give(db, pair, "ann", "a", at=AT, phase=Phase.REPEAT)
        place = drafts.DraftPlace(drafts.DraftKind.NOTE, pair)
        drafts.save(db, "ann", {place: drafts.Draft("half a word", AT)})
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _found(path: Path) -> set[str]:
    return {each.subject for each in examine(path) if each.severity in FOUND}


def _statements(path: Path) -> Iterator[str]:
    """Reads every table by its rows, every index by its cells, every view."""
    with closing(sqlite3.connect(path)) as db:
        every = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2")
        for kind, name, table, sql in every.fetchall():
            if name.startswith("search") or table.startswith(NOT_READ):
                continue
            if name == "_sqlite_migrations":  # nobody reads when a step was taken
                yield f"SELECT migration_set, name FROM {name} NOT INDEXED"
            elif kind == "view":
                yield f"SELECT * FROM {name}"
            elif kind == "table":
                yield f"SELECT * FROM {name} NOT INDEXED"
            elif kind == "index":
                cells = [row[2] for row in db.execute(f"PRAGMA index_info('{name}')")]
                where = sql.partition(" WHERE ")[2] if sql and " WHERE " in sql else "1"
                names = ", ".join(cells)
                rows = f"{table} INDEXED BY {name} WHERE {where}"
                yield f"SELECT {names} FROM {rows} ORDER BY {names}"


def _read(path: Path, statements: list[str]) -> list[list[tuple[object, ...]]] | None:
    """All that pairlab would read; None where a part of it cannot be read."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
            return [sorted(db.execute(each).fetchall(), key=repr) for each in statements]
    except (sqlite3.Error, UnicodeDecodeError):
        return None
