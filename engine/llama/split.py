"""Models that are split into several files: ``name-00001-of-00003.gguf`` and so on."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.errors import ModelFileError

if TYPE_CHECKING:
    from engine.llama.gguf import GgufHeader

_PART: Final = re.compile(r"(.+-)(\d{5})(-of-)(\d{5})(\.gguf)", re.IGNORECASE)
_MOST_PARTS: Final = 1000


def parts_of(path: Path) -> tuple[Path, ...]:
    """The files of the model that a file is a part of, in order; a whole file is all there is.

    The first is what llama.cpp opens.
    """
    named = _PART.fullmatch(path.name)
    count = int(named[4]) if named else 0
    if named is None or not 1 < count <= _MOST_PARTS:
        return (path,)
    return tuple(
        path.with_name(f"{named[1]}{number:05d}{named[3]}{named[4]}{named[5]}")
        for number in range(1, count + 1)
    )


def read_whole(path: Path) -> GgufHeader:
    """The head of a model, over all its parts; ``path`` may be any of them.

    Raises:
        ModelFileError: a part is missing, is none, or cannot be read.
    """
    files = parts_of(path)
    headers = [_part(path, file, number, len(files)) for number, file in enumerate(files, 1)]
    stored_as: Counter[int] = Counter()
    for header in headers:
        stored_as.update(header.stored_as)
    return replace(
        headers[0],
        size_bytes=sum(header.size_bytes for header in headers),
        n_params=stored_as.total(),
        missing_bytes=sum(header.missing_bytes for header in headers),
        n_tensors=sum(header.n_tensors for header in headers),
        stored_as=stored_as,
    )


def _part(asked: Path, file: Path, number: int, count: int) -> GgufHeader:
    if count > 1 and not file.is_file():
        raise ModelFileError(
            f"{asked} is split: part {number} of {count} is not there, {file.name}"
        )
    from engine.llama.gguf import read_header  # not where only names are asked for

    header = read_header(file)
    if (header.part, header.parts) != (number, count):
        raise ModelFileError(
            f"{file} is part {header.part} of {header.parts} of a model: give the parts their names"
            f" again, as in model-{header.part:05d}-of-{header.parts:05d}.gguf"
        )
    return header
