"""Two real processes label one file as fast as they can, and a third follows."""

from __future__ import annotations

from pathlib import Path

from store.db.connection import open_store
from store.log import current_state
from store.rounds import rounds
from tests.soak import AT, project, soak

PAIRS = 120


def test_no_label_is_lost_and_the_live_table_is_a_recount(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    project(path, PAIRS)
    came = soak(path, PAIRS, 0)
    assert came.errors == ""
    assert len(came.given) == 2 * PAIRS
    assert came.lost == 0
    assert came.same_as_recount
    db = open_store(path)
    assert db.execute("SELECT count(*) FROM event WHERE kind = 'label'").fetchone() == (2 * PAIRS,)
    assert current_state.equal_to_rebuild(db)
    db.close()


def test_a_sealed_round_ends_once_whoever_comes_last(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    project(path, 12)
    db = open_store(path)
    ids = [row[0] for row in db.execute("SELECT id FROM pair")]
    rounds.create(db, "pilot", ids, ["first", "second"], seed=1, by="first", at=AT)
    came = soak(path, 12, 0)
    assert came.errors == ""
    assert came.lost == 0
    assert came.same_as_recount
    assert rounds.get(db, "pilot").ended == "finished"
    ends = db.execute("SELECT count(*) FROM event WHERE kind = 'round_end'").fetchone()
    assert ends == (1,)
    db.close()
