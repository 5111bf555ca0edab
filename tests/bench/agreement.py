"""Live kappa: what one label costs, at a thousand labels and at a million."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from sqlite_utils import Database

from store.agreement import LiveTable, agreement, of_counts, warm_up
from store.agreement.counts import VERDICTS, tabulate, tally_of
from store.agreement.kappa import kappa
from store.db.connection import create
from store.db.project_database import immediate
from store.items import candidates, prompts
from store.judgements import labels
from store.records import Candidate, Message, Origin, Verdict
from tests.bench.table import BenchRow, milliseconds, time_of

SIZES = (1_000, 1_000_000)
"""Labels in the project, of two annotators together."""

STEPS = 300
"""Labels given while timing."""

SAME_COST = 1.5
"""The larger project may cost so many times the smaller one, for one label to shown kappa."""

AT = "2026-01-02T03:04:05.678Z"

_FILL = (
    """
    WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :pairs)
    INSERT INTO pair (id, prompt_id, a_id, b_id, kind, external_id, source, created_at)
    SELECT lower(hex(randomblob(32))), :prompt, :a, :b, 'imported', n, 'bench', :at FROM number
    """,
    """
    INSERT INTO event
        (id, replica, seq, lamport, at, annotator, kind, item, phase, value)
    SELECT lower(hex(randomblob(32))), 'bench', row_number() OVER (), 1, :at, who.value, 'label',
        pair.id, 'first',
        json_object('verdict', CASE pair.position % 3 WHEN 0 THEN 'a' WHEN 1 THEN 'b'
            ELSE iif(who.key, 'tie', 'a') END, 'seconds', 20.0, 'left', 'a')
    FROM pair JOIN json_each('["first", "second"]') AS who
    WHERE who.key = 0 OR pair.position <= :common
    """,
    """
    INSERT INTO label_head (pair_id, annotator, phase, verdict, seconds, left_side, informed,
        event_id, at)
    SELECT item, annotator, phase, json_extract(value, '$.verdict'), 20.0, 'a', 0, id, at
    FROM event ORDER BY item, annotator
    """,
)


def rows() -> list[BenchRow]:
    """Kappa against scikit-learn on the full lists, and one label to shown kappa."""
    warm_up()
    return [*(_against_lists(size) for size in SIZES), *_label_to_kappa()]


def _against_lists(size: int) -> BenchRow:
    """The figures of the kept table, against the plain call on two lists of labels."""
    from sklearn.metrics import cohen_kappa_score

    source = random.Random(1)
    first = source.choices(VERDICTS, (5, 4, 2, 1), k=size // 2)
    second = [v if source.random() < 0.7 else source.choice(VERDICTS) for v in first]
    table = tabulate(tally_of(zip(first, second, strict=True)), VERDICTS).table
    long_way = cohen_kappa_score(first, second)
    value = kappa(table).value
    assert value is not None
    assert abs(value - long_way) < 1e-9
    ours = time_of(lambda: kappa(table), repeats=50)
    theirs = time_of(lambda: cohen_kappa_score(first, second), repeats=5)
    return BenchRow(
        f"kappa of {size:,} labels: kept table, against cohen_kappa_score on the lists",
        milliseconds(ours),
        milliseconds(theirs),
        ours / theirs,
    )


def _label_to_kappa() -> list[BenchRow]:
    """One label, committed, to all figures of K, in two projects turn by turn in one run."""
    small, large = SIZES
    with _project(small) as one, _project(large) as other:
        projects = {small: one, large: other}
        live = {size: LiveTable(db, "first", "second") for size, db in projects.items()}
        waiting = {size: _unlabelled(db) for size, db in projects.items()}
        taken: dict[int, list[float]] = {size: [] for size in SIZES}
        for step in range(STEPS):
            for size, db in projects.items():
                start = time.perf_counter()
                _label_and_show(db, live[size], waiting[size][step])
                taken[size].append(time.perf_counter() - start)
        for size, db in projects.items():
            assert live[size].counts == agreement(db, "first", "second").counts
        counted = time_of(lambda: agreement(other, "first", "second"), repeats=1)
    at = {size: median(times) for size, times in taken.items()}
    return [
        BenchRow(
            f"one label to shown kappa, commit included: {large:,} labels, against {small:,}",
            milliseconds(at[large]),
            milliseconds(at[small]),
            at[large] / at[small],
            SAME_COST,
        ),
        BenchRow(
            f"the same, against counting all {large:,} labels again",
            milliseconds(at[large]),
            milliseconds(counted),
            at[large] / counted,
        ),
    ]


def _label_and_show(db: Database, live: LiveTable, pair_id: str) -> None:
    labels.give(db, pair_id, "second", Verdict.A, seconds=20.0, left="a", at=AT)
    live.refresh(db)
    assert of_counts(live.shown, ("first", "second")).kappa.value is not None


def _unlabelled(db: Database) -> list[str]:
    found = db.execute(
        "SELECT id FROM pair ORDER BY position DESC LIMIT :steps", {"steps": STEPS}
    ).fetchall()
    return [pair_id for (pair_id,) in found]


@contextmanager
def _project(size: int) -> Iterator[Database]:
    """A project with so many labels by two people, and some pairs that one has yet to label."""
    with TemporaryDirectory(prefix="pairlab-bench-") as folder:
        db = create(Path(folder) / "bench.db")
        db.execute("PRAGMA synchronous=OFF")
        db.execute("PRAGMA cache_size=-500000")
        with immediate(db):
            prompt, _ = prompts.add(
                db, [Message("user", "bench")], category="helpful", source="bench", at=AT
            )
            a, b = (
                candidates.add(
                    db,
                    Candidate(prompt_id=prompt, origin=Origin.IMPORTED, text=text, created_at=AT),
                )
                for text in "ab"
            )
            common = (size - STEPS) // 2
            values = {"prompt": prompt, "a": a, "b": b, "at": AT, "common": common}
            for statement in _FILL:
                db.execute(statement, values | {"pairs": common + STEPS})
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA cache_size=-2000")
        db.execute("PRAGMA synchronous=FULL")
        yield db
        db.close()
