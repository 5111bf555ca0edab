"""Turns the bytes of tokens into text that may be shown: whole characters, stop strings cut off."""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class AnswerText:
    """The text of one answer as it grows.

    A character may be spread over several tokens and a stop string over several pieces: what is
    not certain yet is held back.
    """

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stop = tuple(text for text in stop if text)
        self._held = ""
        self._parts: list[str] = []
        self.stopped = False
        """A stop string has come; nothing is added any more."""

    @property
    def text(self) -> str:
        """All that has been let through."""
        return "".join(self._parts)

    def push(self, piece: bytes) -> str:
        """Add a token's bytes; return the text that is certain now."""
        if self.stopped:
            return ""
        fresh = self._held + self._decoder.decode(piece)
        self._held = ""
        if self._stop:
            fresh = self._cut(fresh)
        return self._let_through(fresh)

    def finish(self) -> str:
        """Let through what was held back; half a character at the end is dropped."""
        held, self._held = self._held, ""
        return "" if self.stopped else self._let_through(held)

    def _let_through(self, text: str) -> str:
        if text:
            self._parts.append(text)
        return text

    def _cut(self, fresh: str) -> str:
        found = [at for stop in self._stop if (at := fresh.find(stop)) >= 0]
        if found:
            self.stopped = True
            return fresh[: min(found)]
        keep = max(_overlap(fresh, stop) for stop in self._stop)
        if keep:
            self._held = fresh[-keep:]
            return fresh[:-keep]
        return fresh


def _overlap(text: str, stop: str) -> int:
    """Length of the longest end of ``text`` that ``stop`` begins with."""
    for size in range(min(len(text), len(stop) - 1), 0, -1):
        if text.endswith(stop[:size]):
            return size
    return 0
