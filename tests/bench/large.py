"""A project of 100,000 pairs and a million labels, beside one of a thousand pairs, in one run."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from sqlite_utils import Database

from store.agreement import agreement, agreement_many
from store.agreement.live_updates import Following
from store.db import doctor
from store.db.connection import create, open_store
from store.db.project_database import immediate
from store.log import events
from store.records import Event, Verdict
from store.views import labelling
from tests.bench.browse import AT, add_pair, texts
from tests.bench.table import BenchRow, milliseconds, told

SIZES = (1_000, 100_000)
"""Pairs; ten people have labelled all of them, but the last, who is at 60 %."""

PEOPLE = tuple(f"person {place}" for place in range(10))
ME = PEOPLE[-1]
STEPS = 100
"""Labels given while timing."""

SAME_COST = 1.5
"""The larger project may cost so many times the smaller one."""

_EVENTS = """
INSERT INTO event (id, replica, seq, lamport, at, annotator, kind, item, phase, value)
SELECT event_id(seq, who, item, value), 'bench', seq, 1, :at, who, 'label', item, 'first', value
FROM (
    SELECT row_number() OVER (ORDER BY position, who.key) AS seq, who.value AS who,
        pair.id AS item,
        json_object('verdict', CASE (position * 7919 + who.key * 104729) * 2654435761 % 4294967291
            % 5 WHEN 0 THEN 'b' WHEN 1 THEN 'tie' ELSE 'a' END, 'seconds', 20.0, 'left', 'a')
            AS value
    FROM pair JOIN json_each(:people) AS who
    WHERE who.value <> :me OR position <= :mine
)
"""

_EXPORTS = """
import sys
from pathlib import Path
from store.db.connection import open_readonly
from store.exporting import ExportOptions, plan, write
path = Path(sys.argv[1])
options = ExportOptions(from_=sys.argv[2], format=sys.argv[3], allow=frozenset({"low_agreement"}))
write(plan(open_readonly(path), options, with_card=False), path.with_suffix(sys.argv[4]))
(line,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(line.split()[1])
"""


def rows() -> list[BenchRow]:
    """What a person waits for, in both projects."""
    with TemporaryDirectory(prefix="pairlab-bench-") as folder:
        small, large = (_made(Path(folder) / f"{size}.db", size) for size in SIZES)
        return [
            *told([_taken_in(small, large)]),
            *told([_first_item(small, large)]),
            *told([_label_and_next(small, large)]),
            *(each for name, call in _ASKED for each in told([_once(name, call, small, large)])),
            *told([_doctor(small, large)]),
            *(each for how in _WRITTEN for each in told([_export(*how, small, large)])),
        ]


def _taken_in(small: Path, large: Path) -> BenchRow:
    """The first opening of a file into which another program wrote labels."""
    taken = []
    for path in (small, large):
        start = time.perf_counter()
        with _opened(path):
            taken.append(time.perf_counter() - start)
    return _row("opening after another program wrote all labels", taken[1], taken[0])


def _first_item(small: Path, large: Path) -> BenchRow:
    taken = []
    for path in (small, large):
        start = time.perf_counter()
        with _opened(path) as db:
            assert labelling.resume(db, ME) is not None
            taken.append(time.perf_counter() - start)
    return _row("first item after opening (target 200 ms)", taken[1], taken[0])


def _label_and_next(small: Path, large: Path) -> BenchRow:
    with _opened(small) as one, _opened(large) as other:
        shown = [labelling.resume(db, ME) for db in (one, other)]
        taken: list[list[float]] = [[], []]
        for _ in range(STEPS):
            for place, db in enumerate((one, other)):
                to_label = shown[place]
                assert to_label is not None
                start = time.perf_counter()
                shown[place] = labelling.give(db, to_label, ME, Verdict.A, seconds=9.0, at=AT)
                taken[place].append(time.perf_counter() - start)
    return _row("label to next pair", median(taken[1]), median(taken[0]), SAME_COST)


def _live(db: Database) -> None:
    assert Following(ME).look(db).agreement


def _two(db: Database) -> None:
    assert agreement(db, PEOPLE[0], PEOPLE[1]).kappa.value is not None


def _ten(db: Database) -> None:
    assert agreement_many(db, PEOPLE).alpha is not None


_ASKED: tuple[tuple[str, Callable[[Database], None]], ...] = (
    ("whom to compare in K, and their table, after opening (target 500 ms)", _live),
    ("agreement of two people", _two),
    ("agreement of ten people", _ten),
)


def _once(name: str, call: Callable[[Database], None], small: Path, large: Path) -> BenchRow:
    taken = []
    for path in (small, large):
        with _opened(path) as db:
            start = time.perf_counter()
            call(db)
            taken.append(time.perf_counter() - start)
    return _row(name, taken[1], taken[0])


def _doctor(small: Path, large: Path) -> BenchRow:
    taken = []
    for path in (small, large):
        start = time.perf_counter()
        doctor.examine(path)
        taken.append(time.perf_counter() - start)
    return _row("doctor, everything looked at", taken[1], taken[0])


_WRITTEN = (("triplets", ".jsonl"), ("icai", ".json"), ("audit", ".jsonl"), ("trl", ".parquet"))
"""Formats, and the files they go into."""


def _export(format_: str, ending: str, small: Path, large: Path) -> BenchRow:
    """The most memory of a process that plans and writes; as Linux tells it."""
    most = []
    for path in (small, large):
        called = [sys.executable, "-c", _EXPORTS, str(path), f"by:{PEOPLE[0]}", format_, ending]
        done = subprocess.run(called, capture_output=True, check=True, text=True)
        most.append(int(done.stdout) / 1024)
        path.with_suffix(ending).unlink()
    figure = (
        f"memory of an export, {format_}{ending} (target 250 MiB):"
        f" {SIZES[1]:,} pairs, against {SIZES[0]:,}"
    )
    return BenchRow(figure, f"{most[1]:.0f} MiB", f"{most[0]:.0f} MiB", most[1] / most[0])


def _row(figure: str, large: float, small: float, target: float | None = None) -> BenchRow:
    return BenchRow(
        f"{figure}: {SIZES[1]:,} pairs, against {SIZES[0]:,}",
        milliseconds(large),
        milliseconds(small),
        large / small,
        target,
    )


@contextmanager
def _opened(path: Path) -> Iterator[Database]:
    db = open_store(path)
    try:
        yield db
    finally:
        db.close()


def _made(path: Path, size: int) -> Path:
    db = create(path)
    db.execute("PRAGMA synchronous=OFF")
    db.execute("PRAGMA cache_size=-500000")
    text = texts()
    asked = {"at": AT, "people": json.dumps(PEOPLE), "me": ME, "mine": size * 6 // 10}
    with immediate(db):
        for place in range(size):
            add_pair(db, place, text)
        db.conn.create_function("event_id", 4, _event_id)
        db.execute(_EVENTS, asked)
    db.close()
    return path


def _event_id(seq: int, who: str, item: str, value: str) -> str:
    said = json.loads(value)
    return events.identity(Event("", "bench", seq, 1, AT, who, "label", item, "first", said))
