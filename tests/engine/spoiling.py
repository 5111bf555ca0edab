"""Weights that are no numbers."""

from __future__ import annotations

from pathlib import Path


def spoil(file: Path, tensor: str, first: int, count: int) -> None:
    """Make some numbers of a tensor no numbers (NaN)."""
    from gguf import GGUFReader

    (found,) = (each for each in GGUFReader(file).tensors if each.name == tensor)
    with file.open("r+b") as stream:
        stream.seek(int(found.data_offset) + 4 * first)
        stream.write(b"\xff\xff\xff\x7f" * count)
