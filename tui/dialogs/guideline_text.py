"""The guideline as the screens draw it: its Markdown, the sections a search is after."""

from __future__ import annotations

import re

from textual.content import Content

from tui.markdown import rendered
from tui.widgets.text_body import MEASURE

_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_MARK = "bold underline $accent"


def sections(text: str) -> list[str]:
    """The text cut before each heading; joined by newlines they are the text again."""
    parts: list[list[str]] = [[]]
    for line in text.rstrip().split("\n"):
        if _HEADING.match(line) and parts[-1]:
            parts.append([])
        parts[-1].append(line)
    return ["\n".join(lines) for lines in parts]


def found(text: str, search: str) -> list[str]:
    """The sections in which every word of a search occurs; all of them without a word."""
    words = search.casefold().split()
    return [part for part in sections(text) if all(word in part.casefold() for word in words)]


def drawn(text: str, search: str = "") -> Content:
    """The guideline, or the sections a search is after with its words marked.

    Args:
        text: Markdown, which is drawn.
        search: words, in any order, upper or lower case.
    """
    whole = rendered("\n".join(found(text, search)), MEASURE)
    for word in search.split():
        whole = whole.highlight_regex(re.compile(re.escape(word), re.IGNORECASE), style=_MARK)
    return whole
