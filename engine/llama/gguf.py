"""Reads the head of a GGUF file: what it is, and whether all of it is there.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3). A file that
was cut short by a broken copy makes llama.cpp fail late or crash; here it is told at once.
"""

from __future__ import annotations

import mmap
import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.errors import ModelFileError

Value = str | int | float | bool | tuple[int, ...] | None
"""A value of the head; arrays are told by their length, short ones of numbers as they are."""

_MOST: Final = 100_000
"""More tensors or keys than this come from a damaged head."""
_MOST_TEXTS: Final = 10_000_000
"""More texts, or arrays in arrays, than this too: a vocabulary has some 300,000."""
_MOST_LAYERS: Final = 4096
"""Arrays of at most so many numbers say something for each layer."""
_LONGEST_TEXT: Final = 64 * 1024 * 1024
"""Bytes of one text of the head; a chat template has some 20,000."""
_MOST_DIMENSIONS: Final = 8
_LONGEST_NAME: Final = 200
_FIXED: Final = {
    0: struct.Struct("<B"),
    1: struct.Struct("<b"),
    2: struct.Struct("<H"),
    3: struct.Struct("<h"),
    4: struct.Struct("<I"),
    5: struct.Struct("<i"),
    6: struct.Struct("<f"),
    7: struct.Struct("<?"),
    10: struct.Struct("<Q"),
    11: struct.Struct("<q"),
    12: struct.Struct("<d"),
}
_WHOLE: Final = frozenset({0, 1, 2, 3, 4, 5, 10, 11})
_STRING: Final = 8
_ARRAY: Final = 9
_U32: Final = struct.Struct("<I")
_U64: Final = struct.Struct("<Q")

_BLOCKS: Final = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110),
    22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8),
    29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip
"""ggml tensor type -> (values a block, bytes a block)."""

_FILE_TYPES: Final = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K",
    11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S",
    17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS",
    23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4",
}  # fmt: skip
"""``general.file_type`` -> how most of the weights are stored."""

ORIGINAL: Final = "pairlab.converted_from.name"
"""Key of the name of the file that this one was converted from."""
ORIGINAL_SHA256: Final = "pairlab.converted_from.sha256"
"""Key of that file's fingerprint."""


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What the head of a GGUF file says."""

    path: Path
    size_bytes: int
    name: str
    """``general.name``, or the file's own name."""
    architecture: str
    quantisation: str
    n_params: int
    context: int | None
    """Tokens the model was trained for."""
    chat_template: str | None
    missing_bytes: int
    """How much of the file's end is not there; 0 for a whole file."""
    n_tensors: int
    kind: str
    """``general.type``: ``model``, ``adapter``, ``mmproj`` ..."""
    part: int
    """Which of the parts of a split model the file is, from 1 on."""
    parts: int
    """How many files the model is split into."""
    embeds: bool
    """Whether it was made to turn texts into vectors or scores."""
    cell_bytes: int
    """Bytes of one token in the cache, about; 0 where there is none of that kind."""
    stored_as: Mapping[int, int]
    """ggml tensor type -> how many weights are stored so."""
    original: str | None
    """Name of the file that pairlab converted this one from, None where it is as it came."""
    original_sha256: str | None


