"""Going back to a backup, and taking what can be read of a damaged file."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Database

from store.db import connection, doctor, meta, replica
from store.db.backup import backup
from store.db.doctor import Severity
from store.db.restore import restore
from store.db.salvage import salvage
from store.db.session import session
from store.errors import Busy, Damaged, MissingProject, NotAProject, ProjectExists, StoreError
from store.items import pairs
from store.judgements import labels
from store.merging.merge import merge
from tests.store.building import a_chain
from tests.store.conftest import AT, Project
from tests.store.deciding import head_rows, some_pairs

HOLDS = """
import sys
from store.judgements import labels; from store.db import connection as sqlite
db = sqlite.open_store(sys.argv[1])
print(len(labels.annotators(db)), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def later(project: Project, tmp_path: Path) -> tuple[Path, Path, list[str]]:
    """A project that went on after its backup, as a killed process leaves it: with its WAL."""
    made = some_pairs(project.db, 3)
    labels.give(project.db, made[0], "ann", "a", at=AT)
    saved = backup(project.db, tmp_path / "saved.db").path
    labels.give(project.db, made[1], "ann", "b", at=AT)
    folder = tmp_path / "killed"
    folder.mkdir()
    for each in tmp_path.glob("study.db*"):
        shutil.copy(each, folder / each.name)
    assert (folder / "study.db-wal").stat().st_size > 0
    return folder / "study.db", saved, made


def broken(path: Path) -> list[str]:
    return [each.subject for each in doctor.examine(path) if each.severity is Severity.BROKEN]


def test_a_restored_project_is_the_backup_and_the_former_one_is_whole(
    later: tuple[Path, Path, list[str]],
) -> None:
    path, saved, made = later
    before = saved.read_bytes()
    done = restore(path, saved, AT)
    with session(path) as db:
        assert [each.pair_id for each in labels.by_annotator(db, "ann")] == [made[0]]
        assert replica.current(db) == done.replica
        restored = done.replica
    assert broken(path) == []
    assert saved.read_bytes() == before
    assert path.stat().st_mode & 0o777 == 0o600
    former = done.set_aside[0]
    assert former.name == "study.db.before-restore-20260102T030405Z"
    assert {each.name for each in done.set_aside} == {
        each.name for each in path.parent.iterdir() if "before-restore" in each.name
    }
    with session(former) as db:
        assert len(labels.by_annotator(db, "ann")) == 2
        assert restored not in replica.own(db)[:1]


def test_work_after_a_restore_and_work_before_it_come_together(
    later: tuple[Path, Path, list[str]],
) -> None:
    path, saved, made = later
    done = restore(path, saved, AT)
    with session(path) as db:
        labels.give(db, made[2], "ann", "tie", at=AT)
        brought = merge(db, done.set_aside[0])
        assert brought.labels == {"ann": 1}
        assert {each.pair_id for each in labels.by_annotator(db, "ann")} == set(made)
    again = restore(path, saved, AT)
    assert again.replica != done.replica
    assert again.set_aside[0] != done.set_aside[0]


def test_a_missing_project_comes_back(later: tuple[Path, Path, list[str]]) -> None:
    path, saved, made = later
    path.rename(path.with_name("study.db.before-restore-20260102T030405Z"))  # and then a kill
    with pytest.raises(MissingProject, match=r"restore .*before-restore-20260102T030405Z"):
        connection.open_store(path)
    done = restore(path, saved, AT)
    assert [each.name.partition("Z")[2] for each in done.set_aside] == ["-2-wal", "-2-shm"]
    with session(path) as db:
        assert labels.mine(db, made[0], "ann") is not None


@pytest.mark.skipif(sys.platform == "win32", reason="there an open file cannot be renamed")
def test_nobody_else_may_have_the_project_open(later: tuple[Path, Path, list[str]]) -> None:
    path, saved, _ = later
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "1\n"
        files = sorted(each.name for each in path.parent.iterdir())
        with pytest.raises(Busy, match="open"):
            restore(path, saved, AT)
        assert sorted(each.name for each in path.parent.iterdir()) == files
        other.communicate(timeout=60)
    restore(path, saved, AT)


@pytest.mark.plain
def test_a_backup_that_is_not_whole_is_refused_and_nothing_is_changed(
    later: tuple[Path, Path, list[str]], tmp_path: Path
) -> None:
    path, saved, _ = later
    letter = tmp_path / "letter.txt"
    letter.write_text("dear reader" * 100)
    changed = tmp_path / "changed.db"
    shutil.copy(saved, changed)
    changed.write_bytes(changed.read_bytes().replace(b"a answer 1", b"A answer 1"))
    event = tmp_path / "event.db"
    shutil.copy(saved, event)
    event.write_bytes(event.read_bytes().replace(b'"verdict":"a"', b'"verdict":"b"'))
    truncated = tmp_path / "truncated.db"
    truncated.write_bytes(saved.read_bytes()[: 4096 * 9])
    files = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    for wrong, error in (
        (letter, NotAProject),
        (changed, Damaged),
        (event, Damaged),
        (truncated, StoreError),
        (tmp_path / "nothing.db", StoreError),
        (tmp_path, NotAProject),
        (path, StoreError),
    ):
        with pytest.raises(error, match=wrong.name):
            restore(path, wrong, AT)
        assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == files


def test_what_is_said_of_a_damaged_file_names_the_ways_back(
    later: tuple[Path, Path, list[str]],
) -> None:
    path, saved, _ = later
    shutil.copy(saved, path)
    data = bytearray(path.read_bytes())
    data[4096 * 2 :] = b"\xff" * (len(data) - 4096 * 2)
    path.write_bytes(data)
    Path(f"{path}-wal").unlink()
    with pytest.raises(Damaged, match="pairlab restore BACKUP"):
        connection.open_store(path)
    (told,) = [each for each in doctor.examine(path) if each.severity is Severity.BROKEN]
    assert "pairlab restore BACKUP" in told.remedy
    restore(path, saved, AT)
    assert broken(path) == []


@pytest.fixture
def large(project: Project) -> Database:
    db = project.db
    for pair in some_pairs(db, 200):
        labels.give(db, pair, "ann", "a", at=AT)
    chain = a_chain(db)
    pairs.make_revision_pair(db, chain.original, chain.revisions[0], at=AT)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return db


def rows(db: Database) -> dict[str, int]:
    return {
        table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("prompt", "candidate", "critique", "constitution", "pair", "event")
    }


def test_a_whole_file_is_rescued_whole(large: Database, project: Project, tmp_path: Path) -> None:
    done = salvage(project.path, tmp_path / "out.db", AT)
    assert done.whole
    with session(tmp_path / "out.db") as db:
        assert rows(db) == rows(large)
        assert head_rows(db) == head_rows(large)
        assert meta.get(db, "sides") == meta.get(large, "sides")
        assert replica.current(db) != replica.current(large)
    assert broken(tmp_path / "out.db") == []
    with pytest.raises(ProjectExists):
        salvage(project.path, tmp_path / "out.db", AT)


@pytest.mark.plain
@pytest.mark.parametrize("every", [7, 11, 13])
def test_of_a_damaged_file_what_can_be_read_comes_out_whole(
    large: Database, project: Project, tmp_path: Path, every: int
) -> None:
    data = bytearray(project.path.read_bytes())
    had = rows(large)
    large.close()
    leaves = [  # but those with the list of tables
        at
        for at in range(4096, len(data), 4096)
        if data[at] in (0x0A, 0x0D) and b"CREATE " not in data[at : at + 4096]
    ]
    for at in leaves[::every]:
        data[at : at + 64] = b"\xff" * 64
    project.path.write_bytes(data)
    done = salvage(project.path, tmp_path / "out.db", AT)
    assert not done.whole
    assert broken(tmp_path / "out.db") == []
    with session(tmp_path / "out.db") as db:
        has = rows(db)
    assert all(has[table] <= had[table] for table in had)
    assert sum(has.values()) > sum(had.values()) // 4


def test_nothing_can_be_read_of_what_is_no_database(
    tmp_path: Path, closing: Callable[[Database], Database]
) -> None:
    (tmp_path / "letter.db").write_text("dear reader" * 1000)
    with pytest.raises(Damaged, match="Nothing can be read"):
        salvage(tmp_path / "letter.db", tmp_path / "out.db", AT)
    assert not (tmp_path / "out.db").exists()
