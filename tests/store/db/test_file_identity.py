"""The project file taken away, replaced or overwritten while it is open."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from store.db import kept_text, meta
from store.db.connection import create, open_readonly, open_store
from store.db.session import session
from store.db.sqlite import sqlite3
from store.db.thread import StoreThread
from store.errors import FileLost, StoreError
from store.items import prompts
from store.judgements import decisions, labels
from store.merging import merge
from tests.store.building import a_chain
from tests.store.conftest import AT
from tests.store.deciding import some_pairs

ROOT = Path(__file__).parents[3]
PAIRS = 12

Deed = Callable[[Path], None]

WRITER = """
import sys
from store.judgements import labels
from store.errors import StoreError
from store.db.session import session
from store.db.sqlite import sqlite3
path = sys.argv[1]
try:
    with session(path) as db:
        ids = [row[0] for row in db.execute("SELECT id FROM pair ORDER BY position")]
        for number in range(1_000_000):
            event = labels.give(
                db, ids[number % len(ids)], "first", "ab"[number % 2], at="2026-01-02T03:04:05.678Z"
            )
            print(event.id, flush=True)
except StoreError as error:
    sys.exit(str(error))
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A project with pairs in a folder of its own, and beside that folder another project."""
    folder = tmp_path / "work"
    folder.mkdir()
    for path, word in ((folder / "study.db", "ours"), (tmp_path / "other.db", "theirs")):
        with closing(create(path, at=AT)) as db:
            some_pairs(db, PAIRS, word)
            labels.give(db, pair_ids(db)[0], "other", "a", at=AT)
    shutil.copy(folder / "study.db", tmp_path / "old.db")
    return folder / "study.db"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def pair_ids(db: Database) -> list[str]:
    return [row[0] for row in db.execute("SELECT id FROM pair ORDER BY position")]


def labelled(db: Database, pairs: list[str]) -> list[str]:
    """The ids of new labels."""
    return [labels.give(db, pair, "first", "a", at=AT).id for pair in pairs]


def event_ids(path: Path) -> set[str]:
    with closing(open_readonly(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return {row[0] for row in db.execute("SELECT id FROM event")}


def everything(folder: Path) -> dict[str, set[str]]:
    """The events of each project file under a folder."""
    found = {}
    for path in sorted(folder.rglob("*.db")):
        found[path.name] = event_ids(path)
    return found


def another(study: Path) -> Path:
    return study.parents[1] / "other.db"


DEEDS: dict[str, Deed] = {
    "removed": lambda study: study.unlink(),
    "removed with all beside it": lambda study: (
        [path.unlink() for path in study.parent.glob("study.db*")] and None
    ),
    "folder removed": lambda study: shutil.rmtree(study.parent),
    "moved": lambda study: study.rename(study.with_name("elsewhere.db")) and None,
    "folder renamed": lambda study: study.parent.rename(study.parents[1] / "renamed") and None,
    "replaced by a move": lambda study: another(study).rename(study) and None,
    "overwritten by a copy": lambda study: shutil.copyfile(another(study), study) and None,
    "overwritten and cut": lambda study: study.write_bytes(b""),
    "set back to an old copy": lambda study: (
        shutil.copyfile(study.parents[1] / "old.db", study) and None
    ),
    "log removed": lambda study: study.with_name("study.db-wal").unlink(),
    "log replaced": lambda study: (
        shutil.copy(study.with_name("study.db-wal"), study.with_name("kept"))
        and study.with_name("kept").rename(study.with_name("study.db-wal"))
        and None
    ),
    "index removed": lambda study: study.with_name("study.db-shm").unlink(),
    "replaced by a folder": lambda study: study.rename(study.with_name("x")) and study.mkdir(),
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
def test_nothing_is_acknowledged_after_it_and_nothing_is_lost(study: Path, deed: Deed) -> None:
    other = event_ids(another(study))
    given: list[str] = []
    with pytest.raises(FileLost) as told, session(study) as db:  # noqa: PT012
        ids = pair_ids(db)
        given += labelled(db, ids[:4])
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        given += labelled(db, ids[4:8])
        deed(study)
        last = labels.give(db, ids[8], "first", "b", at=AT)
        pytest.fail(f"acknowledged {last.id}")
    kept = told.value.rescue or moved_to(study)
    assert len(event_ids(kept) - set(given)) >= 1
    assert set(given) <= event_ids(kept)
    with closing(open_readonly(kept)) as db:
        assert ("first", "b") in db.execute("SELECT annotator, verdict FROM label_head").fetchall()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert str(kept) in str(told.value)
    assert "\n" not in str(told.value)
    if another(study).exists():
        assert event_ids(another(study)) == other
    elif study.is_file():
        assert event_ids(study) == other


def moved_to(study: Path) -> Path:
    for path in study.parents[1].rglob("*.db"):
        if path.name == "elsewhere.db" or path.parent.name == "renamed":
            return path
    return study.with_name("x")


def test_the_other_project_stays_what_it_was_also_for_who_opens_it_next(study: Path) -> None:
    theirs = another(study).read_bytes()
    with pytest.raises(FileLost), session(study) as db:  # noqa: PT012
        labelled(db, pair_ids(db))
        shutil.copyfile(another(study), study)
        labels.give(db, pair_ids(db)[0], "first", "b", at=AT)
    assert study.read_bytes() == theirs
    assert {path.name for path in study.parent.iterdir()} - {"study.db"} == {
        path.name for path in study.parent.glob("study.rescue-*.db")
    }
    with session(study) as db:
        assert [row[0] for row in db.execute("SELECT annotator FROM label_head")] == ["other"]


def test_what_was_rescued_from_an_overwritten_file_can_be_merged_into_a_copy(study: Path) -> None:
    old = study.parents[1] / "old.db"
    given: list[str] = []
    with pytest.raises(FileLost) as told, session(study) as db:  # noqa: PT012
        chain = a_chain(db, "a prompt that only this sitting has seen")
        given += labelled(db, pair_ids(db))
        decisions.decide(
            db, chain.revisions[0], "first", "edit", at=AT, edited_text="a text of mine"
        )
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA shrink_memory")
        labels.note(db, pair_ids(db)[0], "first", "a note", AT)
        shutil.copyfile(old, study)
        meta.put(db, "theme", "x")
    assert told.value.rescue is not None
    with session(old) as db:
        merge.merge(db, told.value.rescue)
        assert set(given) <= {row[0] for row in db.execute("SELECT id FROM event")}


def test_a_link_that_is_switched_is_noticed(study: Path, tmp_path: Path) -> None:
    link = tmp_path / "current.db"
    link.symlink_to(study)
    with pytest.raises(FileLost) as told, session(link) as db:  # noqa: PT012
        link.unlink()
        link.symlink_to(another(study))
        labels.give(db, pair_ids(db)[0], "first", "a", at=AT)
    assert str(study) in str(told.value)
    assert len(event_ids(study)) == 2
    assert len(event_ids(another(study))) == 1


def test_what_others_write_is_no_loss(study: Path) -> None:
    with session(study) as db, session(study) as beside:
        for number, pair in enumerate(pair_ids(db) * 3):
            labels.give(db, pair, "first", "ab"[number % 2], at=AT)
            labels.give(beside, pair, "second", "ab"[number % 2], at=AT)
            mode = ("PASSIVE", "TRUNCATE")[number % 2]
            beside.execute(f"PRAGMA wal_checkpoint({mode})")
            prompts_before = prompts.count(db)
            a_chain(beside, f"more {number}")
            assert prompts.count(db) == prompts_before + 1
        study.chmod(0o640)
        os.utime(study)
        labels.give(db, pair_ids(db)[0], "first", "tie", at=AT)
    assert len(event_ids(study)) == 2 + 6 * PAIRS


def test_the_store_thread_tells_once_and_then_refuses_everything(study: Path) -> None:
    store = StoreThread(study)
    try:
        pair = store.submit(pair_ids).result()[0]
        study.unlink()
        with pytest.raises(FileLost) as first:
            store.submit(labels.give, pair, "first", "a", at=AT).result()
        with pytest.raises(FileLost) as second:
            asyncio.run(store.call(pair_ids))
        assert second.value is first.value is store.lost
    finally:
        store.close()
    assert len(list(study.parent.iterdir())) == 1


def test_a_file_that_went_without_a_write_is_told_at_the_end(study: Path) -> None:
    store = StoreThread(study)
    store.submit(meta.put, "theme", "x").result()
    study.unlink()
    with pytest.raises(FileLost) as told:
        store.close()
    assert told.value.rescue is not None
    assert len(event_ids(told.value.rescue)) == 1


def test_a_call_that_could_not_be_written_is_kept_as_words(study: Path) -> None:
    def fail(_db: Database, text: str) -> None:
        raise StoreError(f"no pair for {text[:3]}")

    store = StoreThread(study)
    study.unlink()
    with pytest.raises(FileLost) as told:
        store.submit(fail, "what somebody wrote").result()
    store.close()
    assert told.value.rescue is not None
    plain = told.value.rescue.with_suffix(".txt")
    words = plain if plain.exists() else told.value.rescue.with_suffix(".texts.db")
    (text,) = [plain.read_text("utf-8")] if plain.exists() else kept_text.texts(words)
    assert "what somebody wrote" in text
    assert words.stat().st_mode & 0o777 == 0o600


def test_a_folder_nobody_can_write_to_sends_the_copy_to_a_private_one(
    study: Path, state: Path
) -> None:
    with pytest.raises(FileLost) as told, session(study) as db:  # noqa: PT012
        shutil.rmtree(study.parent)
        labels.give(db, pair_ids(db)[0], "first", "a", at=AT)
    assert told.value.rescue is not None
    assert told.value.rescue.parent == state / "pairlab" / "rescue"
    assert told.value.rescue.parent.stat().st_mode & 0o777 == 0o700


@pytest.fixture
def writing(study: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that labels as fast as it can."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(study)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    "name", ["removed", "moved", "replaced by a move", "overwritten by a copy"]
)
def test_another_process_stops_and_all_it_acknowledged_is_kept(
    study: Path, writing: subprocess.Popen[str], name: str
) -> None:
    other = event_ids(another(study))
    assert writing.stdout is not None
    acknowledged = [writing.stdout.readline().strip() for _ in range(40)]
    DEEDS[name](study)
    out, told = writing.communicate(timeout=60)
    acknowledged += out.split()
    assert writing.returncode == 1
    assert told.count("\n") == 1
    kept = set().union(*everything(study.parent).values())
    assert set(acknowledged) <= kept
    if name.startswith(("replaced", "overwritten")):
        assert event_ids(study) == other


def test_a_file_that_a_killed_process_left_half_written_is_whole_with_its_log(study: Path) -> None:
    with closing(open_store(study)) as db, closing(open_store(study)) as other:
        for each in (db, other):
            each.execute("PRAGMA wal_autocheckpoint=0")
        pairs = pair_ids(db)
        told = [each for _ in range(30) for each in labelled(other, pairs)]
        whole = study.parent / "aside" / "whole.db"
        whole.parent.mkdir()
        for ending in ("", "-wal"):
            shutil.copy(f"{study}{ending}", f"{whole}{ending}")
        with closing(sqlite3.connect(whole)) as moved:
            moved.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before, after = study.read_bytes(), whole.read_bytes()
        rng = random.Random("half")
        half = bytearray(before.ljust(len(after), b"\0"))
        for _ in range(12):  # what a checkpoint has written when its process is killed, ever more
            for at in range(0, len(after), 4096):
                if rng.random() < 0.2:
                    half[at : at + 4096] = after[at : at + 4096]
            with study.open("r+b") as file:
                file.write(half)
            told += labelled(db, pairs[:1])
    assert set(told) <= event_ids(study)
