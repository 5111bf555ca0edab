"""Opening what is imported: a path or a stream, packed or not, as numbered lines of UTF-8."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from store.errors import BadInput

LONGEST_LINE: Final = 16 * 1024 * 1024
"""Bytes; a longer line is refused, and read past without being held in memory."""

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Line(NamedTuple):
    """One line with its ending, or why it cannot be read."""

    number: int
    """From 1."""
    text: str
    fault: str = ""


class Source(NamedTuple):
    """An opened file."""

    name: str
    """File name without its folder; ``stdin`` for a stream."""
    suffix: str
    """The name's ending in lower case, ``.gz`` taken off."""
    lines: Iterator[Line]


@contextmanager
def open_any(source: str | os.PathLike[str] | BinaryIO) -> Iterator[Source]:
    """Opens a path or a binary stream for reading line by line.

    Gzip is recognised by its first bytes, whatever the name; a byte order mark is taken off.

    Raises:
        BadInput: it is not there, cannot be read, or is UTF-16.
    """
    if not isinstance(source, str | os.PathLike):
        with _reader(source, "stdin") as stream:
            yield Source("stdin", "", _lines(stream))
        return
    path = Path(source)
    try:
        opened = path.open("rb")
    except OSError as error:
        raise BadInput(error.strerror or str(error), file=str(source)) from error
    with opened, _reader(opened, str(source)) as stream:
        plain = path.name.removesuffix(".gz")
        yield Source(path.name, Path(plain).suffix.lower(), _lines(stream))


@contextmanager
def _reader(raw: BinaryIO, name: str) -> Iterator[io.BufferedReader]:
    try:
        buffered = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(_Raw(raw))
        if buffered.peek(2)[:2] == _GZIP:
            buffered = io.BufferedReader(_Raw(gzip.GzipFile(fileobj=buffered)))
        head = buffered.peek(3)[:3]
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"cannot be read: {error}", file=name) from error
    if head[:2] in _UTF16:
        raise BadInput("is UTF-16 text; save it as UTF-8", file=name)
    if head == _BOM:
        buffered.read(3)
    yield buffered


class _Raw(io.RawIOBase):
    """Any readable object as the raw stream a BufferedReader wants."""

    def __init__(self, inner: BinaryIO | gzip.GzipFile) -> None:
        super().__init__()
        self._inner = inner

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._inner.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _lines(stream: io.BufferedReader) -> Iterator[Line]:
    number = 0
    while True:
        number += 1
        try:
            raw = stream.readline(LONGEST_LINE + 1)
            too_long = len(raw) > LONGEST_LINE
            while len(raw) > LONGEST_LINE and not raw.endswith(b"\n"):
                raw = stream.readline(LONGEST_LINE + 1)
        except (OSError, EOFError, zlib.error) as error:
            yield Line(number, "", f"the rest of the file cannot be read: {error}")
            return
        if not raw and not too_long:
            return
        if too_long:
            yield Line(number, "", f"the line is longer than {LONGEST_LINE} bytes")
            continue
        yield _decoded(number, raw)


def _decoded(number: int, raw: bytes) -> Line:
    try:
        return Line(number, raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        reason = f"is not UTF-8: byte {raw[error.start]:#04x} at byte {error.start + 1} of the line"
        return Line(number, raw.decode("utf-8", "replace"), reason)
