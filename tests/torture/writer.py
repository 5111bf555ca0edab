"""Processes that decide as fast as they can: ``python -m tests.torture.writer PROJECT``.

Each line on stdin names a fifo, and begins a process that writes to it: its own number, then the
id of each event that is on the disk. They are forked from one that has everything loaded, so that
a kill costs milliseconds.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import time
from pathlib import Path
from typing import TextIO

from store import clock
from store.db.session import session
from store.judgements import labels

PAUSE = 0.003
"""Seconds between two decisions: SQLite's waiting is not fair, and a writer might starve."""


def write(path: str, told: TextIO) -> None:
    """Decide until somebody ends the process."""
    who = Path(told.name).name
    print(os.getpid(), file=told, flush=True)
    with session(path) as db:
        pairs = [row[0] for row in db.execute("SELECT id FROM pair ORDER BY position")]
        for n in itertools.count():
            pair, at = pairs[n % len(pairs)], clock.now()
            if n % 3 == 0:
                event = labels.note(db, pair, who, f"note {n} " + "x" * (n * 37 % 3000), at)
            elif n % 7 == 0:
                event = labels.flag(db, pair, who, n % 2 == 0, at)
            else:
                event = labels.give(db, pair, who, "ab"[n % 2], note=f"n{n}", at=at)
            print(event.id, file=told, flush=True)
            time.sleep(PAUSE)


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that are killed
    for line in sys.stdin:
        if os.fork() == 0:
            with Path(line.strip()).open("w", encoding="utf-8") as fifo:
                write(sys.argv[1], fifo)
