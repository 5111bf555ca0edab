"""The names in a file in the spelling the project has: what looks the same is the same.

People and categories: `Harmful ` beside the shipped `harmful` would be in none of its figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Final, TypeVar

from store import ids, names
from store.importing.rows import LabelRow, PairRow, Problem, PromptRow, RankingRow, Row, shown
from store.items import prompts
from store.records import Category

V = TypeVar("V")
_NEAR: Final = 0.8
"""Likeness of a category to one that is there, from which a slip of the keys is likelier."""
_MOST_COMPARED: Final = 200
"""Categories of one file that are compared with those that are there; more are no categories."""


class KnownNames:
    """Everybody who is known so far; the names of the rows that are read join them.

    Args:
        known: everybody's name in the project.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._spelled = {name: name for name in known}
        self._by_look = {names.seen(name): name for name in self._spelled if ids.is_person(name)}

    def read(self, row: Row) -> Row | Problem:
        """The row under the names that stand here; a name spelled another way is told once.

        Returns:
            Why the row is refused, where two of its names look the same.
        """
        if isinstance(row, PromptRow):
            return row
        before = len(self._spelled)
        try:
            if isinstance(row, RankingRow):
                made: Row = replace(row, annotator=self._known(row.annotator))
            elif isinstance(row, LabelRow):
                made = replace(row, labels=self._keys(row.labels), notes=self._keys(row.notes))
            else:
                made = self._pair(row)
        except _Twice as twice:
            return Problem(row.line, "labels", shown(str(twice)), kept=False)
        fresh = list(self._spelled.items())[before:]
        told = tuple(
            Problem(row.line, "labels", shown(f"{name} is read as {known}, who is here"), kept=True)
            for name, known in fresh
            if name != known
        )
        return replace(made, problems=(*made.problems, *told)) if told else made

    def _pair(self, row: PairRow) -> PairRow:
        given = (*row.labels, *row.notes)
        if not row.later and all(self._spelled.get(name) == name for name in given):
            return row
        return replace(
            row,
            labels=self._keys(row.labels),
            notes=self._keys(row.notes),
            later=tuple((self._known(name), given) for name, given in row.later),
        )

    def _keys(self, said: Mapping[str, V]) -> dict[str, V]:
        made = {self._known(name): each for name, each in said.items()}
        if len(made) < len(said):
            alike = next(iter(names.look_alikes(said)), tuple(said))
            raise _Twice(f"the names {' and '.join(alike)} look the same: one person, two labels")
        return made

    def _known(self, name: str) -> str:
        spelled = self._spelled.get(name)
        if spelled is None:
            spelled = name
            if ids.is_person(name):
                spelled = self._by_look.setdefault(names.seen(name), name)
            self._spelled[name] = spelled
        return spelled


class _Twice(Exception):
    """Two names of one row are one person's."""


@dataclass(slots=True)
class _Read:
    """A category as the file spells it, and what became of it."""

    line: int
    taken_as: str
    rows: int = 0


class KnownCategories:
    """The categories that are there; those that a file brings join them.

    Args:
        known: in the project.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._spelled = {*known, *Category}
        self._by_look = prompts.looks((*Category, *sorted(self._spelled)))
        self._here = sorted(self._by_look)
        self._read: dict[str, _Read] = {}

    def read(self, row: Row) -> Row:
        """The row under the category that is there."""
        if isinstance(row, LabelRow) or row.category is None:
            return row
        word = row.category
        if word == prompts.UNCATEGORISED:  # as our own formats write that there is none
            return replace(row, category=None)
        if (found := self._read.get(word)) is None:
            alike = self._by_look.setdefault(prompts.look(word), word)
            # what comes with its history stays as it is there
            stays = word in self._spelled or (isinstance(row, PairRow) and row.history is not None)
            found = _Read(row.line, word if stays else alike)
            self._read[word] = found
        found.rows += 1
        return row if found.taken_as == word else replace(row, category=found.taken_as)

    def told(self) -> Iterator[Problem]:
        """What was read under another spelling, and what is nearly one that was there."""
        for word, read in self._read.items():
            rows = f"in {read.rows:,} row{'s' * (read.rows != 1)}"
            near = self._by_look[prompts.look(word)]
            if word == near and len(self._read) <= _MOST_COMPARED:
                close = get_close_matches(prompts.look(word), self._here, n=1, cutoff=_NEAR)
                near = self._by_look[close[0]] if close else word
            if word != read.taken_as:
                yield _told(read, f"'{word}' is read as {read.taken_as}, {rows}")
            elif word != near:
                told = f"'{word}' is a category of its own, {rows}; did you mean {near}?"
                yield _told(read, told)


def _told(read: _Read, reason: str) -> Problem:
    return Problem(read.line, "category", shown(reason), kept=True)
