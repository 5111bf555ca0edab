"""Text on its way into an input: what a person pastes, or opens to change.

What is typed or pasted is stored as it stands there, so nothing may be put in place of what a
terminal cannot show, as :mod:`tui.visible` does for texts that are only read: line ends of every
kind become line breaks, and what nobody could see is left out and counted.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tui.visible import HIDDEN

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
"""What terminals, other systems and word processors end a line with. In a bracketed paste most
terminals send a carriage return alone."""

_BREAKS = re.compile(r"\s*\n\s*")


class Taken(NamedTuple):
    """A text as an input takes it."""

    text: str
    left_out: int
    """Characters that nobody can see: control characters, direction marks, hidden tags, halves
    of a surrogate pair."""


def taken(text: str) -> Taken:
    """The text with line feeds as line breaks, tabs kept, and nothing hidden in it."""
    left_out = 0

    def leave_out(found: re.Match[str]) -> str:
        nonlocal left_out
        if len(found[0]) > 1:  # a flag made of tag characters is a picture
            return found[0]
        left_out += 1
        return ""

    kept = HIDDEN.sub(leave_out, _LINE_ENDS.sub("\n", text))
    return Taken(kept, left_out)


def taken_line(text: str) -> Taken:
    """The same for an input of one line: each line break, with the blanks around it, a space."""
    kept, left_out = taken(text)
    return Taken(_BREAKS.sub(" ", kept.strip("\n")).replace("\t", " "), left_out)
