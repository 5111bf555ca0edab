"""Processes killed while they write, several of them at one file."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from contextlib import ExitStack
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
    with subprocess.Popen(
        [sys.executable, "-m", "tests.torture.writer", str(path)],
        stdin=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as nursery:
        assert nursery.stdin is not None
        for start in range(0, tries, AT_ONCE):
            fifos = [folder / f"w{n}" for n in range(start, min(start + AT_ONCE, tries))]
            for fifo in fifos:
                os.mkfifo(fifo)
                print(fifo, file=nursery.stdin, flush=True)
            with ExitStack() as stack:
                running = [stack.enter_context(fifo.open(encoding="utf-8")) for fifo in fifos]
                for writer in running:
                    number = int(writer.readline())
                    for _ in range(rng.randint(0, MOST)):
                        acknowledged.add(writer.readline().strip())
                    os.kill(number, signal.SIGKILL)  # fails where it has ended by itself
                for writer in running:
                    rest = writer.read().splitlines(keepends=True)
                    acknowledged.update(line.strip() for line in rest if line.endswith("\n"))
    acknowledged.discard("")
    missing = lost(path, acknowledged)
    return Tried("processes killed (SIGKILL)", tries, len(acknowledged), missing, SQLITE)
