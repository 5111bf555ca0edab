"""A process that decides as fast as it can: ``python -m tests.torture.writer PROJECT NAME``.

Labels, notes, flags, undo; each line on stdout is the id of an event that is on the disk.
"""

from __future__ import annotations

import itertools
import sys
import time

from store import clock
from store.db.session import session
from store.judgements import labels

PAUSE = 0.003
"""Seconds between two decisions: SQLite's waiting is not fair, and a writer might starve."""


def write(path: str, who: str) -> None:
    """Decide until somebody ends the process."""
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
            print(event.id, flush=True)
            time.sleep(PAUSE)


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2])
