"""Two people label one file for half an hour, and a third process watches kappa: ``make soak``.

Two real processes label the same pairs at human pace while this one follows their labels as the
app does. At the end: no label lost, none refused, the live table is a recount, and every label
was seen within a second.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from store.agreement.live import LiveTable
from store.db.connection import create, open_store
from store.db.sqlite import data_version
from store.items import candidates, pairs, prompts
from store.judgements import labels
from store.records import Candidate, Message, Origin

ROOT = Path(__file__).parents[1]
AT = "2026-01-02T03:04:05.678Z"
LOOK_EVERY = 0.25
"""Seconds between two looks, as in the app."""


class Given(NamedTuple):
    """One label as its annotator reported it."""

    pair_id: str
    annotator: str
    verdict: str
    at: float
    """Wall clock when it was on the disk."""


class Soaked(NamedTuple):
    """What came of it."""

    given: list[Given]
    lost: int
    errors: str
    """What the annotators' processes wrote to stderr."""
    same_as_recount: bool
    slowest: float
    """Seconds from a label on the disk to the table that has it."""


def project(path: Path, number: int) -> None:
    """A project with so many pairs."""
    db = create(path, seed="soak", at=AT)
    for n in range(number):
        prompt, _ = prompts.add(
            db, [Message("user", f"Question {n}?")], category="helpful", source="soak", at=AT
        )
        one, other = (
            candidates.add(
                db,
                Candidate(
                    prompt_id=prompt,
                    origin=Origin.IMPORTED,
                    text=f"{side} {n}",
                    slot=i,
                    created_at=AT,
                ),
            )
            for i, side in enumerate(("Yes", "No"))
        )
        pairs.add(db, prompt, one, other, "imported", source="soak", at=AT)
    db.close()


def soak(path: Path, number: int, pace: float) -> Soaked:
    """Let two processes label everything while this one watches.

    Args:
        path: a project with pairs and no labels.
        number: how many pairs each of the two labels.
        pace: median seconds on a pair.
    """
    people = ("first", "second")
    running = {who: _start(path, who, number, pace) for who in people}
    db = open_store(path)
    table = LiveTable(db, *people)
    seen: list[tuple[float, int]] = []
    version = None
    while True:
        over = all(process.poll() is not None for process in running.values())
        if (now := data_version(db)) != version:
            version = now
            table.refresh(db)
            seen.append((time.time(), _labels(table)))
        if over:
            break
        time.sleep(LOOK_EVERY)
    given: list[Given] = []
    errors = ""
    for who in people:
        errors += _log(path, who, "err").read_text(encoding="utf-8")
        for line in _log(path, who, "out").read_text(encoding="utf-8").splitlines():
            pair_id, verdict, at = line.split()
            given.append(Given(pair_id, who, verdict, float(at)))
    table.refresh(db)
    seen.append((time.time(), _labels(table)))
    stored = {
        (each.pair_id, each.annotator, each.verdict.value)
        for who in people
        for each in labels.by_annotator(db, who)
    }
    lost = sum((one.pair_id, one.annotator, one.verdict) not in stored for one in given)
    same = table.counts == LiveTable(db, table.first, table.second).counts
    db.close()
    return Soaked(given, lost, errors, same, _slowest(given, seen))


def _start(path: Path, who: str, number: int, pace: float) -> subprocess.Popen[bytes]:
    arguments = ["-m", "tests.annotator", str(path), who, str(number), str(pace), who]
    with _log(path, who, "out").open("wb") as out, _log(path, who, "err").open("wb") as err:
        return subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=out, stderr=err)


def _log(path: Path, who: str, what: str) -> Path:
    return path.with_name(f"{who}.{what}")


def _labels(table: LiveTable) -> int:
    """How many labels the table counts."""
    counts = table.counts
    return 2 * counts.n + counts.only_first + counts.only_second


def _slowest(given: list[Given], seen: list[tuple[float, int]]) -> float:
    """The longest any label waited until the watching table counted it."""
    slowest = 0.0
    for place, one in enumerate(sorted(given, key=lambda each: each.at), start=1):
        counted = next((when for when, number in seen if number >= place), seen[-1][0])
        slowest = max(slowest, counted - one.at)
    return slowest


def main() -> int:
    """Soak, then say what came of it; 1 when anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--pace", type=float, default=6.0, help="median seconds on a pair")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "soak.db"
        project(path, options.pairs)
        begun = time.monotonic()
        came = soak(path, options.pairs, options.pace)
        minutes = (time.monotonic() - begun) / 60
    locked = came.errors.count("locked")
    print(f"{len(came.given)} labels in {minutes:.1f} min by two processes")
    print(f"lost {came.lost}, 'database is locked' {locked}")
    print(f"live table is a recount: {came.same_as_recount}")
    print(f"slowest label to table: {came.slowest:.2f} s")
    whole = len(came.given) == 2 * options.pairs
    well = whole and not came.lost and not came.errors and came.same_as_recount
    return 0 if well and came.slowest < 1 else 1


if __name__ == "__main__":
    sys.exit(main())
