"""Contents compared with their ids step by step, over several sittings."""

from __future__ import annotations

from store.db import verification
from store.db.connection import open_store
from store.db.verification import Place
from store.items import content_hashes
from tests.store.conftest import Project
from tests.store.deciding import some_pairs


def walked(project: Project) -> tuple[list[content_hashes.Changed], int]:
    """One whole walk with the file closed and opened again after each step."""
    found: list[content_hashes.Changed] = []
    place: Place | None = None
    for sittings in range(1, 1000):
        db = open_store(project.path)
        more, place = verification.step(db, verification.begin(db), 0)
        verification.remember(db, place)
        db.close()
        found += more
        if place is None:
            return found, sittings
    raise AssertionError("the walk has no end")


def test_every_row_is_reached_once_and_a_changed_one_is_named(project: Project) -> None:
    db = project.db
    some_pairs(db, verification.ROWS + 5)
    clean, sittings = walked(project)
    assert clean == []
    assert sittings > len(("prompt", "candidate", "pair"))
    for table in ("candidate", "prompt"):
        db.execute(f"DROP TRIGGER {table}_no_update")
    keys = {"prompt": "position", "candidate": "rowid", "pair": "position"}
    told = [
        content_hashes.Changed(
            table, db.execute(f"SELECT id FROM {table} ORDER BY {key} DESC").fetchone()[0]
        )
        for table, key in keys.items()
    ]
    for table in ("prompt", "candidate"):  # and the pair, whose id covers the answer's text
        newest = f"(SELECT max({keys[table]}) FROM {table})"
        db.execute(f"UPDATE {table} SET text = text || ' ' WHERE {keys[table]} = {newest}")
    found, _ = walked(project)
    assert found == told
    assert found == list(content_hashes.changed(db))
    assert walked(project)[0] == told  # a walk that is over begins anew


def test_a_place_nobody_wrote_is_no_place(project: Project) -> None:
    from store.db import meta

    for strange in ("", "[1]", '["no table", 3]', '["pair", null]', "{}"):
        meta.put(project.db, "verified", strange)
        assert verification.begin(project.db) == Place()
