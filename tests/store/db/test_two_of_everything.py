"""Places where a live file is ruined, and processes of other versions: one clear line each."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from store.db import file_system
from store.db.backup import backup
from store.db.connection import create, open_store
from store.db.session import session
from store.db.sqlite import sqlite3
from store.errors import StoreError
from store.merging.merge import merge
from tests.store.conftest import Project
from tests.store.deciding import some_pairs

ROOT = Path(__file__).parents[3]
RELEASED = ROOT / "tests" / "store" / "data" / "released_0_1_0.db.gz"

OPENS = """
import sys
from store.db.session import session
with session(sys.argv[1]) as db:
    print(db.execute("SELECT count(*) FROM event").fetchone()[0])
"""
LABELS = """
import sys
from store.db.session import session
from store.errors import StoreError
from store.judgements import labels
with session(sys.argv[1]) as db:
    labels.give(db, sys.argv[2], "first", "a", at="2026-01-02T03:04:05.678Z")
    print("given", flush=True)
    sys.stdin.readline()
    try:
        labels.give(db, sys.argv[2], "first", "b", at="2026-01-02T03:04:05.678Z")
    except StoreError as error:
        print(error)
"""


def process(program: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_live_file_in_a_sync_folder_is_refused_and_merged_from(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_pairs(project.db, 2)
    shared = tmp_path / "Dropbox (Lab)"
    shared.mkdir()
    copy = backup(project.db, shared / "study.db").path  # an exchange file may lie there
    with pytest.raises(StoreError, match=r"Dropbox copies.*pairlab merge"):
        open_store(copy)
    with pytest.raises(StoreError, match="Dropbox copies"):
        create(shared / "new.db")
    assert [each.name for each in shared.iterdir()] == ["study.db"]
    fresh = create(tmp_path / "fresh.db")
    assert merge(fresh, copy).added["pair"] == 2
    fresh.close()
    monkeypatch.setenv(file_system.ALLOWED, "1")
    open_store(copy).close()


def test_a_live_file_on_a_network_is_refused(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_system, "file_system", lambda _path: "nfs4")
    with pytest.raises(StoreError, match=r"nfs4.*pairlab merge"):
        open_store(project.path)


def test_two_processes_that_both_bring_an_older_file_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    path.write_bytes(gzip.decompress(RELEASED.read_bytes()))
    running = [process(OPENS, path) for _ in range(3)]
    told = [each.communicate(timeout=120) for each in running]
    assert [each.returncode for each in running] == [0, 0, 0], told
    assert len({out for out, _ in told}) == 1
    with session(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_a_newer_pairlab_that_changes_the_tables_stops_the_older_one(project: Project) -> None:
    pair = some_pairs(project.db)[0]
    project.db.close()
    older = process(LABELS, project.path, pair)
    assert older.stdout is not None
    assert older.stdout.readline() == "given\n"
    newer = sqlite3.connect(project.path)
    newer.execute("CREATE TABLE invented (x)")
    newer.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
        " VALUES ('pairlab', 'm9999_invented', '2030-01-01')"
    )
    newer.commit()
    told, wrong = older.communicate("\n", timeout=120)
    assert "newer pairlab (m9999_invented); update this one" in told, wrong
    assert newer.execute("SELECT count(*) FROM event").fetchone()[0] == 1
    newer.close()
    downgraded = process(OPENS, project.path)
    _, wrong = downgraded.communicate(timeout=120)
    assert downgraded.returncode == 1
    assert "newer pairlab" in wrong.splitlines()[-1]
