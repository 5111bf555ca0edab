"""Turns the bytes of tokens into text that may be shown: whole characters, stop strings cut off."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from store.reasoning import Splitter


class AnswerText:
    """The text of one answer as it grows, apart from what the model thinks.

    A character may be spread over several tokens and a stop string over several pieces: what is
    not certain yet is held back. A stop string ends the answer, never the thinking.

    Args:
        stop: what ends the answer.
        thinking: the prompt ends inside a passage of reasoning.
    """

    def __init__(self, stop: Sequence[str] = (), *, thinking: bool = False) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._splitter = Splitter(opened_by_prompt=thinking)
        self._stop = tuple(text for text in stop if text)
        self._held = ""
        self._parts: list[str] = []
        self.answering = False
        """Something of the answer has come."""
        self.stopped = False
        """A stop string has come; nothing is added any more."""

    @property
    def text(self) -> str:
        """All of the answer that has been let through."""
        return "".join(self._parts)

    @property
    def reasoning(self) -> str:
        """What the model thought."""
        return self._splitter.reasoning

    @property
    def thinking(self) -> bool:
        """Whether the model is inside a passage of reasoning."""
        return self._splitter.inside

    def push(self, piece: bytes) -> str:
        """Add a token's bytes; return the text of the answer that is certain now."""
        return self._add(self._splitter.push(self._decoder.decode(piece)))

    def finish(self, *, cut: bool = False) -> str:
        """Let through what was held back; half a character at the end is dropped.

        Args:
            cut: the token limit has ended the answer.
        """
        fresh = self._add(self._splitter.finish(cut=cut))
        held, self._held = self._held, ""
        return fresh if self.stopped else fresh + self._let_through(held)

    def _add(self, answer: str) -> str:
        if self.stopped:
            return ""
        if self._splitter.retracted:
            # a closing mark alone: all that seemed to be the answer was thinking
            self._splitter.retracted = self.answering = False
            self._parts.clear()
            self._held = ""
            answer = self._splitter.answer
        fresh = self._held + answer
        self._held = ""
        if self._stop:
            fresh = self._cut(fresh)
        return self._let_through(fresh)

    def _let_through(self, text: str) -> str:
        if text:
            self._parts.append(text)
            self.answering = True
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
