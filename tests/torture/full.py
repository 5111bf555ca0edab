"""A disk that is full at every write: a small file system in memory, of this process alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from store.db.connection import open_store
from store.errors import DiskFull, StoreError
from store.judgements import labels
from tests import honest_file
from tests.torture.tried import AT, SQLITE, Tried, lost

ROOT = Path(__file__).parents[2]
NAME = "disk full at every write"
MOUNT = 'mount -t tmpfs -o size=8m none "$1" && exec "$2" -m tests.torture.full "$1" "$3"'
STEP = 4096


def run(folder: Path, tries: int, _seed: str) -> Tried:
    """Leave more room by a page in each try, until the disk is full, then make room.

    Args:
        folder: where the small file system is mounted.
        tries: how many sizes are tried.
    """
    place = folder / "small"
    place.mkdir()
    done = (
        subprocess.run(
            ["unshare", "-rm", "sh", "-c", MOUNT, "sh", str(place), sys.executable, str(tries)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if shutil.which("unshare")
        else None
    )
    if done is None or done.returncode != 0:
        why = "no file system can be mounted here (unshare -rm)"
        assert done is None or "Traceback" not in done.stderr, done.stderr
        return Tried(NAME, 0, 0, 0, SQLITE, why)
    acknowledged, missing = json.loads(done.stdout)
    return Tried(NAME, tries, acknowledged, missing, SQLITE)


def fill(place: Path, tries: int) -> tuple[int, int]:
    """Decisions acknowledged, and lost, over so many sizes of the room that is left."""
    acknowledged = missing = 0
    for n in range(tries):
        path, ballast = place / f"{n}.db", place / "ballast"
        ids = honest_file.make(path)
        room = shutil.disk_usage(place).free
        kept: list[str] = []
        full = False
        ballast.write_bytes(bytes(max(0, room - STEP * (n % 64) - 32768 * (n % 3))))
        try:
            db = open_store(path)
        except StoreError:
            full = True  # no room even for what lies beside an open file
        else:
            try:
                while not full:
                    made = labels.give(
                        db, ids.pair, "w", "ab"[len(kept) % 2], note="x" * 900, at=AT
                    )
                    kept.append(made.id)
            except (DiskFull, StoreError):
                full = True
            finally:
                ballast.unlink()
                db.close()
        ballast.unlink(missing_ok=True)
        missing += lost(path, kept) + (not full)
        with_room = open_store(path)
        kept.append(labels.give(with_room, ids.pair, "w", "tie", at=AT).id)
        with_room.close()
        missing += lost(path, kept)
        acknowledged += len(kept)
        for ending in ("", "-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
    return acknowledged, missing


if __name__ == "__main__":
    print(json.dumps(fill(Path(sys.argv[1]), int(sys.argv[2]))))
