"""``make torture``: every test of this package at full length, as a table; some minutes."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.torture import flips, full, keys, kills, merges, networkless, rekeyed, store_suite, torn
from tests.torture.tried import Tried

ALL: tuple[tuple[Callable[[Path, int, str], Tried], int], ...] = (
    (kills.run, 200),
    (torn.run, 400),
    (full.run, 200),
    (flips.run, 300),
    (merges.run, len(merges.CORPUS)),
    (networkless.run, networkless.ALL),
    (rekeyed.run, 60),
    (keys.run, 30),
    (store_suite.run, 2),
)


def main() -> int:
    """Try everything, print the table; 1 where anything was lost."""
    rows = []
    for run, tries in ALL:
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="pairlab-torture-") as folder:
            rows.append(run(Path(folder), tries, "torture"))
        print(f"  {rows[-1].test}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    print(f"{'test':30} {'tries':>5} {'acknowledged':>12} {'lost':>4}  promised elsewhere")
    for row in rows:
        print(f"{row.test:30} {row.tries:5} {row.acknowledged:12} {row.lost:4}  {row.promise}")
        if row.skipped:
            print(f"{'':30} skipped: {row.skipped}")
    return int(any(row.lost for row in rows))


if __name__ == "__main__":
    sys.exit(main())
