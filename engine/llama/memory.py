"""What a model takes of the memory, and what there is of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
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


def free_memory() -> int | None:
    """Bytes a new process can have without swapping; None where the system does not say."""
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
        return None
    except (OSError, ValueError):
        pass
    try:  # macOS: all there is, less what other programs have
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None
