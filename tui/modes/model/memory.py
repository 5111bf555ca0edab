"""What a model takes of this machine's memory, in words."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from engine.errors import ModelFileError
from engine.llama.found import looked_at
from engine.llama.memory import free_memory, told


def needs(path: Path) -> str:
    """``381 MB``, with the usual cache; empty where the file says too little. Reads the file."""
    size = None
    with suppress(ModelFileError, OSError):  # what is wrong with it is told where it is loaded
        size = looked_at(path).needs
    return told(size) if size else ""


def words(path: str | None) -> str:
    """``takes about 381 MB of memory · 12.3 GB are free``, as far as it is known."""
    size = needs(Path(path)) if path else ""
    free = free_memory()
    parts = (f"takes about {size} of memory" if size else "", f"{told(free)} free" if free else "")
    return " · ".join(filter(None, parts))
