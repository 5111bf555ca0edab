"""Which weights a model file holds: its SHA-256, and whether it is still the file it was."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from engine.errors import ModelFileError
from engine.llama.split import parts_of

_PIECE: Final = 4 * 1024 * 1024
FileState = tuple[tuple[int, ...], ...]
"""Device, inode, size and time of change of each file."""


def sha256_of(
    path: Path,
    cache: Path | None = None,
    *,
    lora: Path | None = None,
    stop: threading.Event | None = None,
) -> str:
    """SHA-256 of a model in hex, remembered by path, size and time of change.

    Of a model in several parts it is that of their bytes one after the other, as of one file;
    those of an adapter follow.

    Args:
        path: the file, or one of its parts.
        cache: where to remember; None is ``pairlab/sha256.json`` in the user's cache folder.
        lora: an adapter that is applied to it.
        stop: set when nobody waits for it any more: a large file takes minutes.

    Raises:
        ModelFileError: the file cannot be read, or ``stop`` was set.
    """
    cache = default_cache() if cache is None else cache
    try:
        files = (*parts_of(path), *([lora] if lora else []))
        state = state_of(files)
        # a copy that keeps the time of change has another time of its own
        key = "|".join(
            f"{file.absolute()}|{size}|{changed}|{file.stat().st_ctime_ns}"
            for file, (_device, _inode, size, changed) in zip(files, state, strict=True)
        )
        known = _remembered(cache)
        if key not in known:
            digest = hashlib.sha256()
            for file in files:
                with file.open("rb", buffering=0) as stream:
                    while piece := stream.read(_PIECE):
                        digest.update(piece)
                        if stop is not None and stop.is_set():
                            raise ModelFileError(f"{path} was left unread")
            if state_of(files) != state:
                raise ModelFileError(f"{path} is being written: wait until all of it is there")
            known[key] = digest.hexdigest()
            _remember(cache, known)
        return known[key]
    except OSError as error:
        raise ModelFileError(f"the model file {path} cannot be read: {error.strerror}") from error


def state_of(files: Iterable[Path]) -> FileState:
    """What changes when a file is written to or another takes its name.

    Raises:
        OSError: one of them is not there.
    """
    states = (file.stat() for file in files)
    return tuple((each.st_dev, each.st_ino, each.st_size, each.st_mtime_ns) for each in states)


def default_cache() -> Path:
    """Where fingerprints are remembered for this user."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "pairlab" / "sha256.json"


def _remembered(cache: Path) -> dict[str, str]:
    try:
        known = json.loads(cache.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(known, dict):
        return {}
    return {k: v for k, v in known.items() if isinstance(k, str) and isinstance(v, str)}


def _remember(cache: Path, known: Mapping[str, str]) -> None:
    """Best effort: a cache that cannot be written costs time, nothing else."""
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=cache.parent, delete=False, encoding="utf-8"
        ) as file:
            json.dump(known, file)
        Path(file.name).replace(cache)
    except OSError:
        return
