"""Where people keep model files, and which files lie there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from engine.llama.split import parts_of

_MOST_ENTRIES: Final = 50_000
"""So many files and folders below one folder are looked at: half a second."""


def usual_folders(env: Mapping[str, str], home: Path, here: Path) -> list[Path]:
    """Folders in which people keep GGUF files."""
    named = [Path(part) for part in env.get("PAIRLAB_MODELS", "").split(os.pathsep) if part]
    cache = Path(env.get("XDG_CACHE_HOME") or home / ".cache")
    hub = Path(env.get("HF_HOME") or cache / "huggingface") / "hub"
    return [
        *named,
        here,
        here / "models",
        home / "models",
        Path(env.get("LLAMA_CACHE") or cache / "llama.cpp"),
        home / "Library" / "Caches" / "llama.cpp",
        Path(env.get("HF_HUB_CACHE") or hub),
        home / ".lmstudio" / "models",
        home / ".cache" / "lm-studio" / "models",
    ]


def model_files(folders: Sequence[Path], here: Path) -> Iterator[Path]:
    """The GGUF files in some folders and below; of ``here`` only the folder itself.

    Each is told once, however many links lead to it; of a split model the first part.
    """
    seen: set[tuple[int, int]] = set()
    everywhere = [(folder, links) for links in (False, True) for folder in folders]
    for folder, links in everywhere:  # by a link to its folder only where there is no other way
        for each in sorted(_below(folder, deep=folder != here, links=links)):
            first = parts_of(each)[0]
            path = first if is_file(first) else each
            if is_file(path) and (inode := inode_of(path)) not in seen:
                seen.add(inode)
                yield path


def _below(folder: Path, *, deep: bool, links: bool) -> Iterator[Path]:
    """Names that end as models do, also below ``links`` to folders; each folder is read once."""
    waiting, seen, left = [folder], set[tuple[int, int]](), _MOST_ENTRIES
    while waiting and left > 0:
        at = waiting.pop(0)
        try:
            inode = inode_of(at)
            entries = [] if inode in seen else list(os.scandir(at))
        except OSError:  # not there, or not ours to read
            continue
        seen.add(inode)
        left -= len(entries)
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.name.lower().endswith(".gguf") and not entry.name.startswith("."):
                yield at / entry.name
            elif deep and _is_folder(entry, links=links):
                waiting.append(at / entry.name)


def _is_folder(entry: os.DirEntry[str], *, links: bool) -> bool:
    try:
        return entry.is_dir(follow_symlinks=links)
    except OSError:
        return False


def is_file(path: Path) -> bool:
    """Whether there is a file that can be looked at; no name is an error."""
    try:
        return path.is_file()
    except OSError:  # a folder that is not ours, a name that is too long
        return False


def inode_of(path: Path) -> tuple[int, int]:
    """What two names of one file have in common.

    Raises:
        OSError: there is none.
    """
    state = path.stat()
    return state.st_dev, state.st_ino
