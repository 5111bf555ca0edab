"""The guideline as the screens draw it: its Markdown, the sections a search is after."""

from __future__ import annotations

import re

from textual.content import Content

from store.records import Guideline
from tui.markdown import rendered
from tui.widgets.hanging import hang
from tui.widgets.text_body import MEASURE

_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_ORDER = re.compile(r"^\s*1\.\s", re.MULTILINE)
_STARTS = re.compile(r"[-*+]\s|\d+[.)]\s|[#>|]|```")
"""What a line begins with that goes on with no other."""
OPENING = 11
"""Lines of it that stand beside one's work at most."""

_MARK = "bold underline $accent"


def sections(text: str) -> list[str]:
    """The text cut before each heading; joined by newlines they are the text again."""
    parts: list[list[str]] = [[]]
    for line in text.rstrip().split("\n"):
        if _HEADING.match(line) and parts[-1]:
            parts.append([])
        parts[-1].append(line)
    return ["\n".join(lines) for lines in parts]


def unbroken(text: str) -> str:
    """The text with each paragraph on one line, as it is drawn; code and tables as they are."""
    lines: list[str] = []
    fenced = False
    for line in text.split("\n"):
        words, fence = line.strip(), line.lstrip().startswith("```")
        before = lines[-1].lstrip() if lines else ""
        alone = fenced or not words or not before or before.startswith(("#", "|", "```"))
        if alone or _STARTS.match(words):
            lines.append(line)
        else:
            lines[-1] = f"{lines[-1].rstrip()} {words}"
        fenced ^= fence
    return "\n".join(lines)


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
    whole = rendered("\n".join(found(text, search)), MEASURE, joined=True)
    for word in search.split():
        whole = whole.highlight_regex(re.compile(re.escape(word), re.IGNORECASE), style=_MARK)
    return whole


def opening(guideline: Guideline) -> Content:
    """A guideline's section with a numbered list, or its first, dim."""
    parts = sections(guideline.text)
    ordered = (part for part in parts if _ORDER.search(part))
    words = hang(drawn(next(ordered, parts[0])), MEASURE)
    lines = [
        line
        for part in words.split("\n", allow_blank=True)
        for line in part.wrap(MEASURE) or [part]
    ]
    kept = lines[:OPENING]
    ends = [at for at, line in enumerate(kept) if not line.plain.strip()]
    if len(lines) > OPENING and ends:
        kept = kept[: ends[-1]]
    return Content("\n").join([line.stylize("$muted") for line in kept])
