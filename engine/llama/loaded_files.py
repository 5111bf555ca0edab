"""The files a model host loads, and whether they still are what was loaded."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ModelFileError
from engine.llama.fingerprint import FileState, sha256_of, state_of
from engine.llama.gguf import GgufHeader
from engine.llama.split import parts_of
from engine.llama.weights import check_adapter, checked


@dataclass(frozen=True, slots=True)
class LoadedFiles:
    """A model file with all its parts, and the adapter that is applied to it."""

    files: tuple[Path, ...]
    state: FileState
    header: GgufHeader
    sha256: asyncio.Task[str]
    """Comes while the weights are loaded."""
    _stop: threading.Event

    @classmethod
    async def read(cls, model: Path, lora: str | None, sha_cache: Path | None) -> LoadedFiles:
        """What the files say.

        Raises:
            ModelFileError: they cannot be used.
        """
        header = await asyncio.to_thread(checked, model)
        adapter = Path(lora) if lora else None
        if adapter is not None:
            await asyncio.to_thread(check_adapter, adapter, header)
        files = (*parts_of(model), *([adapter] if adapter else []))
        stop = threading.Event()
        hashing = asyncio.to_thread(sha256_of, model, sha_cache, lora=adapter, stop=stop)
        state = _now(files)
        return cls(files, state, header, asyncio.create_task(hashing, name="sha256"), stop)

    def leave(self) -> None:
        """Nobody waits for the fingerprint any more."""
        self._stop.set()
        self.sha256.cancel()

    @property
    def changed(self) -> bool:
        """Whether a file was written to, or another has its name."""
        return _now(self.files) != self.state

    def check_same(self, sha256: str | None, before: str | None) -> None:
        """Refuse other weights than those that stand in the run.

        Args:
            sha256: of what has been loaded.
            before: of what was loaded before, None where nothing was.

        Raises:
            ModelFileError: they are others, or it is not known which they are.
        """
        if self.changed:
            raise self._changed()
        if before not in {None, sha256}:
            raise ModelFileError(
                f"{self.files[0]} holds other weights than before: choose it again as another model"
            )

    def check_unwritten(self) -> None:
        """Refuse what was computed while the weights were being changed.

        A file that another has taken the name of is no matter: the host keeps the one it has.

        Raises:
            ModelFileError: a file that is loaded was written to.
        """
        now = _now(self.files)
        if any(a[:2] == b[:2] and a != b for a, b in zip(now, self.state, strict=False)):
            raise self._changed()

    def _changed(self) -> ModelFileError:
        return ModelFileError(
            f"{self.files[0]} was changed while it was in use: load it again when all of it is"
            " there"
        )


def _now(files: tuple[Path, ...]) -> FileState:
    try:
        return state_of(files)
    except OSError:  # a disk that is gone, a file that was moved
        return ()
