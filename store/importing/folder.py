"""The files of data in a folder: one that ``datasets`` saved, or one as hubs lay them out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final, NamedTuple

from store.errors import BadInput
from store.importing import packing

_DATA: Final = (".parquet", ".arrow", ".feather", ".jsonl", ".ndjson", ".json", ".csv", ".tsv")
_ABOUT: Final = frozenset(
    {"manifest.json", "dataset_info.json", "dataset_infos.json", "state.json", "dataset_dict.json"}
)
"""Files about the data."""
_BESIDE: Final = ("readme", "license")
_SPLITS: Final = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
    "eval": "test",
    "evaluation": "test",
}
"""Words in a name that say which split it is, as ``datasets`` reads them."""
_SHARD: Final = re.compile(r"(\w+)-\d{5}-of-\d{5}(-\w+)?")


class DataFile(NamedTuple):
    """One file of a folder."""

    path: Path
    split: str
    """Empty where no name says it."""


class FolderFiles(NamedTuple):
    """What a folder holds."""

    files: list[DataFile]
    passed_over: list[str]
    """Files that are no data as far as their names tell."""


def files_of(folder: Path) -> FolderFiles:
    """The files of data, by name.

    Raises:
        BadInput: there is none, or the folder cannot be read as ``datasets`` left it.
    """
    try:
        if (state := folder / "state.json").is_file():
            found = FolderFiles(_saved(folder, _object(state), ""), [])
        elif (parts := folder / "dataset_dict.json").is_file():
            names = [str(name) for name in _object(parts).get("splits", [])]
            found = FolderFiles(
                [
                    file
                    for name in names
                    for file in _saved(folder / name, _object(folder / name / "state.json"), name)
                ],
                [],
            )
        else:
            found = _laid_out(folder)
    except OSError as error:
        raise BadInput(error.strerror or str(error), file=str(folder)) from error
    if not found.files:
        endings = ", ".join(_DATA)
        raise BadInput(
            f"the folder holds no file of data ({endings}); name the files in it", file=str(folder)
        )
    return found


def _object(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BadInput("is no JSON object, as datasets writes it", file=str(path))
    return found


def _saved(folder: Path, state: dict[str, Any], split: str) -> list[DataFile]:
    """The files that ``Dataset.save_to_disk`` names; others beside them are its cache."""
    if state.get("_indices_data_files") or state.get("_indices_files"):
        reason = "holds a choice of its rows: save it again after flatten_indices()"
        raise BadInput(reason, file=str(folder))
    split = split or str(state.get("_split") or "")
    listed = state.get("_data_files")
    names = [each.get("filename") for each in listed if isinstance(each, dict)] if listed else []
    return [DataFile(folder / Path(name).name, split) for name in names if isinstance(name, str)]


def _laid_out(folder: Path) -> FolderFiles:
    files, passed_over = [], []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or any(part.startswith(".") for part in inside.parts):
            continue
        plain = path.name.lower()
        for ending in packing.ENDINGS:
            plain = plain.removesuffix(ending)
        if plain.endswith(_DATA) and path.name not in _ABOUT:
            files.append(DataFile(path, _split(inside)))
        elif path.name not in _ABOUT and not plain.startswith(_BESIDE):
            passed_over.append(str(inside))
    return FolderFiles(files, passed_over)


def _split(inside: Path) -> str:
    if shard := _SHARD.match(inside.name):
        return shard[1]
    words = re.split(r"[^a-z]+", str(inside).lower())
    return next((_SPLITS[word] for word in reversed(words) if word in _SPLITS), "")
