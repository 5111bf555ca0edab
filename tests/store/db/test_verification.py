"""Contents compared with their ids step by step, over several sittings."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from store.db import doctor, verification
from store.db.backup import backup
from store.db.connection import open_store
from store.db.doctor import Severity
from store.db.repair import repair
from store.db.verification import Place
from store.errors import Damaged
from store.items import content_hashes
from store.judgements import labels
from store.log import current_state
from tests.store.building import AT
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


@pytest.mark.plain
def test_a_bit_in_an_index_is_found_by_walk_and_doctor_stops_a_backup_and_is_mended(
    project: Project, tmp_path: Path
) -> None:
    event = labels.give(project.db, some_pairs(project.db)[0], "ann", "a", at=AT)
    project.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    project.db.close()
    whole = project.path.read_bytes()
    # the bytes of the id stand in the row, in the index on it, and in the table of labels
    index = open_store(project.path)
    page = index.execute(
        "SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_event_1'"
    ).fetchone()[0]
    size = index.execute("PRAGMA page_size").fetchone()[0]
    index.close()
    place = whole.index(event.id.encode(), (page - 1) * size, page * size)
    project.path.write_bytes(whole[:place] + b"x" + whole[place + 1 :])
    told = {each.subject: each.severity for each in doctor.examine(project.path)}
    assert told["integrity"] is Severity.BROKEN
    assert (told["events"], told["labels"]) == (Severity.OK, Severity.OK)
    assert walked(project)[0] == [content_hashes.Changed("event", event.id)]
    with closing(open_store(project.path)) as db, pytest.raises(Damaged, match="damaged"):
        backup(db, tmp_path / "copy.db")
    assert repair(project.path) == ["indexes rebuilt"]
    assert walked(project)[0] == []
    assert not any(each.severity is Severity.BROKEN for each in doctor.examine(project.path))


def test_a_view_that_is_not_as_we_make_it_is_named(project: Project) -> None:
    db = project.db
    sql = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'kept_label'").fetchone()[0]
    db.execute("DROP VIEW kept_label")
    db.execute(sql.replace("NOT EXISTS", "EXISTS"))
    for quick in (True, False):
        told = {each.subject: each for each in doctor.examine(project.path, quick=quick)}
        assert told["tables"].severity is Severity.BROKEN
        assert told["tables"].words.startswith("kept_label: ")


def test_the_quick_look_finds_what_is_new_and_says_what_it_left_out(project: Project) -> None:
    some_pairs(project.db, 3)
    (told,) = [e for e in doctor.examine(project.path, quick=True) if e.subject == "newest rows"]
    assert told.severity is Severity.NOTE
    assert "the others were not looked at" in told.words
    project.db.execute("UPDATE meta SET value = '1' WHERE key = 'sides'")
    (told,) = [e for e in doctor.examine(project.path, quick=True) if e.subject == "newest rows"]
    assert told.severity is Severity.BROKEN
    assert "meta sides" in told.words


def test_a_count_that_is_wrong_is_found_and_mended(project: Project) -> None:
    labels.give(project.db, some_pairs(project.db)[0], "ann", "a", at=AT)
    project.db.execute("UPDATE answer_count SET pairs = 2")
    assert not current_state.equal_to_rebuild(project.db)
    current_state.rebuild(project.db)
    assert current_state.equal_to_rebuild(project.db)
    assert project.db.execute("SELECT pairs FROM answer_count").fetchall() == [(1,)]


def test_a_place_nobody_wrote_is_no_place(project: Project) -> None:
    from store.db import meta

    for strange in ("", "[1]", '["no table", 3]', '["pair", null]', "{}"):
        meta.put(project.db, "verified", strange)
        assert verification.begin(project.db) == Place()
