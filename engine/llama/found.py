"""The model files on this machine, with what one wants to know before loading one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ModelFileError
from engine.llama import weights
from engine.llama.gguf import GgufHeader

_BESIDE = 1.15
"""Memory that a model takes, as a multiple of its file: context and buffers come on top."""


@dataclass(frozen=True, slots=True)
class FoundModel:
    """One GGUF file."""

    path: Path
    size: int
    """Bytes."""
    header: GgufHeader | None
    """None where it cannot be used."""
    problem: str = ""
    """Why it cannot be used."""

    def fits(self, memory: int | None) -> bool | None:
        """Whether so many bytes of free memory are enough; None where nobody knows."""
        return None if memory is None else self.size * _BESIDE <= memory


def folders() -> list[Path]:
    """Where is looked."""
    return weights.usual_folders(os.environ, Path.home(), Path.cwd())


def found() -> Iterator[FoundModel]:
    """The files in the usual folders, then the starter model, each once."""
    starter = weights.starter_model()
    listed = dict.fromkeys(
        [*weights.model_files(folders(), Path.cwd()), *([starter] if starter else [])]
    )
    yield from map(looked_at, listed)


def looked_at(path: Path) -> FoundModel:
    """What the head of a file says."""
    size = path.stat().st_size
    try:
        return FoundModel(path, size, weights.checked(path))
    except ModelFileError as error:
        return FoundModel(path, size, None, str(error))


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
