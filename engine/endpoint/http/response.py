"""One answer in HTTP/1.1 (RFC 9112), taken apart as its bytes come."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

HEAD_LIMIT: Final = 64 * 1024
"""Longest head, trailer or line before a chunk, in bytes."""
_HEX: Final = frozenset(b"0123456789abcdefABCDEF")


class NotHttp(Exception):
    """What came is no answer in HTTP; says in a few words what is wrong with it."""


class _Expected(Enum):
    """What the next bytes belong to."""

    HEAD = auto()
    LENGTH = auto()
    """A body of a length that the head told."""
    CLOSE = auto()
    """A body that ends with the connection."""
    SIZE = auto()
    """The line before a chunk."""
    CHUNK = auto()
    AFTER = auto()
    """The line end after a chunk."""
    TRAILER = auto()
    ENDED = auto()


class Response:
    """The head and the body of one answer."""

    def __init__(self) -> None:
        self.status = 0
        """0 while the head is not there."""
        self.headers: dict[str, str] = {}
        """By their names in small letters."""
        self._part = _Expected.HEAD
        self._held = b""
        self._left = 0
        """Bytes of the body or the chunk that are to come."""
        self._keeps = False

    @property
    def ended(self) -> bool:
        """Whether the body is there to its end."""
        return self._part is _Expected.ENDED

    @property
    def reusable(self) -> bool:
        """Whether the connection can carry another request."""
        return self.ended and self._keeps and not self._held

    def push(self, data: bytes) -> bytes:
        """Take the next bytes; returns those that are of the body.

        Raises:
            NotHttp: they are none of an answer.
        """
        data, self._held = self._held + data if self._held else data, b""
        while self._part is _Expected.HEAD:
            head, end, rest = data.partition(b"\r\n\r\n")
            if not end:
                self._hold(data)
                return b""
            self._read_head(head)
            data = rest
        if self._part is _Expected.CLOSE:
            return data
        if self._part is _Expected.LENGTH:
            body, self._held = data[: self._left], data[self._left :]
            self._left -= len(body)
            if not self._left:
                self._part = _Expected.ENDED
            return body
        return self._chunks(data)

    def close(self) -> bool:
        """The connection has ended; whether the answer had, too."""
        if self._part is _Expected.CLOSE:
            self._part = _Expected.ENDED
        return self.ended

    def _hold(self, data: bytes) -> None:
        if len(data) > HEAD_LIMIT:
            raise NotHttp("a line without an end")
        self._held = data

    def _read_head(self, head: bytes) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        version, _, rest = first.partition(" ")
        code = rest[:3]
        if version not in {"HTTP/1.1", "HTTP/1.0"} or not (code.isascii() and code.isdecimal()):
            raise NotHttp("no status line")
        headers: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip():
                raise NotHttp("a header without a name")
            name, value = name.lower(), value.strip()
            if headers.setdefault(name, value) != value and name == "content-length":
                raise NotHttp("two lengths")
        self.status = int(code)
        if 100 <= self.status < 200:  # more is to come before the answer
            self.status = 0
            return
        self.headers = headers
        said = headers.get("connection", "").lower()
        self._keeps = "close" not in said and (version == "HTTP/1.1" or "keep-alive" in said)
        self._part = self._framing()

    def _framing(self) -> _Expected:
        if self.status in {204, 304}:
            return _Expected.ENDED
        if coding := self.headers.get("transfer-encoding"):
            if coding.lower() != "chunked":
                raise NotHttp("a transfer coding nobody asked for")
            return _Expected.SIZE
        length = self.headers.get("content-length")
        if length is None:
            self._keeps = False
            return _Expected.CLOSE
        if not (length.isascii() and length.isdecimal() and len(length) < 20):
            raise NotHttp("a length that is no number")
        self._left = int(length)
        return _Expected.LENGTH if self._left else _Expected.ENDED

    def _chunks(self, data: bytes) -> bytes:
        """The bytes of the chunks that are there; ``at`` is how far they are read."""
        body = []
        at = 0
        while self._part is not _Expected.ENDED:
            if self._part is _Expected.CHUNK:
                piece = data[at : at + self._left]
                body.append(piece)
                at += len(piece)
                self._left -= len(piece)
                if self._left:
                    break
                self._part = _Expected.AFTER
            end = data.find(b"\n", at)
            if end < 0:
                self._hold(data[at:])
                return b"".join(body)
            line, at = data[at:end].removesuffix(b"\r"), end + 1
            self._read_line(line)
        self._held = data[at:]
        return b"".join(body)

    def _read_line(self, line: bytes) -> None:
        if self._part is _Expected.AFTER:
            if line:
                raise NotHttp("a chunk longer than it says")
            self._part = _Expected.SIZE
        elif self._part is _Expected.SIZE:
            size = line.partition(b";")[0].strip()
            if not 0 < len(size) <= 16 or not _HEX.issuperset(size):
                raise NotHttp("a chunk without a size")
            self._left = int(size, 16)
            self._part = _Expected.CHUNK if self._left else _Expected.TRAILER
        elif not line:
            self._part = _Expected.ENDED
