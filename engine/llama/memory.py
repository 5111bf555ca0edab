"""What a model takes of the memory, and what there is of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from engine.errors import ModelFileError
from engine.llama.gguf import GgufHeader
from engine.llama.settings import CACHE_BITS

SWITCH: Final = "PAIRLAB_MEMORY"
"""Environment variable; ``any`` loads a model whatever memory is free."""
USUAL_CELLS: Final = 10_240
"""Tokens that the cache holds where nothing is said: 16 texts of 640."""


def needed(
    header: GgufHeader, cells: int = USUAL_CELLS, cache_type: str = "f16"
) -> tuple[int, int]:
    """Bytes of a model's weights and of a cache of so many tokens."""
    return header.size_bytes, int(header.cell_bytes * cells * CACHE_BITS[cache_type] / 16)


def told(size: float) -> str:
    """``812 MB``, ``5.4 GB``."""
    return f"{size / 1e6:,.0f} MB" if size < 1e9 else f"{size / 1e9:,.1f} GB"


def limited(env: Mapping[str, str] = os.environ) -> bool:
    """Whether what does not fit is refused."""
    return env.get(SWITCH, "").lower() != "any"


def check(header: GgufHeader, memory: int | None, cache_type: str = "f16") -> None:
    """Refuse a model whose weights alone are larger than the free memory.

    Args:
        header: of the model.
        memory: bytes that are free; None where nobody knows.
        cache_type: how the cache stores keys and values.

    Raises:
        ModelFileError: it would run from the disk, or not at all.
    """
    weights, cache = needed(header, cache_type=cache_type)
    if memory is None or weights <= memory or not limited():
        return
    raise ModelFileError(
        f"{header.path.name} needs {told(weights)} for its weights and {told(cache)} for texts, "
        f"and {told(memory)} of memory are free: take a smaller one, or set {SWITCH}=any to have "
        "it read from the disk again and again"
    )


def free_memory(root: Path = Path("/")) -> int | None:
    """Bytes a new process can have without swapping; None where the system does not say.

    Args:
        root: the file system whose ``proc`` and ``sys`` are asked.
    """
    rooms = [room for room in (_of_the_machine(root), *_of_the_group(root)) if room is not None]
    return max(0, min(rooms)) if rooms else None


def _of_the_machine(root: Path) -> int | None:
    try:
        for line in (root / "proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
        return None
    except (OSError, ValueError):
        pass
    try:  # macOS: all there is, less what other programs have
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def _of_the_group(root: Path) -> Iterator[int]:
    """What a container or a session may still have: of its control group and those above it."""
    try:
        own = (root / "proc/self/cgroup").read_text("utf-8").rpartition("0::/")[2].strip()
    except (OSError, ValueError):
        return
    top = root / "sys/fs/cgroup"
    # control groups of version 1, as a container sees them
    yield from _room(top / "memory", "limit_in_bytes", "usage_in_bytes")
    for group in (top / own, *(top / own).parents):
        if group == top.parent:
            return
        yield from _room(group, "max", "current")


def _room(group: Path, limit: str, usage: str) -> Iterator[int]:
    try:
        most, used = ((group / f"memory.{name}").read_text() for name in (limit, usage))
        stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        # what was read from files goes when something else needs the place
        yield int(most) - int(used) + int(stat.get("inactive_file", 0))
    except (OSError, ValueError):  # "max": no limit
        return
