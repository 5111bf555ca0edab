"""Talk about a mark told from the mark itself, by the words and signs around it."""

from __future__ import annotations

import re
from typing import Final

from store.reasoning.marks import LONGEST

AFTER: Final = 3
"""Characters behind a mark that tell talk about it from a passage."""
CONNECTIVES: Final = frozenset({"", "and", "or", "to", "...", "…", "/", ",", "&", "und", "et"})
_QUOTES: Final = "\"'“‘«„"
QUOTES_END: Final = "\"'”’»“"
_FENCES: Final = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
FENCE: Final = "```\n"
_SPAN: Final = re.compile(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)")
"""Code inside a line, between runs of as many backticks (CommonMark)."""
_TICKS: Final = re.compile("`+")
TALK: Final = re.compile(r"[\w,;:(] $")
GOES_ON: Final = re.compile(r" [a-z(]|[,;:)]|[.](?:\s|$)|\s*$")
_ROLE: Final = re.compile(r"\s*\w{0,16}\s*(?:<[|a-z]*)?")
ROLE_AND_CHANNEL: Final = re.compile(
    r"\s*\w{0,16}\s*(?:<\|(?:channel|think|content)\|>|to=\w+)", re.IGNORECASE
)


def quotes(said: str) -> str:
    """What would end the code or the quotation that a text stops in; empty outside of both."""
    if len(_FENCES.findall(said)) % 2 == 1:
        return FENCE
    if ticks := _TICKS.search(_SPAN.sub("", said.rpartition("\n")[2])):
        return ticks.group()
    return QUOTES_END if said[-1] in _QUOTES else ""


def more(after: str, *, last: bool) -> bool | None:
    """None while a role and a channel may still come."""
    undecided = not last and len(after) < LONGEST and _ROLE.fullmatch(after)
    return None if undecided else False
