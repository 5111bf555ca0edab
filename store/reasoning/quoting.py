"""Talk about a mark told from the mark itself, by the words and signs around it."""

from __future__ import annotations

import re
from typing import Final

from store.reasoning.marks import LONGEST

AFTER: Final = 3
"""Characters behind a mark that tell talk about it from a passage."""
CONNECTIVES: Final = frozenset(
    {"", "and", "or", "to", "...", "…", "/", ",", "&", "und", "oder", "et", "と", "和", "、", "や"}
)
"""What stands between the marks where both are talked about."""
BLOCK: Final = "\n"
"""Stands for code in lines of its own."""
_QUOTES: Final = "\"'“‘«„「『《"
QUOTES_END: Final = "\"'”’»“」』》"
_FENCE: Final = re.compile(r"[ \t]*(`{3,}(?=[^`]*$)|~{3,})(.*)", re.DOTALL)
_INDENTED: Final = re.compile(r" {4}|\t")
_TALK: Final = re.compile(r"[\w,;:(] $")
_GOES_ON: Final = re.compile(r" [a-z(]|[,;:)]|[.](?:\s|$)|\s*$")
_UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Letters of languages that write no spaces between words."""
_ROLE: Final = re.compile(r"\s*\w{0,16}\s*(?:<[|a-z]*)?")
ROLE_AND_CHANNEL: Final = re.compile(
    r"\s*\w{0,16}\s*(?:<\|(?:channel|think|content)\|>|to=\w+)", re.IGNORECASE
)


class Surroundings:
    """What a text has said so far, as far as it tells whether a mark is meant or talked about."""

    def __init__(self) -> None:
        self.blank = True
        """Nothing but white space has been said."""
        self.examples = 0
        """Opening marks in the code that is open, less the closing ones."""
        self._line: list[str] = []
        self._end = ""
        self._fence = ""
        self._ticks = ""
        """What opened the code inside the line."""
        self._run = ""
        """Backticks at the end, perhaps not yet all of them."""
        self._indented = False
        self._after_blank = False

    def add(self, text: str) -> None:
        """Take what comes next."""
        self.blank = self.blank and not text.strip()
        self._end = (self._end + text)[-3:]
        first, *lines = text.split("\n")
        self._go_on(first)
        for line in lines:
            self._next_line()
            self._go_on(line)

    def quoted(self) -> str:
        """What would end the code or the quotation that it stops in; empty outside of both."""
        line = "".join(self._line[:2])[:200]
        code = self._indented or self._after_blank
        if self._fence or (code and _INDENTED.match(line)):
            return BLOCK
        if ticks := self._ticks or self._run:
            # a run of the same length as the one before it has ended the code
            return "" if self._ticks and self._ticks == self._run else ticks
        return QUOTES_END if self._end[-1:] in tuple(_QUOTES) else ""

    def is_talk(self, after: str, *, opening: bool) -> bool:
        """Whether words of one sentence stand on both sides of a mark."""
        if opening and _UNSPACED.match(self._end[-1:]) and _UNSPACED.match(after):
            return True
        return bool(_TALK.search(self._end) and _GOES_ON.match(after))

    def _go_on(self, text: str) -> None:
        if not text:
            return
        self._line.append(text)
        for run in re.findall("`+|[^`]+", text):
            if run[0] == "`":
                self._run += run
            else:
                self._end_run()

    def _end_run(self) -> None:
        run, self._run = self._run, ""
        if run and not self._ticks:
            self._ticks = run
        elif run == self._ticks:
            self._ticks = ""

    def _next_line(self) -> None:
        line = "".join(self._line)
        if fence := _FENCE.fullmatch(line):
            sign, rest = fence.groups()
            if not self._fence:
                self._fence, self.examples = sign, 0
            elif sign.startswith(self._fence) and not rest.strip():
                self._fence = ""
        blank = not line.strip()
        if not blank:
            indented = (self._indented or self._after_blank) and _INDENTED.match(line)
            self._indented = bool(indented)
        self._after_blank = blank and not self.blank
        self._line, self._ticks, self._run = [], "", ""


def more(after: str, *, last: bool) -> bool | None:
    """None while a role and a channel may still come."""
    undecided = not last and len(after) < LONGEST and _ROLE.fullmatch(after)
    return None if undecided else False
