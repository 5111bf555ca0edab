"""Takes a stream apart: the answer from the thinking."""

from __future__ import annotations

import re
from typing import Final

from store.reasoning.answer import AnswerSoFar
from store.reasoning.marks import (
    BARE,
    BARE_FINAL,
    CAPITALS,
    CHANNEL,
    CHANNEL_TEXTS,
    CLOSES,
    DETAILS,
    DETAILS_END,
    FINAL_END,
    FIRST,
    HEADER,
    HEADER_END,
    MARK,
    MESSAGE,
    OPENS,
    OWN_THOUGHTS,
    THINK,
    TURN_END,
    WRAPPERS,
    beginning_of_mark,
    canonical,
)
from store.reasoning.quoting import (
    CONNECTIVES,
)

_LONGEST_HEADER: Final = 200
"""Characters between two of harmony's marks that may still be the name of a channel."""


class Splitter:
    """Takes a stream apart, wherever its pieces break: the answer from the thinking.

    Args:
        opened_by_prompt: the prompt ends inside a passage.
    """

    def __init__(self, *, opened_by_prompt: bool = False) -> None:
        self.retracted = False
        """What was let through as answer before was none: :attr:`answer` holds all there is. A
        closing mark without an opening one tells so. Stays true; a reader clears it."""
        self._answer = AnswerSoFar(harmony=opened_by_prompt)
        """Harmony's marks count also where the prompt may have been the first to use them."""
        self._thought: list[str] = []
        self._held = ""
        """Not yet known: the beginning of a mark, or a mark whose surroundings have not come."""
        self._inside = opened_by_prompt
        self._doubtful = ""
        """The opening mark of a passage that is talk about the mark, should it never be closed."""
        self._doubted = 0
        self._header: str | None = None
        self._bare: str | None = None
        self._begun = opened_by_prompt

    @property
    def answer(self) -> str:
        """What has been let through so far."""
        return self._answer.text

    @property
    def first_mark(self) -> str | None:
        """The mark that first opened or closed a passage."""
        return self._answer.first_mark

    @property
    def reasoning(self) -> str:
        """What was thought so far."""
        return "".join(self._thought).strip()

    @property
    def inside(self) -> bool:
        """Whether the stream is inside a passage now."""
        return self._inside or self._header is not None

    def push(self, text: str) -> str:
        """Take the next piece; returns what is certain to be answer."""
        if not text:
            return ""
        before = self._answer.pieces
        self._read(self._held + text, last=False)
        return self._answer.since(before)

    def finish(self, *, cut: bool) -> str:
        """The stream is over; returns what had been held back of the answer.

        Args:
            cut: it ended because the token limit was reached, perhaps in the middle of a passage.
        """
        before = self._answer.pieces
        held, self._held = self._held, ""
        self._read(held, last=True)
        if self._header is not None:
            self._think(self._header)
            self._header = None
        if self._inside and self._doubtful and not cut:
            self._was_talk()
        self._without_tokens()
        return self._answer.since(before)

    # -- reading --------------------------------------------------------------------------------

    def _read(self, text: str, *, last: bool) -> None:
        self._held = ""
        if not self._begun:
            text = self._beginning(text, last=last)
        while text:
            if self._bare is not None:
                text = self._until_bare(text, last=last)
            elif self._header is not None:
                text = self._until_message(text)
            else:
                text = self._until_mark(text, last=last)

    def _beginning(self, text: str, *, last: bool) -> str:
        """Recognise what counts only where a text begins."""
        start = text.lstrip()
        if not last and any(o.startswith(start) or start == o for o, _ in FIRST):
            self._held = text
            return ""
        self._begun = True
        for opening, closing in FIRST:
            rest = start[len(opening) :]
            if start.startswith(opening) and (
                opening != BARE or rest[:1].isalnum() or rest[:1] == "\n"
            ):
                self._inside, self._bare = True, closing
                self._doubtful = text[: len(text) - len(rest)]
                self._doubted = len(self._thought)
                self._answer.first_mark = opening
                if opening == BARE and rest[:1].isupper():
                    self._doubtful = ""
                return rest
        return text

    def _until_bare(self, text: str, *, last: bool) -> str:
        """Inside a passage without marks of its own."""
        closing = self._bare or ""
        head, mark, rest = text.partition(closing)
        if mark:
            self._think(head)
            self._inside, self._bare, self._doubtful = False, None, ""
            return rest
        keep = 0 if last else _overlap(text, closing)
        self._think(text[: len(text) - keep])
        self._held = text[len(text) - keep :]
        return ""

    def _until_message(self, text: str) -> str:
        """Inside a header of harmony's, which ends with ``<|message|>``."""
        header = (self._header or "") + text
        end = HEADER_END.search(header)
        if end is None and len(header) <= _LONGEST_HEADER:
            self._header = header
            return ""
        self._header = None
        if end is None:
            self._inside = True
            return header.removeprefix(CHANNEL)
        name, mark = header[: end.start()], end.group().lower()
        aside = OWN_THOUGHTS in name or (CHANNEL in name and "final" not in name)
        self._inside = mark == THINK or aside
        return header[end.end() :]

    def _until_mark(self, text: str, *, last: bool) -> str:
        """Inside a passage or the answer: up to the next mark that counts."""
        start = 0
        while at := MARK.search(text, start):
            mark = canonical(at)
            if not self._inside:
                self._answer.let_through(text[start : at.start()])
                start = at.start()
            if mark in CAPITALS and not at.group().isupper():
                counts: bool | None = False
            elif self._inside:
                counts = (
                    mark in CLOSES
                    or (self._answer.harmony and mark in CHANNEL_TEXTS)
                    or (self._doubtful != "" and mark in OPENS)
                )
            else:
                counts = self._answer.counts(text[at.end() :], mark, last=last)
            if counts is None:
                self._held = text[start:]
                return ""
            if counts:
                if self._inside:
                    return self._leave(text, start, at, mark)
                return self._enter(text[at.end() :], at, mark)
            if self._inside:
                self._think(text[start : at.end()])
            else:
                self._answer.talk(at.group(), mark)
            start = at.end()
        keep = 0 if last else beginning_of_mark(text[start:])
        sure = text[start : len(text) - keep]
        self._held = text[len(text) - keep :]
        if self._inside:
            self._think(sure)
        else:
            self._answer.let_through(sure)
        return ""

    def _leave(self, text: str, start: int, at: re.Match[str], mark: str) -> str:
        """A mark that ends the passage, or shows that it was none."""
        self._think(text[start : at.start()])
        if self._doubtful:
            said = "".join(self._thought[self._doubted :])
            if mark in OPENS:
                self._was_talk()
                return text[at.start() :]
            if mark in CLOSES and said.strip() in CONNECTIVES:
                # "the <think> and </think> marks"
                self._was_talk()
                self._answer.let_through(at.group())
                return text[at.end() :]
        self._inside, self._doubtful = False, ""
        self._answer.first_mark = self._answer.first_mark or at.group()
        self._think("\n")
        if mark in HEADER:
            self._header = mark if mark == CHANNEL else ""
        return text[at.end() :]

    def _was_talk(self) -> None:
        """The passage is none: give its text back to the answer."""
        said = self._doubtful + "".join(self._thought[self._doubted :])
        del self._thought[self._doubted :]
        self._inside, self._doubtful = False, ""
        if not self._thought:
            self._answer.first_mark = None
        self._answer.let_through(said)

    def _enter(self, rest: str, at: re.Match[str], mark: str) -> str:
        """A mark in the answer: it begins a passage, or ends one that nothing had begun."""
        if mark in WRAPPERS or mark in WRAPPERS.values() or mark == FINAL_END:
            self._answer.wrapper = WRAPPERS.get(mark)
            return rest
        if self._answer.addressed(mark):
            # the prompt has begun the header
            self._answer.harmony, self._inside = True, OWN_THOUGHTS in self.answer
            self._take_back()
            self._answer.first_mark = self._answer.first_mark or at.group()
            return rest
        self._answer.first_mark = self._answer.first_mark or at.group()
        if mark in TURN_END or mark in MESSAGE or mark.endswith("/>"):
            return rest
        if mark in CLOSES:
            self._think(self._take_back() + "\n")
            return rest
        talk = self._answer.is_talk(rest, opening=True)
        if self._answer.blank:
            self._take_back()
        if mark in HEADER:
            self._answer.harmony = True
            self._header = mark if mark == CHANNEL else ""
            return rest
        self._inside = True
        self._answer.harmony = self._answer.harmony or mark == THINK
        self._bare = DETAILS_END if mark == DETAILS else None
        self._doubted = len(self._thought)
        self._doubtful = at.group() if talk else ""
        return rest

    # -- writing --------------------------------------------------------------------------------

    def _think(self, text: str) -> None:
        if text:
            self._thought.append(text)

    def _take_back(self) -> str:
        """What was let through is no answer."""
        taken = self._answer.take_back()
        self.retracted = self.retracted or bool(taken)
        return taken

    def _without_tokens(self) -> None:
        """At the end: harmony's words where its tokens and its beginning were lost."""
        head, mark, rest = self.answer.partition(BARE_FINAL)
        if mark:
            self._answer.first_mark = self._answer.first_mark or mark
            self._take_back()
            self._think(head)
            self._answer.let_through(rest)


def _overlap(text: str, mark: str) -> int:
    """Length of the longest end of a text that a mark begins with."""
    sizes = range(min(len(text), len(mark) - 1), 0, -1)
    return next((size for size in sizes if text.endswith(mark[:size])), 0)