def read_header(path: Path) -> GgufHeader:
    """Read the head of a file.

    Raises:
        ModelFileError: it is missing, no GGUF, of an unknown version, or broken in its head.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            what = "a folder" if path.is_dir() else "a device or a pipe"
            raise ModelFileError(f"{path} is {what}: name a model file in GGUF format")
        if size < 24:
            raise ModelFileError(f"{path} is no GGUF file: it is too small; copy it again")
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _Reader(path, data, size).header()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ModelFileError(f"the model file {path} cannot be read: {reason}") from error
    except (struct.error, OverflowError, RecursionError) as error:
        raise ModelFileError(
            f"the head of {path} is broken or cut short: copy or download it again"
        ) from error


class _Reader:
    """Walks over the head once."""

    def __init__(self, path: Path, data: mmap.mmap, size: int) -> None:
        self._path = path
        self._data = data
        self._size = size
        self._at = 4
        self._texts = 0

    def header(self) -> GgufHeader:
        if self._data[:4] != b"GGUF":
            raise ModelFileError(f"{self._path} is no GGUF file: {self._instead()}")
        version = self._number(_U32)
        if not version & 0xFFFF:
            raise ModelFileError(
                f"{self._path} is written for another kind of processor (big-endian): convert it"
                " again on this one"
            )
        if version not in {2, 3}:
            raise ModelFileError(
                f"{self._path} is GGUF version {version}, known are 2 and 3: convert it again"
            )
        tensors, keys = self._number(_U64), self._number(_U64)
        if max(tensors, keys) > _MOST:
            raise struct.error("no head has so many entries")
        values: dict[str, Value] = {}
        for _ in range(keys):
            key = self._text()
            values[key] = self._value(self._number(_U32))
        stored_as, end = self._tensors(tensors)
        alignment = _whole(values.get("general.alignment")) or 32
        start = -(-self._at // alignment) * alignment
        architecture = str(values.get("general.architecture", "unknown"))
        file_type = _whole(values.get("general.file_type"))
        return GgufHeader(
            path=self._path,
            size_bytes=self._size,
            name=shown(str(values.get("general.name") or self._path.stem)),
            architecture=shown(architecture),
            quantisation=_FILE_TYPES.get(-1 if file_type is None else file_type, "unknown"),
            n_params=stored_as.total(),
            context=_whole(values.get(f"{architecture}.context_length")),
            chat_template=_string(values.get("tokenizer.chat_template")),
            missing_bytes=max(0, start + end - self._size),
            n_tensors=tensors,
            kind=_string(values.get("general.type")) or "model",
            part=(_whole(values.get("split.no")) or 0) + 1,
            parts=_whole(values.get("split.count")) or 1,
            embeds=bool(values.get(f"{architecture}.pooling_type"))
            or values.get(f"{architecture}.attention.causal") is False,
            cell_bytes=_cell_bytes(values, architecture),
            stored_as=stored_as,
            original=_string(values.get(ORIGINAL)),
            original_sha256=_string(values.get(ORIGINAL_SHA256)),
        )

    def _instead(self) -> str:
        if self._data[:12] == b"version http":
            return "it is a pointer of Git LFS; fetch the file itself with git lfs pull"
        if self._data[:1] == b"<":
            return "it is a web page; download the file itself"
        return "name a model in GGUF format"

    def _tensors(self, count: int) -> tuple[Counter[int], int]:
        """Weights by type, and where the last tensor ends, counted from the first one's start."""
        stored_as: Counter[int] = Counter()
        end = 0
        for _ in range(count):
            self._skip_texts(1)
            values = 1
            dimensions = self._number(_U32)
            if dimensions > _MOST_DIMENSIONS:
                raise struct.error("no tensor has so many dimensions")
            for _ in range(dimensions):
                values *= self._number(_U64)
            kind, offset = self._number(_U32), self._number(_U64)
            per_block, bytes_a_block = _BLOCKS.get(kind, (1, 0))
            stored_as[kind] += values
            end = max(end, offset + -(-values // per_block) * bytes_a_block)
        return stored_as, end

    def _value(self, kind: int) -> Value:
        if kind == _STRING:
            return self._text()
        if kind == _ARRAY:
            return self._array()
        if kind not in _FIXED:
            raise ModelFileError(f"the head of {self._path} holds a value of unknown kind {kind}")
        form = _FIXED[kind]
        found: Value = form.unpack_from(self._data, self._at)[0]
        self._at += form.size
        return found

    def _array(self) -> Value:
        kind, length = self._number(_U32), self._number(_U64)
        if kind in _WHOLE and length <= _MOST_LAYERS:
            return tuple(self._number(_FIXED[kind]) for _ in range(length))
        if kind in _FIXED:
            self._at += _FIXED[kind].size * length
        else:
            self._texts += length
            if self._texts > _MOST_TEXTS:
                raise struct.error("no head has so many texts")
            if kind == _STRING:
                self._skip_texts(length)
            else:
                for _ in range(length):
                    self._value(kind)
        return length

    def _number(self, form: struct.Struct) -> int:
        found = int(form.unpack_from(self._data, self._at)[0])
        self._at += form.size
        return found

    def _skip_texts(self, count: int) -> None:
        """A vocabulary has hundreds of thousands: nothing is called that need not be."""
        at, data, length_at = self._at, self._data, _U64.unpack_from
        for _ in range(count):
            at += 8 + length_at(data, at)[0]
        self._at = at

    def _text(self) -> str:
        length = self._number(_U64)
        if length > _LONGEST_TEXT:
            raise struct.error("no text is so long")
        found = self._data[self._at : self._at + length]
        if len(found) != length:
            raise struct.error("cut short")
        self._at += length
        return found.decode("utf-8", "replace")


def _cell_bytes(values: Mapping[str, Value], architecture: str) -> int:
    """Keys and values of one token in all layers, of two bytes each."""

    def each(key: str) -> tuple[int, ...]:
        found = values.get(f"{architecture}.{key}")
        return found if isinstance(found, tuple) else (_whole(found) or 0,) * layers

    layers = min(_whole(values.get(f"{architecture}.block_count")) or 0, _MOST_LAYERS)
    kv_heads = "attention.head_count_kv"
    heads, width = max(each("attention.head_count"), default=0), each("embedding_length")
    in_cache = each(kv_heads if f"{architecture}.{kv_heads}" in values else "attention.head_count")
    head = width[0] // heads if heads and width else 0
    sizes = (
        _whole(values.get(f"{architecture}.attention.{which}_length")) or head
        for which in ("key", "value")
    )
    return 2 * sum(in_cache) * sum(sizes)


def shown(words: str) -> str:
    """What a file says of itself, in one line of characters that can be seen."""
    seen = "".join(char if char.isprintable() else "\ufffd" for char in words)
    return seen if len(seen) <= _LONGEST_NAME else f"{seen[:_LONGEST_NAME]}..."


def _whole(value: Value) -> int | None:
    return value if isinstance(value, int) else None


def _string(value: Value) -> str | None:
    return value if isinstance(value, str) else None
