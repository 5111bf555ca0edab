"""Opening what is imported: a path or a stream, packed or not, as numbered lines of text."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from store import arrow
from store.errors import BadInput
from store.importing import packing
from store.importing.packing import Unreadable

LONGEST_LINE: Final = 16 * 1024 * 1024
"""Bytes; a longer line is refused, and read past without being held in memory."""

_GUESS: Final = ("Windows-1252", "cp1252")
"""What text of a Western spreadsheet is that is no UTF-8."""


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
    table: BinaryIO | None = None
    """A Parquet or Arrow file, which has rows in place of lines."""


@contextmanager
def open_any(source: str | os.PathLike[str] | BinaryIO) -> Iterator[Source]:
    """Opens a path or a binary stream for reading line by line.

    Packed files are recognised by their first bytes, whatever the name; so are a byte order
    mark, UTF-16, and lines that end with CR alone.

    Raises:
        BadInput: it is not there, cannot be read, or holds no text.
    """
    if not isinstance(source, str | os.PathLike):
        yield Source("stdin", "", _lines(_reader(source, "stdin")))
        return
    path = Path(source)
    if path.is_char_device() or path.is_block_device() or path.is_socket():
        raise BadInput("is a device or a socket, not a file", file=str(source))
    try:
        opened = path.open("rb")
    except OSError as error:
        reason = error.strerror or str(error)
        if path.is_dir():
            reason += "; name the files in it"
        raise BadInput(reason, file=str(source)) from error
    with opened:
        plain = path.name
        for ending in packing.ENDINGS:
            plain = plain.removesuffix(ending)
        suffix = Path(plain).suffix.lower()
        if arrow.is_table(opened.peek(8)) and arrow.is_installed():
            yield Source(path.name, suffix, iter(()), opened)
        else:
            yield Source(path.name, suffix, _lines(_reader(opened, str(source))))


def _reader(raw: BinaryIO, name: str) -> io.BufferedReader:
    try:
        stream = packing.unpacked(raw, name)
        encoding = packing.encoding(stream, name)
        if encoding != "utf-8":
            stream = io.BufferedReader(packing.Recoded(stream, encoding))
        if packing.has_bare_returns(stream.peek(io.DEFAULT_BUFFER_SIZE)):
            stream = io.BufferedReader(packing.Lined(stream))
    except Unreadable as error:
        raise BadInput(f"cannot be read: {error}", file=name) from error
    return stream


def _lines(stream: io.BufferedReader) -> Iterator[Line]:
    number = 0
    while True:
        number += 1
        try:
            raw = stream.readline(LONGEST_LINE + 1)
            too_long = len(raw) > LONGEST_LINE
            while len(raw) > LONGEST_LINE and not raw.endswith(b"\n"):
                raw = stream.readline(LONGEST_LINE + 1)
        except Unreadable as error:
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
        # a mark inside is one of a file that was put behind another
        return Line(number, raw.decode("utf-8").removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        reason = (
            f"is not UTF-8: byte {raw[error.start]:#04x} at byte {error.start + 1} of the line;"
            f" if it is {_GUESS[0]}: iconv -f {_GUESS[1]} -t utf-8"
        )
        return Line(number, raw.decode("utf-8", "replace"), reason)
