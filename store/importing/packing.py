"""What a file is by its first bytes: packed text, text in some encoding, or no text at all."""

from __future__ import annotations

import bz2
import gzip
import importlib
import io
import lzma
import re
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO, Final, NamedTuple

from store import arrow
from store.errors import BadInput

Unreadable: Final = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""What the readers of packed files raise where one is broken."""

_LOOKED_AT: Final = 4096
_LINES: Final = "write it as JSON lines first"
_TABLES: Final = (
    f"with the extra {arrow.EXTRA} it is read where it is a file by itself, not packed; else"
    f" {_LINES}"
)
_BINARY: Final[tuple[tuple[bytes, str, str], ...]] = (
    (
        b"PAR1",
        "a Parquet file",
        f"{_TABLES}: pandas.read_parquet(FILE).to_json(OUT, orient='records', lines=True)",
    ),
    (
        b"ARROW1",
        "an Arrow file",
        f"{_TABLES}: datasets.Dataset.from_file(FILE).to_json('rows.jsonl')",
    ),
    (b"\xff\xff\xff\xff", "an Arrow stream", f"{_TABLES}: Dataset.from_file(FILE).to_json(OUT)"),
    (b"PK\x03\x04", "a zip file or an Excel workbook", "unpack it, or save the sheet as CSV UTF-8"),
    (b"PK\x05\x06", "an empty zip file", "name the file that holds the rows"),
    (b"SQLite format 3\0", "a SQLite database", "a project of ours comes in with: pairlab merge"),
    (b"GGUF", "a model (GGUF)", "name it with --model; what is imported is text"),
    (b"%PDF", "a PDF", "save its text as a file with one prompt a line"),
    (b"\xd0\xcf\x11\xe0", "an old Office file", "save it as CSV UTF-8"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it"),
    (b"Rar!", "a RAR archive", "unpack it"),
    (b"\x89PNG", "a picture", "what is imported is text"),
    (b"\xff\xd8\xff", "a picture", "what is imported is text"),
    (b"GIF8", "a picture", "what is imported is text"),
    (b"\x93NUMPY", "a NumPy array", _LINES),
    (b"\x89HDF", "an HDF5 file", _LINES),
    (b"\x80\x04\x95", "a Python pickle", _LINES),
    (b"\x7fELF", "a program", "what is imported is text"),
    (b"version https://git-lfs", "a pointer of Git LFS", "fetch the file itself: git lfs pull"),
    (b"{\\rtf", "a rich text file", "save it as plain text, UTF-8"),
)
_BARE: Final = re.compile(rb"\r(?!\n)")
_QUOTED: Final = re.compile(rb'"[^"]*(?:"|\Z)')
_UTF_32: Final = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
_ZSTD: Final = b"\x28\xb5\x2f\xfd"


class _Packing(NamedTuple):
    name: str
    magic: bytes
    open: Callable[[BinaryIO], Any]


_PACKED: Final = (
    _Packing("gzip", b"\x1f\x8b", lambda raw: gzip.GzipFile(fileobj=raw)),
    _Packing("bzip2", b"BZh", bz2.BZ2File),
    _Packing("xz", b"\xfd7zXZ\x00", lzma.LZMAFile),
)
ENDINGS: Final = (".gz", ".bz2", ".xz", ".zst")
"""Endings of a packed file's name, which say nothing of what is inside."""


def unpacked(raw: BinaryIO, file: str) -> io.BufferedReader:
    """The bytes of a file, unpacked where its first bytes say that it is packed.

    Raises:
        BadInput: it is packed in a way that cannot be read here, or broken.
    """
    buffered = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(Raw(raw))
    head = buffered.peek(8)[:8]
    if head.startswith(_ZSTD):
        return _zstandard(buffered, file)
    for packing in _PACKED:
        if head.startswith(packing.magic):
            return io.BufferedReader(Raw(packing.open(buffered)))
    return buffered


