"""Takes a stream apart: the answer from the thinking."""

from __future__ import annotations

import re

from store.reasoning.marks import (
    BARE,
    BARE_FINAL,
    CAPITALS,
    CHANNEL,
    CHANNEL_TEXTS,
    CLOSES,
    FINAL_END,
    FIRST,
    HEADER,
    HEADER_END,
    MARK,
    MESSAGE,
    OWN_THOUGHTS,
    THINK,
    TO,
    TURN_END,
    WRAPPERS,
    beginning_of_mark,
)
from store.reasoning.quoting import (
    AFTER,
    CONNECTIVES,
    FENCE,
    GOES_ON,
    QUOTES_END,
    ROLE_AND_CHANNEL,
    TALK,
    more,
    quotes,
)


class Splitter:
    """Takes a stream apart, wherever its pieces break: the answer from the thinking.

    Args:
        opened_by_prompt: the prompt ends inside a passage.
    """

    def __init__(self, *, opened_by_prompt: bool = False) -> None:
        self.first_mark: str | None = None
        """The mark that first opened or closed a passage."""
        self.retracted = False
        """What was let through as answer before was none: :attr:`answer` holds all there is. A
        closing mark without an opening one tells so. Stays true; a reader clears it."""
        self._answer: list[str] = []
        self._thought: list[str] = []
        self._held = ""
        """Not yet known: the beginning of a mark, or a mark whose surroundings have not come."""
        self._inside = opened_by_prompt
        self._doubtful = ""
        """The opening mark of a passage that is talk about the mark, should it never be closed."""
        self._doubted = 0
        self._harmony = opened_by_prompt
        """Harmony's marks count: also where the prompt may have been the first to use them."""
        self._header: str | None = None
        self._bare: str | None = None
        self._wrapper: str | None = None
        self._begun = opened_by_prompt

    @property
    def answer(self) -> str:
        """What has been let through so far."""
        return "".join(self._answer)

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
        before = len(self._answer)
        self._read(self._held + text, last=False)
        return "".join(self._answer[before:])

    def finish(self, *, cut: bool) -> str:
        """The stream is over; returns what had been held back of the answer.

        Args:
            cut: it ended because the token limit was reached, perhaps in the middle of a passage.
        """
        before = len(self._answer)
        held, self._held = self._held, ""
        self._read(held, last=True)
        if self._header is not None:
            self._think(self._header)
            self._header = None
        if self._inside and self._doubtful and not cut:
            self._was_talk()
        self._without_tokens()
        return "".join(self._answer[before:])

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
            if start.startswith(opening) and (opening != BARE or rest[:1].isalnum()):
                self._inside, self._bare = True, closing
                self._doubtful = text[: len(text) - len(rest)]
                self._doubted = len(self._thought)
                self.first_mark = opening
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
        if end is None:
            self._header = header
            return ""
        self._header = None
        name, mark = header[: end.start()], end.group().lower()
        aside = OWN_THOUGHTS in name or (CHANNEL in name and "final" not in name)
        self._inside = mark == THINK or aside
        return header[end.end() :]

    def _until_mark(self, text: str, *, last: bool) -> str:
        """Inside a passage or the answer: up to the next mark that counts."""
        start = 0
        while at := MARK.search(text, start):
            mark = at.group().lower()
            if mark in CAPITALS and not at.group().isupper():
                counts: bool | None = False
            elif self._inside:
                counts = mark in CLOSES or (self._harmony and mark in CHANNEL_TEXTS)
            else:
                counts = self._counts(text, at, mark, last=last)
            if counts is None:
                self._let_through(text[: at.start()])
                self._held = text[at.start() :]
                return ""
            if counts:
                return self._leave(text, at, mark) if self._inside else self._enter(text, at, mark)
            start = at.end()
        keep = 0 if last else beginning_of_mark(text)
        sure = text[: len(text) - keep]
        self._held = text[len(text) - keep :]
        if self._inside:
            self._think(sure)
        else:
            self._let_through(sure)
        return ""

    def _leave(self, text: str, at: re.Match[str], mark: str) -> str:
        """A mark that ends the passage."""
        passage = text[: at.start()]
        if self._doubtful and mark in CLOSES:
            said = "".join(self._thought[self._doubted :]) + passage
            if said.strip() in CONNECTIVES:
                # "the <think> and </think> marks"
                self._think(passage)
                self._was_talk()
                self._let_through(text[len(passage) : at.end()])
                return text[at.end() :]
        self._think(passage)
        self._inside, self._doubtful = False, ""
        self.first_mark = self.first_mark or at.group()
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
            self.first_mark = None
        self._let_through(said)

    def _enter(self, text: str, at: re.Match[str], mark: str) -> str:
        """A mark in the answer: it begins a passage, or ends one that nothing had begun."""
        before, rest = text[: at.start()], text[at.end() :]
        if mark in WRAPPERS or mark in WRAPPERS.values() or mark == FINAL_END:
            self._let_through(before)
            self._wrapper = WRAPPERS.get(mark)
            return rest
        if mark in MESSAGE and TO.fullmatch(self.answer + before):
            # the prompt has begun the header
            self._harmony, self._inside = True, OWN_THOUGHTS in self.answer + before
            self.retracted = self.retracted or bool(self._answer)
            self._answer.clear()
            self.first_mark = self.first_mark or at.group()
            return rest
        if mark in TURN_END or mark in MESSAGE:
            self._let_through(before)
            self.first_mark = self.first_mark or at.group()
            return rest
        if self.first_mark is None:
            self.first_mark = at.group()
        if mark in CLOSES:
            self._think(self.answer + before + "\n")
            self.retracted = self.retracted or bool(self._answer)
            self._answer.clear()
            return rest
        talk = self._is_talk(before, rest)
        self._let_through(before)
        if self._answer and not self.answer.strip():
            self._answer.clear()
            self.retracted = True
        if mark in HEADER:
            self._harmony = True
            self._header = mark if mark == CHANNEL else ""
            return rest
        self._inside = True
        self._harmony = self._harmony or mark == THINK
        self._doubted = len(self._thought)
        self._doubtful = at.group() if talk else ""
        return rest

    def _counts(self, text: str, at: re.Match[str], mark: str, *, last: bool) -> bool | None:
        """Whether a mark in the answer is one; None where more has to come to tell."""
        before, after = text[: at.start()], text[at.end() :]
        if mark in WRAPPERS:
            known = self.first_mark is not None or mark.startswith("<|")
            return known and not (self.answer + before).strip()
        if mark == FINAL_END:
            return self.first_mark is not None
        if mark in WRAPPERS.values():
            return mark == self._wrapper or mark.startswith("<|close|>")
        if mark in MESSAGE and TO.fullmatch(self.answer + before):
            return True
        if mark == "<|content|>" and not (self.answer + before).strip():
            return True
        if mark in TURN_END or mark in MESSAGE:
            return self._harmony
        if mark == CHANNEL:
            return True
        if mark in HEADER:
            # other models have tokens of these names
            return self._harmony or bool(ROLE_AND_CHANNEL.match(after)) or more(after, last=last)
        said = self.answer + before
        if not said.strip():
            return True
        if quoted := quotes(said):
            rest, end, _ = after.partition("\n")
            ends = QUOTES_END if quoted == QUOTES_END else (quoted,)
            if quoted == FENCE or any(sign in rest for sign in ends):
                return False
            return True if end or last else None
        if len(after) < AFTER and not last:
            return None
        return not (mark in CLOSES and self._is_talk(before, after))

    def _is_talk(self, before: str, after: str) -> bool:
        """Whether words of one sentence stand on both sides of a mark."""
        said = (self.answer + before)[-3:]
        return bool(TALK.search(said) and GOES_ON.match(after))

    # -- writing --------------------------------------------------------------------------------

    def _think(self, text: str) -> None:
        if text:
            self._thought.append(text)

    def _let_through(self, text: str) -> None:
        """Add to the answer; white space between a passage and its answer is dropped."""
        if self.first_mark is not None and not self._answer:
            text = text.lstrip()
        if text:
            self._answer.append(text)

    def _without_tokens(self) -> None:
        """At the end: harmony's words where its tokens and its beginning were lost."""
        head, mark, rest = self.answer.partition(BARE_FINAL)
        if mark:
            self._think(head)
            self.first_mark = self.first_mark or mark
            self.retracted = True
            self._answer = [rest.lstrip()] if rest.strip() else []


def _overlap(text: str, mark: str) -> int:
    """Length of the longest end of a text that a mark begins with."""
    sizes = range(min(len(text), len(mark) - 1), 0, -1)
    return next((size for size in sizes if text.endswith(mark[:size])), 0)
