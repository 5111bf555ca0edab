"""A power cut in the middle of a write: the log cut off at every place, the file half written.

With ``synchronous=FULL`` whatever was acknowledged is in the log on the disk. What comes behind
it may be there, be missing, or be half of it: each such state is made here from a copy, and opened.
"""

from __future__ import annotations

import random
from pathlib import Path

from store.db.connection import open_store
from store.judgements import labels
from tests import honest_file
from tests.torture.tried import AT, SQLITE, Tried, lost

SECTOR, PAGE = 512, 4096


def run(folder: Path, tries: int, seed: str) -> Tried:
    """Tear the log at so many places, then the file itself while the log is moved into it.

    Args:
        folder: for the projects.
        tries: states that are opened.
        seed: draws the places.
    """
    rng = random.Random(seed)
    path = folder / "torn.db"
    ids = honest_file.make(path)
    db = open_store(path)
    db.execute("PRAGMA wal_autocheckpoint=0")
    log = Path(f"{path}-wal")
    before, steps = path.read_bytes(), [(log.stat().st_size, "")]
    for n in range(max(4, tries // 10)):
        event = labels.give(db, ids.pair, f"w{n % 3}", "ab"[n % 2], note="x" * (n * 97), at=AT)
        steps.append((log.stat().st_size, event.id))
    whole = log.read_bytes()
    db.execute("PRAGMA wal_checkpoint(PASSIVE)")
    after = path.read_bytes()
    db.close()
    missing = 0
    ends = [end for end, _ in steps]
    for n in range(tries * 3 // 4):
        # first behind every write, to the byte; then anywhere
        cut = ends[n] if n < len(ends) else rng.randrange(0, len(whole) + 1)
        cut -= rng.choice((0, cut % SECTOR)) if n >= len(ends) else 0
        rest = rng.choice((b"", bytes(SECTOR), rng.randbytes(SECTOR), whole[: len(whole) - cut]))
        acknowledged = [event for end, event in steps if event and end <= cut]
        missing += _opened(folder, before, whole[:cut] + rest, acknowledged)
    everything = [event for _, event in steps if event]
    pages = [at for at in range(0, len(after), PAGE) if before[at:][:PAGE] != after[at:][:PAGE]]
    for _ in range(tries - tries * 3 // 4):
        half = bytearray(before.ljust(len(after), b"\0"))
        for at in rng.sample(pages, rng.randint(0, len(pages))):
            size = rng.choice((PAGE, SECTOR))  # a page whole, or its first sector alone
            half[at : at + size] = after[at : at + size]
        missing += _opened(folder, bytes(half), whole, everything)
    return Tried("power cut: log or file torn", tries, tries * len(everything), missing, SQLITE)


def _opened(folder: Path, file: bytes, log: bytes, acknowledged: list[str]) -> int:
    path = folder / "after.db"
    path.write_bytes(file)
    Path(f"{path}-wal").write_bytes(log)
    try:
        return lost(path, acknowledged)
    finally:
        for ending in ("", "-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
