"""Contamination: prompts or answers that an evaluation set holds as well."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from store.checks.finding import Finding, Level
from store.errors import BadInput
from store.exporting.rows import ExportRow
from store.importing.source import open_any

WORDS: Final = 8
"""Words in a row that two texts must share; a shorter text counts where it is the same."""

_WORD: Final = re.compile(r"\w+")


class EvaluationSet:
    """The runs of words in the files of an evaluation, which no training text may share."""

    def __init__(self, files: Iterable[Path]) -> None:
        """Read the files: every text in JSON or JSON lines, every line of anything else.

        Raises:
            BadInput: one is not there, cannot be read, or holds no text.
        """
        self._runs: set[int] = set()
        self.texts = 0
        for file in files:
            before = self.texts
            for text in _texts(file):
                runs = set(_runs(text))
                self.texts += bool(runs)
                self._runs |= runs
            if self.texts == before:
                raise BadInput("holds no text to compare with", file=str(file))

    def shares(self, text: str) -> bool:
        """Whether a text has a run of words that the evaluation has."""
        return not self._runs.isdisjoint(_runs(text))

    def contamination(self, rows: Sequence[ExportRow]) -> Finding:
        """Pairs whose prompt or answers share words with the evaluation."""
        found = tuple(row.pair.id for row in rows if any(map(self.shares, _of_row(row))))
        return Finding(
            Level.WARN if found else Level.FINE,
            f"{len(found)} of {len(rows)} pairs share {WORDS} words in a row, or a whole shorter"
            f" text, with {self.texts} texts of the evaluation",
            {"n": len(rows), "pairs": len(found), "texts": self.texts},
            found,
        )


def not_compared(_rows: Sequence[ExportRow]) -> Finding:
    """What is said where no evaluation set was given."""
    return Finding(Level.UNKNOWN, "no evaluation set was given (--against FILE)")


def _of_row(row: ExportRow) -> Iterator[str]:
    yield from (message.content for message in row.messages)
    yield from (row.chosen.text, row.rejected.text)


def _runs(text: str) -> Iterator[int]:
    words = _WORD.findall(text.casefold())
    for start in range(max(len(words) - WORDS, 0) + 1 if words else 0):
        yield hash(tuple(words[start : start + WORDS]))


def _texts(file: Path) -> Iterator[str]:
    with open_any(file) as opened:
        lines = [line.text for line in opened.lines if not line.fault]
    try:
        yield from _inside(json.loads("".join(lines)))
    except ValueError:
        for line in lines:
            try:
                yield from _inside(json.loads(line))
            except ValueError:
                yield line


def _inside(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _inside(each)