def _zstandard(raw: BinaryIO, file: str) -> io.BufferedReader:
    try:
        zstd: Any = importlib.import_module("compression.zstd")  # Python 3.14 and later
    except ImportError:
        if arrow.is_installed():
            return io.BufferedReader(Raw(arrow.unpacked_zstandard(raw)))
        reason = f"is packed with Zstandard: install {arrow.EXTRA}, or unpack it first: zstd -d"
        raise BadInput(reason, file=file) from None
    return io.BufferedReader(Raw(zstd.ZstdFile(raw)))


def encoding(stream: io.BufferedReader, file: str) -> str:
    """The encoding of the text; a byte order mark is taken off.

    Raises:
        BadInput: the first bytes are those of a file that holds no text.
    """
    head = stream.peek(_LOOKED_AT)[:_LOOKED_AT]
    for magic, what, remedy in _BINARY:
        if head.startswith(magic):
            raise BadInput(f"is {what}, not text: {remedy}", file=file)
    if head.startswith(_UTF_32) or _is_utf_32(head):
        raise BadInput(
            "is text in UTF-32, which is not read: iconv -f UTF-32 -t UTF-8 FILE > OUT", file=file
        )
    for mark, name in (
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
    ):
        if head.startswith(mark):
            stream.read(len(mark))
            return name
    return _guessed(head, file)


def _is_utf_32(head: bytes) -> bool:
    """Whether the bytes make characters, four by four, none of them NUL."""
    whole = head[: len(head) // 4 * 4]
    for name in ("utf-32-le", "utf-32-be"):
        with suppress(UnicodeDecodeError):
            return len(whole) >= 8 and "\0" not in whole.decode(name)
    return False


def _guessed(head: bytes, file: str) -> str:
    if b"\0" in head:
        for name, places in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
            if places and places.count(0) > len(places) * 0.7 and head.count(0) < len(head) * 0.6:
                return name
        if _is_binary(head):
            raise BadInput(
                "holds bytes that no text has; what is imported is text: JSON lines, CSV or plain",
                file=file,
            )
    return "utf-8"


def _is_binary(head: bytes) -> bool:
    odd = sum(byte < 9 or 13 < byte < 32 for byte in head)
    try:
        head[:-4].decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start < len(head) - 8 and odd > len(head) // 50
    return odd > len(head) // 4


class Raw(io.RawIOBase):
    """Any readable object as the raw stream a BufferedReader wants."""

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self._inner = inner

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fills a buffer; 0 at the end."""
        data = self._inner.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class Recoded(io.RawIOBase):
    """UTF-16 as UTF-8; what is broken becomes a byte that no UTF-8 has."""

    def __init__(self, inner: io.BufferedReader, name: str) -> None:
        super().__init__()
        self._text = io.TextIOWrapper(inner, encoding=name, errors="surrogatepass", newline="")
        self._left = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fills a buffer; 0 at the end."""
        if not self._left:
            try:
                self._left = self._text.read(8192).encode("utf-8", "surrogatepass")
            except UnicodeDecodeError:
                # an odd byte at the end; the line it stands in is refused as no UTF-8
                self._left = b"" if self._text.closed else self._end()
        data, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)

    def _end(self) -> bytes:
        self._text = io.TextIOWrapper(io.BufferedReader(io.BytesIO()), encoding="utf-8")
        return b"\xff"


class Lined(io.RawIOBase):
    """A text whose lines end with CR alone, with LF instead; CR and LF together stay."""

    def __init__(self, inner: io.BufferedReader) -> None:
        super().__init__()
        self._inner = inner

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fills a buffer; 0 at the end."""
        data = self._inner.read(len(buffer))
        if data.endswith(b"\r") and self._inner.peek(1)[:1] == b"\n":
            data, kept = data[:-1], b"\r"
        else:
            kept = b""
        data = _BARE.sub(b"\n", data) + kept
        buffer[: len(data)] = data
        return len(data)


def has_bare_returns(head: bytes) -> bool:
    """Whether the lines of a text end with CR alone; what stands in quotes may hold others."""
    outside = _QUOTED.sub(b"", head)
    return b"\r" in outside.rstrip(b"\r") and b"\n" not in outside
