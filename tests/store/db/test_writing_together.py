"""Writes of the store thread that are committed with others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing

import pytest

from store import errors
from store.db.connection import open_readonly
from store.db.sqlite import Database
from store.db.thread import StoreThread
from store.judgements import labels
from tests.store.conftest import AT, Project
from tests.store.deciding import some_pairs


@pytest.fixture
def thread(project: Project) -> Iterator[StoreThread]:
    made = StoreThread(project.path)
    yield made
    made.close()


class Busy:
    """Keeps the store thread at work, so that what is handed over meanwhile waits."""

    def __init__(self, thread: StoreThread) -> None:
        self._go = threading.Event()
        self._at_work = thread.submit(lambda _db: self._go.wait(60))

    def end(self) -> None:
        self._go.set()
        self._at_work.result()


def handed_over(thread: StoreThread, pairs: list[str]) -> list[Future[object]]:
    return [thread.submit_write(labels.give, each, "first", "a", at=AT) for each in pairs]


def statements(db: Database, said: list[str]) -> None:
    db.conn.set_trace_callback(said.append)


def test_what_waits_shares_one_commit(project: Project, thread: StoreThread) -> None:
    said: list[str] = []
    thread.submit(statements, said).result()
    busy = Busy(thread)
    futures = handed_over(thread, some_pairs(project.db, 3))
    busy.end()
    for future in futures:
        future.result()
    assert labels.count_by(project.db, "first") == 3
    assert said.count("COMMIT") == 1


def test_nothing_is_told_before_others_can_read_it(project: Project, thread: StoreThread) -> None:
    pairs = some_pairs(project.db, 3)
    seen: list[int] = []
    busy = Busy(thread)
    for future in handed_over(thread, pairs):
        future.add_done_callback(lambda _future: seen.append(_seen_elsewhere(project)))
    busy.end()
    thread.submit(lambda _db: None).result()
    assert seen == [3, 3, 3]


def _seen_elsewhere(project: Project) -> int:
    with closing(open_readonly(project.path)) as db:
        return labels.count_by(db, "first")


def test_one_that_fails_is_undone_alone(project: Project, thread: StoreThread) -> None:
    one, two, three = some_pairs(project.db, 3)

    def half(db: Database) -> None:
        labels.give(db, three, "first", "a", at=AT)
        raise errors.WrongId("no such pair")

    busy = Busy(thread)
    futures = handed_over(thread, [one])
    bad = thread.submit_write(half)
    futures += handed_over(thread, [two])
    busy.end()
    for future in futures:
        future.result()
    with pytest.raises(errors.WrongId):
        bad.result()
    assert labels.count_by(project.db, "first") == 2
    assert not labels.of_pair(project.db, three)


def test_a_full_disk_is_told_to_all_whose_writes_it_undid(
    project: Project, thread: StoreThread
) -> None:
    def fill(db: Database) -> None:
        db.conn.execute("PRAGMA max_page_count=1")
        db.execute("CREATE TABLE filler (text)")
        db.execute("INSERT INTO filler VALUES (zeroblob(10000000))")

    busy = Busy(thread)
    futures = [*handed_over(thread, some_pairs(project.db, 2)), thread.submit_write(fill)]
    busy.end()
    told = [type(future.exception()) for future in futures]
    assert errors.DiskFull in told
    kept = labels.count_by(project.db, "first")
    assert kept == told.count(type(None))
