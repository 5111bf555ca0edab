"""One bit changed in a project file: doctor finds it, or every text and decision is unchanged."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

from store.db.connection import open_readonly
from store.db.doctor import Severity, examine
from store.db.sqlite import translated
from store.errors import StoreError
from tests import honest_file
from tests.torture.tried import Tried

TEXTS = (
    "SELECT id, messages, text FROM prompt ORDER BY id",
    "SELECT id, prompt_id, text FROM candidate ORDER BY id",
    "SELECT id, candidate_id, text FROM critique ORDER BY id",
    "SELECT id, prompt_id, a_id, b_id FROM pair ORDER BY id",
    "SELECT id, source FROM constitution ORDER BY id",
    "SELECT id, item, annotator, kind, phase, value, at FROM event ORDER BY id",
    "SELECT pair_id, annotator, phase, verdict, note FROM labels_current ORDER BY 1, 2, 3",
)
FOUND = {Severity.WARNING, Severity.BROKEN}


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
    whole = path.read_bytes()
    wanted = _texts(path)
    unseen = 0
    places = [at for at in range(len(whole)) if whole[at]]  # zeros are mostly room that is free
    for at in rng.sample(places, tries):
        changed = bytearray(whole)
        changed[at] ^= 1 << rng.randrange(8)
        path.write_bytes(changed)
        if _texts(path) != wanted and not _is_found(path):
            unseen += 1
        for ending in ("-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
    promise = "SQLite: none (a flipped bit in a text is returned as it is)"
    return Tried("bits flipped in the file", tries, tries, unseen, promise)


def _is_found(path: Path) -> bool:
    return any(each.severity in FOUND for each in examine(path) if each.subject != "sqlite")


def _texts(path: Path) -> list[list[tuple[object, ...]]] | None:
    """All that people wrote and decided; None where it cannot be read."""
    try:
        with translated(path), closing(open_readonly(path)) as db:
            return [[tuple(row) for row in db.execute(each).fetchall()] for each in TEXTS]
    except StoreError:
        return None
