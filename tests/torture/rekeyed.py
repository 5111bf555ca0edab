"""Processes killed while they encrypt a project, or decrypt it: before any call of any function."""

from __future__ import annotations

import importlib.util
import random
import signal
import subprocess
import sys
from pathlib import Path

from store.db import cipher
from store.db.session import session
from tests import honest_file
from tests.encrypted import KEY
from tests.torture.tried import Tried, lost

ROOT = Path(__file__).parents[2]
LAST = 150
"""Calls at the end, in which the new file takes the place of the old one: half of the kills."""

_CHANGES = """
import os, signal, sys
from store.db import cipher, encrypting
from tests.encrypted import KEY

cipher.hold(KEY)
key = None if cipher.is_encrypted(sys.argv[1]) else KEY
left, made = int(sys.argv[2]), 0

def count(_frame, event, _arg):
    global made
    made += event in ("call", "c_call")
    if made == left:
        os.kill(os.getpid(), signal.SIGKILL)

sys.setprofile(count)
encrypting.change(sys.argv[1], key)
sys.setprofile(None)
print(made)
"""


def run(folder: Path, tries: int, seed: str) -> Tried:
    """Kill so many real processes; the project is whole after each, plain or encrypted.

    Args:
        folder: for the project.
        tries: kills.
        seed: draws the moments.
    """
    promise = "SQLCipher: PRAGMA rekey is one transaction; sqlcipher_export leaves it to the caller"
    name = "killed while encrypting"
    if importlib.util.find_spec("sqlcipher3") is None:
        return Tried(name, 0, 0, 0, promise, "no sqlcipher3 for this platform")
    cipher.hold(KEY)
    rng = random.Random(seed)
    path = folder / "changed.db"
    honest_file.make(path)
    calls = [int(_changed(path).stdout) for _ in range(2)]  # one way, and back
    missing = killed = 0
    acknowledged = _events(path)
    while killed < tries:
        most = calls[cipher.is_encrypted(path)]
        at = rng.randint(1, most) if killed % 2 else rng.randint(most - LAST, most)
        killed += _changed(path, at).returncode == -signal.SIGKILL
        missing += lost(path, acknowledged)
    return Tried(name, killed, len(acknowledged) * killed, missing, promise)


def _changed(path: Path, left: int = 0) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", _CHANGES, str(path), str(left)]
    return subprocess.run(words, capture_output=True, text=True, cwd=ROOT, timeout=120)


def _events(path: Path) -> set[str]:
    with session(path) as db:
        return {row[0] for row in db.execute("SELECT id FROM event")}
