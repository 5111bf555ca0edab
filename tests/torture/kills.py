"""Processes killed while they write, several of them at one file."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

from tests import honest_file
from tests.torture.tried import SQLITE, Tried, lost

ROOT = Path(__file__).parents[2]
AT_ONCE = 3
MOST = 40
"""Events after which a process is killed at the latest."""


def run(folder: Path, tries: int, seed: str) -> Tried:
    """Kill so many real processes at random moments.

    Args:
        folder: for the project.
        tries: kills.
        seed: draws the moments.
    """
    rng = random.Random(seed)
    path = folder / "killed.db"
    honest_file.make(path)
    acknowledged: set[str] = set()
    for start in range(0, tries, AT_ONCE):
        running = [_writer(path, f"w{n}") for n in range(min(AT_ONCE, tries - start))]
        for process in running:
            assert process.stdout is not None
            for _ in range(rng.randint(0, MOST)):
                acknowledged.add(process.stdout.readline().strip())
            process.kill()
        for process in running:
            assert process.stdout is not None
            rest = process.stdout.read().splitlines(keepends=True)
            acknowledged.update(line.strip() for line in rest if line.endswith("\n"))
            assert process.wait() == -signal.SIGKILL
    missing = lost(path, acknowledged)
    return Tried("processes killed (SIGKILL)", tries, len(acknowledged), missing, SQLITE)


def _writer(path: Path, who: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.torture.writer", str(path), who],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
