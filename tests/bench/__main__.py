"""``make bench``: every part, or the parts named: ``make bench PARTS="screen agreement"``."""

from __future__ import annotations

import importlib
import sys
import time

from tests.bench.table import rendered

PARTS = ("screen", "engine", "judge", "agreement", "browse", "data", "large", "safety", "endpoint")


def main() -> int:
    """Measure and print part by part, so that a broken part hides no other."""
    wanted = sys.argv[1:] or list(PARTS)
    if unknown := sorted(set(wanted) - set(PARTS)):
        print(f"no part {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    for part in wanted:
        print(f"{part}: measuring ...", file=sys.stderr, flush=True)
        began = time.monotonic()
        rows = importlib.import_module(f"tests.bench.{part}").rows()
        print(f"\n{part}\n{rendered(rows)}", flush=True)
        print(f"{part}: took {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
