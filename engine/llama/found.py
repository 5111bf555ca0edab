"""The model files on this machine, with what one wants to know before loading one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ModelFileError, WritesNoText
from engine.llama import conversion, memory, ollama, weights
from engine.llama.folders import inode_of, is_file, model_files, usual_folders
from engine.llama.gguf import GgufHeader


@dataclass(frozen=True, slots=True)
class FoundModel:
    """One model."""

    path: Path
    """Its file; the first one of several."""
    name: str
    size: int
    """Bytes of all its files."""
    header: GgufHeader | None
    """None where it cannot be used."""
    problem: str = ""
    """Why it cannot be used."""
    needs: int | None = None
    """Bytes of memory for the usual cache and the weights that would be loaded, those of its
    converted copy where that is in use; None where it cannot be used."""

    def fits(self, free: int | None) -> bool | None:
        """Whether so many bytes of free memory are enough; None where nobody knows."""
        return None if free is None or self.needs is None else self.needs <= free


def folders() -> list[Path]:
    """Where is looked."""
    return usual_folders(os.environ, Path.home(), Path.cwd())


def found() -> Iterator[FoundModel]:
    """The models in the usual folders, Ollama's, then the starter model, each once.

    What writes no text (projectors, adapters, encoders, vocabularies) is left out.
    """
    starter = weights.starter_model()
    blobs = [
        file
        for folder in ollama.folders(os.environ, Path.home())
        for _name, file in ollama.models(folder)
    ]
    files = [*model_files(folders(), Path.cwd()), *blobs, *([starter] if starter else [])]
    once: dict[tuple[int, int], Path] = {}
    for file in files:
        with contextlib.suppress(OSError):  # it is gone meanwhile
            once.setdefault(inode_of(file), file)
    for path in once.values():
        with contextlib.suppress(WritesNoText):
            yield looked_at(path)


def looked_at(path: Path) -> FoundModel:
    """What the head of a file says.

    Raises:
        WritesNoText: it is no model that answers.
    """
    name = weights.name_of(path)
    try:
        header = weights.checked(path)
    except WritesNoText:
        raise
    except ModelFileError as error:
        size = path.stat().st_size if is_file(path) else 0
        return FoundModel(path, name, size, None, str(error))
    loaded = conversion.copy_of(path) if conversion.replaced(path) else path
    needs = sum(memory.needed(header if loaded is path else weights.checked(loaded)))
    return FoundModel(path, name, header.size_bytes, header, needs=needs)
