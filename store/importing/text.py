"""Prompts in a text file, one a line; blank lines and lines that begin with # are skipped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from store.importing.rows import Record
from store.importing.source import Line


def records(lines: Iterable[Line]) -> Iterator[Record]:
    """One record a line, its text under ``prompt``."""
    for line in lines:
        text = line.text.rstrip("\r\n")
        if line.fault:
            yield Record(line.number, None, ("", line.fault))
        elif text.strip() and not text.lstrip().startswith("#"):
            yield Record(line.number, {"prompt": text})
