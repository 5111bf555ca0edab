"""The tests of the store once more, on encrypted projects."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

from tests.torture.tried import Tried

ROOT = Path(__file__).parents[2]


def run(folder: Path, tries: int, seed: str) -> Tried:
    """Run them in processes of their own; ``tries`` says how many at once, 0 for this one alone."""
    name, promise = "store's tests, encrypted", "SQLCipher: all of SQLite's interface"
    if importlib.util.find_spec("sqlcipher3") is None:
        return Tried(name, 0, 0, 0, promise, "no sqlcipher3 for this platform")
    words = ["-m", "pytest", "-p", "no:cacheprovider", "--encrypted", "tests/store"]
    done = subprocess.run(
        [sys.executable, *words, "-n", str(tries), "--basetemp", str(folder / "tests")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    counts = {what: int(n) for n, what in re.findall(r"(\d+) (passed|failed|error)", done.stdout)}
    wrong = counts.get("failed", 0) + counts.get("error", 0) + (done.returncode > 1)
    passed = counts.get("passed", 0)
    return Tried(name, passed + wrong, passed, wrong, promise)
