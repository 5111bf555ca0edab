"""Private files of a process: named after it, so that those of one that was killed can go.

Merges, backups, exports and restores write beside their place and rename at the end. What a
killed process left is removed when a project in that folder is opened the next time, and
``doctor`` lists it until then.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from store.db import replica

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_NAME = re.compile(
    r"\.(?P<of>.+)\.(?P<pid>\d+)-(?P<machine>[0-9a-f]{8})-(?P<boot>[0-9a-f]{8})-[0-9a-f]{6}"
    r"\.(?P<ending>part|old)(?:-wal|-shm|-journal)?"
    r"|\.merge-(?P<merging>\d+)-(?P<m_machine>[0-9a-f]{8})-(?P<m_boot>[0-9a-f]{8})-[0-9a-f]{6}"
)


class Leftover(NamedTuple):
    """A private file or folder of a process that may be gone."""

    path: Path
    process: int
    owner_gone: bool
    """False also where the owner is another machine's, whose processes nobody sees from here."""
    stands_for: Path | None
    """What is to be put back where nothing else took its place."""


def beside(out: Path, ending: str = "part") -> Path:
    """A new name beside ``out``, hidden, with this process in it.

    Args:
        out: what is written.
        ending: ``part`` for what is being written, ``old`` for what is put back after a kill.
    """
    return out.with_name(f".{out.name}.{_mark()}.{ending}")


@contextmanager
def folder(parent: Path, what: str) -> Iterator[Path]:
    """A private folder in ``parent``; it is gone afterwards."""
    made = parent / f".{what}-{_mark()}"
    made.mkdir(mode=0o700)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def found(parent: Path) -> list[Leftover]:
    """The private files in a folder, those of living processes too."""
    try:
        with os.scandir(parent) as entries:
            names = sorted(entry.name for entry in entries if entry.name.startswith("."))
    except OSError:
        return []
    return [
        _leftover(parent / name, match)
        for name in names
        if (match := _NAME.fullmatch(name)) is not None
    ]


def sweep(parent: Path) -> list[Path]:
    """Remove what processes that are gone left in a folder; put back what they had set aside.

    Returns:
        What was removed or put back. What cannot be removed stays, without an error.
    """
    done = []
    for each in found(parent):
        if not each.owner_gone:
            continue
        try:
            _clear(each)
        except OSError:
            continue
        done.append(each.path)
    return done


def _clear(each: Leftover) -> None:
    was = each.path / "was"
    if each.stands_for is not None and was.exists() and not os.path.lexists(each.stands_for):
        was.rename(each.stands_for)
    if each.path.is_dir() and not each.path.is_symlink():
        shutil.rmtree(each.path)
    else:
        each.path.unlink(missing_ok=True)


def _leftover(path: Path, match: re.Match[str]) -> Leftover:
    process = int(match["pid"] or match["merging"])
    machine = match["machine"] or match["m_machine"]
    boot = match["boot"] or match["m_boot"]
    here = machine == _machine()
    gone = here and (boot != _boot() or not is_alive(process))
    stands_for = path.with_name(match["of"]) if match["ending"] == "old" else None
    return Leftover(path, process, gone, stands_for)


def is_alive(process: int) -> bool:
    """Whether a process of this machine runs; True where that cannot be asked."""
    if os.name != "posix":
        return True  # there, signal 0 would end the process instead of asking for it
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _mark() -> str:
    return f"{os.getpid()}-{_machine()}-{_boot()}-{secrets.token_hex(3)}"


@cache
def _machine() -> str:
    return replica.machine()[:8]


@cache
def _boot() -> str:
    """This start of the machine, after which process numbers begin anew; zeros if not told."""
    try:
        return _BOOT.read_text(encoding="ascii").replace("-", "")[:8]
    except OSError:
        return "0" * 8
