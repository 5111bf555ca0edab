"""Prompts in a text file, one a line, or the items of a list in a Markdown file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from store.importing.rows import Record
from store.importing.source import Line

REMARK: Final = ("", "a remark")
"""The fault of a record that is a line of no prompt: a remark or a heading, which is counted."""

_ITEM: Final = re.compile(r"^\s{0,3}(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?")


def records(lines: Iterable[Line]) -> Iterator[Record]:
    """One record a line, its text under ``prompt``; lines that begin with # are remarks."""
    for line in lines:
        text = line.text.rstrip("\r\n")
        if line.fault:
            yield Record(line.number, None, ("", line.fault))
        elif text.lstrip().startswith("#"):
            yield Record(line.number, None, REMARK)
        elif text.strip():
            yield Record(line.number, {"prompt": text})


def has_items(lines: Iterable[Line]) -> bool:
    """Whether a Markdown file is a list."""
    return any(_ITEM.match(line.text) for line in lines)


def items(lines: Iterable[Line]) -> Iterator[Record]:
    """One record an item of a list; a heading or a text between the items is a remark."""
    begun = 0
    held: list[str] = []
    for line in lines:
        text = line.text.rstrip("\r\n")
        found = _ITEM.match(text)
        goes_on = bool(held) and bool(text.strip()) and text[:1] in (" ", "\t") and not found
        if goes_on:
            held.append(text.strip())
            continue
        if held and text.strip():
            yield Record(begun, {"prompt": "\n".join(held)})
            held = []
        if line.fault:
            yield Record(line.number, None, ("", line.fault))
        elif found:
            begun, held = line.number, [text[found.end() :]]
        elif text.strip():
            yield Record(line.number, None, REMARK)
    if held:
        yield Record(begun, {"prompt": "\n".join(held)})
