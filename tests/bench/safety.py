"""What each protection costs: one label, and opening the project, with it and without it.

Both ways take turns, label by label, so that a disk that gets slow is slow for both.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from store import importing
from store.db import cipher, file_system, rolling, verification
from store.db.connection import create, open_store
from store.db.project_database import ProjectDatabase
from store.db.sqlite import sqlite3
from store.judgements import labels, settings
from tests.bench.table import BenchRow, milliseconds, time_of

PAIRS = 2_000
LABELS = 400
OPENINGS = 40
AT = "2026-01-02T03:04:05.678Z"
NEARLY_FREE = 1.2
"""What a label with a protection may cost at most, as a multiple of one without."""

_LOCKED = """
import json, sys, time
from statistics import median
from engine import netlock
start = time.perf_counter()
if sys.argv[2] == "locked":
    netlock.lock()
took = time.perf_counter() - start
from tests.bench.safety import labelling
from store.db.connection import open_store
db = open_store(sys.argv[1])
label = labelling(db, sys.argv[2])
def timed():
    start = time.perf_counter()
    label()
    return time.perf_counter() - start
print(json.dumps([took, median(timed() for _ in range(int(sys.argv[3])))]))
"""


def rows() -> list[BenchRow]:
    """One row for each protection, of a label and of opening."""
    with TemporaryDirectory(prefix="pairlab-bench-") as folder:
        path = Path(folder) / "study.db"
        source = Path(folder) / "pairs.jsonl"
        source.write_text("".join(map(_line, range(PAIRS))), encoding="utf-8")
        with closing(create(path)) as db:
            importing.run(db, source, at=AT)
        own = [*_label_rows(path), *_opening_rows(path), *_content_rows(path)]
        return [*own, *_encryption_rows(path, source)]


def labelling(db: ProjectDatabase, who: str) -> Callable[[], object]:
    """A call that labels the next pair."""
    ids = [row[0] for row in db.execute("SELECT id FROM pair ORDER BY position").fetchall()]
    pairs = itertools.cycle(ids)
    return lambda: labels.give(db, next(pairs), who, "a", at=AT)


def _label_rows(path: Path) -> list[BenchRow]:
    found = []
    for name, without in (
        ("a label with synchronous=FULL, against NORMAL", _normal),
        ("a label with the look at file and tables, against none", _unwatched),
        ("a label with deleted text overwritten, against not", _untidy),
    ):
        with closing(open_store(path)) as one, closing(open_store(path)) as other:
            without(other)
            with_it, bare = _in_turns(labelling(one, "with"), labelling(other, "without"), LABELS)
        target = None if without is _normal else NEARLY_FREE
        found.append(_row(name, with_it, bare, target))
    taken = {}
    for state in ("locked", "open", "open", "locked"):
        done = subprocess.run(
            [sys.executable, "-c", _LOCKED, str(path), state, str(LABELS)],
            capture_output=True,
            text=True,
            check=True,
        )
        locking, label = json.loads(done.stdout)
        before = taken.get(state, (locking, label))
        taken[state] = min(before[0], locking), min(before[1], label)
    with_it, bare = taken["locked"][1], taken["open"][1]
    found.append(_row("a label behind the lock, against none", with_it, bare, NEARLY_FREE))
    found.append(
        BenchRow("setting the lock, once", milliseconds(taken["locked"][0]), "no lock", None)
    )
    return found


def _opening_rows(path: Path) -> list[BenchRow]:
    def plain() -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("SELECT value FROM meta WHERE key = 'replica'").fetchone()

    ours, bare = _in_turns(lambda: open_store(path).close(), plain, OPENINGS)
    place = time_of(lambda: file_system.must_be_local(path), repeats=OPENINGS)
    return [
        _row("opening with all checks, against a bare connection", ours, bare, None),
        _row("of it: whether the file lies on a local disk", place, ours, None),
    ]


def _content_rows(path: Path) -> list[BenchRow]:
    with closing(open_store(path)) as db:
        portion = time_of(
            lambda: verification.step(db, verification.Place("pair"), 0.002), repeats=OPENINGS
        )
        label = time_of(labelling(db, "beside"), repeats=OPENINGS)
        settings.set(db, settings.BACKUPS, 1, "bench", AT)
        start = time.perf_counter()
        rolling.roll(db, path, AT)
        rolled = time.perf_counter() - start
        with closing(sqlite3.connect(path.with_name("copy.db"))) as copy:
            start = time.perf_counter()
            db.conn.backup(copy)
            copied = time.perf_counter() - start
    return [
        _row("comparing a portion while nobody types, against a label", portion, label, None),
        _row(f"a backup of {PAIRS:,} pairs, compared, against a copy", rolled, copied, None),
    ]


def _encryption_rows(path: Path, source: Path) -> list[BenchRow]:
    """The same project encrypted, beside the plain one."""
    if importlib.util.find_spec("sqlcipher3") is None:
        return []
    start = time.perf_counter()
    key = cipher.new(b"a passphrase of some words")
    making = time.perf_counter() - start
    hidden = path.with_name("encrypted.db")
    with closing(create(hidden, key=key)) as db:
        importing.run(db, source, at=AT)
    with closing(open_store(hidden)) as one, closing(open_store(path)) as other:
        label = _in_turns(labelling(one, "under a key"), labelling(other, "in plain"), LABELS)
    opening = _in_turns(
        lambda: open_store(hidden).close(), lambda: open_store(path).close(), OPENINGS
    )
    return [
        _row("a label in an encrypted project, against a plain one", *label, NEARLY_FREE),
        _row("opening it with its key at hand, against a plain one", *opening, None),
        BenchRow("the key from the passphrase, once", milliseconds(making), "no key", None),
    ]


def _in_turns(
    one: Callable[[], object], other: Callable[[], object], times: int
) -> tuple[float, float]:
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for call, into in ((one, taken[0]), (other, taken[1])):
            start = time.perf_counter()
            call()
            into.append(time.perf_counter() - start)
    return median(taken[0]), median(taken[1])


def _normal(db: ProjectDatabase) -> None:
    db.execute("PRAGMA synchronous=NORMAL")


def _unwatched(db: ProjectDatabase) -> None:
    db.watch = None


def _untidy(db: ProjectDatabase) -> None:
    db.execute("PRAGMA secure_delete=OFF")


def _row(figure: str, ours: float, baseline: float, target: float | None) -> BenchRow:
    return BenchRow(figure, milliseconds(ours), milliseconds(baseline), ours / baseline, target)


def _line(n: int) -> str:
    words = " ".join(f"word{(n * 7 + k) % 97}" for k in range(60))
    return json.dumps({"prompt": f"Question {n}?", "a": f"{words} {n}", "b": f"No. {words}"}) + "\n"
