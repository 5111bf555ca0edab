"""The file itself: making, opening, locking, rights, copies, full disks."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from store import errors
from store.db import copies, meta, replica
from store.db.backup import backup
from store.db.connection import create, open_readonly, open_store
from store.db.project_database import immediate
from store.db.schema import migrations
from store.db.session import session
from store.db.sqlite import data_version, library_version, raised, sqlite3, translated
from store.db.thread import StoreThread
from store.judgements import labels
from store.log import current_state, events
from store.merging.merge import merge
from tests.store.conftest import AT, Project
from tests.store.deciding import some_pairs

ROOT = Path(__file__).parents[3]

Closing = Callable[[Database], Database]

WRITER = """
import sys
from store.db.connection import open_store
from store.judgements import labels
path, who, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
db = open_store(path)
ids = [row[0] for row in db.execute("SELECT id FROM pair ORDER BY position")]
for n in range(rounds):
    event = labels.give(db, ids[n % len(ids)], who, "ab"[n % 2], at="2026-01-02T03:04:05.678Z")
    print(event.id, flush=True)
"""


def writer(path: Path, who: str, rounds: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), who, str(rounds)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def read_all(path: Path) -> None:
    with session(path) as db:
        for table in ("candidate", "prompt", "pair"):
            db.execute(f"SELECT * FROM {table}").fetchall()


def put_and_fail(db: Database, key: str) -> None:
    with immediate(db):
        meta.put(db, key, "1")
        raise ZeroDivisionError


def event_ids(db: Database) -> set[str]:
    return {row[0] for row in db.execute("SELECT id FROM event")}


def test_a_new_project_is_its_owners_alone_the_log_too(project: Project) -> None:
    some_pairs(project.db)
    files = list(project.path.parent.glob("study.db*"))
    assert len(files) == 3  # the file, -wal and -shm
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_connection_rules(project: Project, closing: Closing) -> None:
    for db in (project.db, closing(open_store(project.path))):
        asked = {
            name: db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
        assert asked == {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "secure_delete": 1,
        }
        assert db.conn.isolation_level is None
    assert library_version() >= (3, 37)


def test_new_never_touches_what_is_there(project: Project, tmp_path: Path) -> None:
    project.db.close()
    before = project.path.read_bytes()
    with pytest.raises(errors.ProjectExists):
        create(project.path)
    assert project.path.read_bytes() == before
    other = tmp_path / "letter.txt"
    other.write_text("dear reader")
    with pytest.raises(errors.ProjectExists):
        create(other)
    assert other.read_text() == "dear reader"


def test_new_leaves_nothing_half_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(db: Database, path: object) -> str:
        raise OSError("no machine id")

    monkeypatch.setattr(replica, "bind", broken)
    with pytest.raises(OSError, match="machine"):
        create(tmp_path / "study.db")
    assert list(tmp_path.iterdir()) == []


def test_new_in_no_folder(tmp_path: Path) -> None:
    with pytest.raises(errors.StoreError, match="No such file"):
        create(tmp_path / "nowhere" / "study.db")


def test_a_missing_project_names_the_command(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    with pytest.raises(errors.MissingProject, match=f"pairlab --db {path} new"):
        open_store(path)
    assert not path.exists()


def test_what_is_no_project_stays_as_it_is(tmp_path: Path) -> None:
    text, foreign, empty = (tmp_path / name for name in ("a.txt", "b.db", "c.db"))
    text.write_text("no database at all, but long enough to have a header" * 10)
    plain = sqlite3.connect(str(foreign))
    plain.execute("CREATE TABLE t (x)")
    plain.commit()
    plain.close()
    empty.touch()
    for path in (text, foreign, empty, tmp_path):
        before = path.read_bytes() if path.is_file() else None
        for opening in (open_store, open_readonly):
            with pytest.raises(errors.NotAProject):
                opening(path)
        assert (path.read_bytes() if path.is_file() else None) == before


def test_a_project_of_a_newer_pairlab_is_refused(project: Project) -> None:
    project.db.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
        " VALUES ('pairlab', 'm9999_later', '')"
    )
    with pytest.raises(errors.NotAProject, match="newer pairlab"):
        open_store(project.path)


def test_a_damaged_project_is_told(project: Project) -> None:
    some_pairs(project.db, 200)
    project.db.close()
    data = bytearray(project.path.read_bytes())
    data[4096 * 2 : 4096 * 60] = b"\xff" * (4096 * 58)
    project.path.write_bytes(data)
    with pytest.raises(errors.Damaged, match="backup"):
        read_all(project.path)


def test_a_new_table_never_comes_from_a_misspelt_name(project: Project) -> None:
    empty = Database(memory=True, execute_plugins=False)
    migrations.apply(empty)
    expected = set(empty.table_names())
    empty.close()
    pair = some_pairs(project.db)[0]
    labels.give(project.db, pair, "first", "a", at=AT)
    labels.note(project.db, pair, "first", "hm", AT)
    assert set(project.db.table_names()) == expected
    assert all(
        project.db[table].strict
        for table in expected
        if table not in ("_sqlite_migrations", "sqlite_sequence")
        and (not table.startswith("search") or table in ("search_doc", "search_seen"))
    )


def test_nobody_changes_or_deletes_an_event(project: Project) -> None:
    labels.give(project.db, some_pairs(project.db)[0], "first", "a", at=AT)
    for statement in ("UPDATE event SET at = ''", "DELETE FROM event", "DELETE FROM pair"):
        with pytest.raises(raised("IntegrityError"), match="never"):
            project.db.execute(statement)


def test_a_write_is_whole_or_not_at_all(project: Project) -> None:
    db = project.db
    with pytest.raises(ZeroDivisionError):
        put_and_fail(db, "one")
    assert meta.get(db, "one") is None
    with immediate(db):
        meta.put(db, "outer", "1")
        with pytest.raises(ZeroDivisionError):
            put_and_fail(db, "inner")
        with immediate(db):
            meta.put(db, "second", "1")
    assert [meta.get(db, key) for key in ("outer", "inner", "second")] == ["1", None, "1"]
    assert not db.conn.in_transaction


def test_half_a_character_is_refused_in_words(project: Project) -> None:
    pair = some_pairs(project.db)[0]
    with pytest.raises(errors.BadInput, match="surrogate"):
        labels.give(project.db, pair, "first", "a", note="\ud800", at=AT)
    with pytest.raises(errors.BadInput, match="surrogate"):
        labels.note(project.db, pair, "first", "\ud800", AT)
    assert events.last_arrival(project.db) == 0


def test_a_held_lock_gives_one_clear_line(project: Project, closing: Closing) -> None:
    other = closing(open_store(project.path, timeout=0.01))
    with immediate(project.db):
        with pytest.raises(errors.Busy, match="locked; nothing was written"), immediate(other):
            raise AssertionError("two writers at once")
        meta.put(project.db, "mine", "1")
    assert not other.conn.in_transaction
    assert meta.get(other, "mine") == "1"


def test_a_full_disk_keeps_what_was_there(project: Project) -> None:
    db = project.db
    pair = some_pairs(db)[0]
    labels.give(db, pair, "first", "a", note="kept", at=AT)
    before = event_ids(db)
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(errors.DiskFull, match="make room"):
        labels.give(db, pair, "first", "b", note="x" * 100_000, at=AT)
    assert not db.conn.in_transaction
    assert event_ids(db) == before
    assert labels.of_pair(db, pair)[0].note == "kept"
    assert current_state.equal_to_rebuild(db)
    db.execute("PRAGMA max_page_count=1000000")
    labels.give(db, pair, "first", "b", note="x" * 100_000, at=AT)


@pytest.mark.parametrize(
    "act",
    [
        lambda project, out: backup(project.db, out),
        lambda project, out: merge(project.db, project.path.with_name("other.db")),
    ],
)
def test_a_copy_without_room_is_told_by_the_file_it_was_for(
    project: Project, monkeypatch: pytest.MonkeyPatch, act: Any
) -> None:
    out = project.path.with_name("out.db")
    create(project.path.with_name("other.db")).close()
    before = event_ids(project.db)

    def full(*_: object) -> None:  # as a copy fails: without a code
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(copies, "whole", full)
    monkeypatch.setattr(type(project.db.conn), "backup", full)
    with pytest.raises(errors.DiskFull, match=f"disk of .*({out.name}|{project.path.name});"):
        act(project, out)
    assert event_ids(project.db) == before
    assert not [each for each in project.path.parent.iterdir() if "part" in each.name]
    assert not out.exists()


def test_a_disk_without_room_for_what_lies_beside_breaks_no_project(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(project.path.parent)
    with pytest.raises(errors.StoreError, match="failed"), translated(project.path):
        raise sqlite3.OperationalError("disk I/O error")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=0))
    with pytest.raises(errors.DiskFull, match="No room left"), translated(project.path):
        raise sqlite3.OperationalError("disk I/O error")


def test_the_other_ones_work_is_noticed(project: Project, closing: Closing) -> None:
    other = closing(open_store(project.path))
    seen, known = data_version(other), events.last_arrival(other)
    labels.give(project.db, some_pairs(project.db)[0], "first", "tie", at=AT)
    assert data_version(other) != seen
    assert [event.value["verdict"] for _, event in events.since(other, known)] == ["tie"]
    seen = data_version(other)
    meta.put(other, "own", "1")
    assert data_version(other) == seen


def test_a_copied_file_takes_a_new_replica_id(project: Project, tmp_path: Path) -> None:
    first = replica.current(project.db)
    project.db.close()
    with session(project.path) as again:
        assert replica.current(again) == first
    moved = project.path.rename(tmp_path / "renamed.db")  # the same file under another name
    with session(moved) as again:
        assert replica.current(again) == first
    copy = tmp_path / "copy.db"
    shutil.copy(moved, copy)
    with session(copy) as other:
        second = replica.current(other)
        assert second != first
        assert replica.own(other) == [first, second]
        pair = some_pairs(other)[0]
        assert labels.give(other, pair, "first", "a", at=AT).replica == second
    with session(copy) as other:
        assert replica.current(other) == second


def test_a_reader_cannot_write(project: Project, closing: Closing) -> None:
    reader = closing(open_readonly(project.path))
    with pytest.raises(raised("OperationalError"), match="readonly"):
        meta.put(reader, "key", "value")


def test_two_processes_write_at_once(project: Project) -> None:
    some_pairs(project.db, 5)
    rounds = 60
    processes = [writer(project.path, who, rounds) for who in ("first", "second", "first")]
    said = [process.communicate()[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    told = [event for lines in said for event in lines]
    assert len(told) == len(set(told)) == 3 * rounds
    assert event_ids(project.db) == set(told)
    assert current_state.equal_to_rebuild(project.db)


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a POSIX signal")
def test_a_kill_while_writing_loses_nothing_acknowledged(project: Project) -> None:
    some_pairs(project.db, 5)
    acknowledged: set[str] = set()
    for kill_after in (1, 7, 20, 33):
        process = writer(project.path, "first", 100_000)
        assert process.stdout is not None
        acknowledged.update(process.stdout.readline().strip() for _ in range(kill_after))
        process.send_signal(signal.SIGKILL)
        rest = process.communicate()[0].splitlines(keepends=True)
        acknowledged.update(line.strip() for line in rest if line.endswith("\n"))
    with session(project.path) as db:
        assert acknowledged <= event_ids(db)
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert current_state.equal_to_rebuild(db)


def test_importing_the_store_is_light() -> None:
    program = (
        "import json, sys, store.db.connection, store.judgements.labels;"
        " print(json.dumps(list(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not {"sklearn", "scipy", "textual", "llama_cpp"} & set(json.loads(done.stdout))


async def test_the_store_thread_finishes_what_it_was_given(project: Project) -> None:
    thread = StoreThread(project.path)
    pairs = some_pairs(project.db, 2)
    event = await thread.call(labels.give, pairs[0], "first", "a", at=AT)
    waiting = asyncio.ensure_future(thread.call(labels.give, pairs[1], "first", "b", at=AT))
    await asyncio.sleep(0)  # handed over, and then nobody waits for it any longer
    waiting.cancel()
    with pytest.raises(errors.WrongId):
        await thread.call(labels.give, "nothing", "first", "a", at=AT)
    with pytest.raises(errors.StoreError, match="no such table"):
        await thread.call(lambda db: db.execute("SELECT * FROM lable_head"))
    assert thread.submit(labels.count_by, "first").result() == 2
    thread.close()
    thread.close()
    assert labels.of_pair(project.db, pairs[0])[0].event_id == event.id


def test_the_store_thread_tells_at_once_what_it_cannot_open(tmp_path: Path) -> None:
    with pytest.raises(errors.MissingProject):
        StoreThread(tmp_path / "nothing.db")
