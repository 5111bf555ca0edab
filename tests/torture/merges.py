"""Hostile files merged one after the other into a project that people work in."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from store.db.session import session
from store.errors import StoreError
from store.judgements import labels
from store.merging.merge import merge
from tests import honest_file, hostile_files
from tests.torture.tried import AT, Tried, lost

CORPUS = {**hostile_files.EVENTS, **hostile_files.HARMLESS, **hostile_files.ITEMS}


def run(folder: Path, tries: int, _seed: str) -> Tried:
    """Merge so many of the hostile files, with a label before and after each."""
    own, clean, other = (folder / f"{name}.db" for name in ("own", "clean", "other"))
    ids = honest_file.make(clean)
    shutil.copy(clean, own)
    acknowledged: list[str] = []
    missing = 0
    chosen = list(CORPUS.values())[: tries or None]
    for how in chosen:
        shutil.copy(clean, other)
        hostile_files.poison(other, ids, how)
        with session(own) as db:
            acknowledged.append(labels.give(db, ids.pair, "bob", "b", at=AT).id)
            with suppress(StoreError):  # refused as a whole, in one line
                merge(db, other)
            acknowledged.append(labels.give(db, ids.pair, "bob", "tie", at=AT).id)
            said = labels.mine(db, ids.pair, "bob")
            missing += said is None or said.verdict != "tie"
        missing += lost(own, acknowledged)
    promise = "cr-sqlite, Litestream: none (the other file is trusted)"
    return Tried("hostile files merged", len(chosen), len(acknowledged), missing, promise)
