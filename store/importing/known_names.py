"""The names in a file in the spelling the project has: who looks the same is the same person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from store import ids, names
from store.importing.rows import LabelRow, PairRow, Problem, PromptRow, RankingRow, Row, shown

V = TypeVar("V")


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
