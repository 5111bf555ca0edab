"""Pairs that are not in the project yet: their rows go into the tables together, not one by one.

What is there already is asked for once a batch. Everything else about writing a row stands in
:mod:`store.importing.writer`, which also writes what does not fit here: a pair that is there, a
prompt whose category is to be completed, labels of later phases, notes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlite_utils import Database

from store import ids
from store.importing.rows import Given, LabelRow, PairRow, Problem, Row, shown
from store.items import candidates, pairs, prompts
from store.judgements import labels
from store.records import Candidate, Origin, Pair, Prompt, Verdict

_CATEGORIES = "SELECT id, category FROM prompt_now WHERE id IN (SELECT value FROM json_each(?))"
_SPOKEN_OF = "SELECT DISTINCT item FROM event WHERE item IN (SELECT value FROM json_each(?))"


class Placement(NamedTuple):
    """A row with its answers on one side or the other, and the id its pair then has."""

    row: PairRow
    pair_id: str


def placements(row: PairRow, prompt_id: str) -> list[Placement]:
    """The sides a row's answers may have in the project, the first of them for a new pair.

    Where the file names no sides the row's content draws them, the same in every project; a pair
    that is there the other way round, from before that rule, stays so.
    """
    if not row.drawn:
        return [_placed(row, prompt_id)]
    first = pairs.drawn_a(prompt_id, row.a, row.b)
    both = [_placed(row, prompt_id), _placed(turn(row), prompt_id)]
    return both if first == row.a else both[::-1]


def turn(row: PairRow) -> PairRow:
    """The same pair with its answers, roles and verdicts the other way round."""
    other = {Verdict.A: Verdict.B, Verdict.B: Verdict.A}
    sides = {"a": "b", "b": "a"}

    def turned(given: Given) -> Given:
        verdict = other.get(given.verdict, given.verdict)
        return given._replace(verdict=verdict, left=sides.get(given.left or ""))

    return replace(
        row,
        a=row.b,
        b=row.a,
        roles=row.roles[::-1],
        labels={who: turned(given) for who, given in row.labels.items()},
        later=tuple((who, turned(given)) for who, given in row.later),
    )


class NewPairs:
    """Collects the pairs of a batch that are new; call it inside the batch's transaction."""

    def __init__(
        self, db: Database, rows: Sequence[Row], *, source: str, category: str | None, at: str
    ) -> None:
        """Asks what of the batch is there.

        Args:
            db: the project.
            rows: the whole batch.
            source: the file's name.
            category: the category of every row, where the user gave one.
            at: time of the import.
        """
        self._db, self._source, self._category, self._at = db, source, category, at
        self._placements: dict[int, tuple[str, list[Placement]]] = {}
        for row in rows:
            if isinstance(row, PairRow):
                prompt_id = ids.prompt_id(row.messages)
                self._placements[id(row)] = prompt_id, placements(row, prompt_id)
        prompt_ids = json.dumps(list({prompt for prompt, _ in self._placements.values()}))
        pair_ids = [at.pair_id for _, places in self._placements.values() for at in places]
        self._categories: dict[str, str] = dict(db.execute(_CATEGORIES, [prompt_ids]).fetchall())
        self._known = pairs.TABLE.those_there(db, pair_ids)
        spoken_of = db.execute(_SPOKEN_OF, [json.dumps(pair_ids)]).fetchall()
        self._known.update(row[0] for row in spoken_of)
        self._prompts: list[Prompt] = []
        self._pairs: list[tuple[Pair, str, str]] = []
        self._words: list[labels.FirstWord] = []
        self._left_alone: set[str] = set()

    def take(self, row: PairRow, *, asked_for: Collection[str]) -> list[Problem] | None:
        """Keep a row for :meth:`write`.

        Args:
            row: one of the batch.
            asked_for: prompts that this file also brings as prompts.

        Returns:
            What is odd about it; None where it is no new pair, or needs more than its rows.
        """
        prompt_id, places = self._placements[id(row)]
        if row.later or row.notes or prompt_id in asked_for or prompt_id in self._left_alone:
            return None
        if any(at.pair_id in self._known for at in places):
            return None
        category, problems = self._category or row.category, list(row.problems)
        stands = self._categories.get(prompt_id)
        if stands is None:
            self._prompts.append(self._prompt(row, category))
            self._categories[prompt_id] = category or prompts.UNCATEGORISED
        elif category is not None and stands == prompts.UNCATEGORISED:
            return None
        elif category is not None and stands != category:
            problems.append(other_category(row.line, stands))
        self._keep(prompt_id, places[0])
        return problems

    def written_by_another(self, row: Row) -> None:
        """What the batch knows of this row's prompt may be out of date: leave it to the other."""
        if isinstance(row, PairRow):
            self._left_alone.add(self._placements[id(row)][0])
        elif not isinstance(row, LabelRow):
            self._left_alone.add(ids.prompt_id(row.messages))

    def write(self) -> None:
        """Write what was kept."""
        if not self._pairs:
            return
        prompts.TABLE.add_all(self._db, self._prompts)
        texts = [
            Candidate(
                prompt_id=made.prompt_id,
                origin=Origin.IMPORTED,
                text=text,
                author=self._source,
                created_at=self._at,
            )
            for made, a, b in self._pairs
            for text in (a, b)
        ]
        sides = iter(candidates.TABLE.add_all(self._db, texts))
        made = [replace(made, a_id=next(sides), b_id=next(sides)) for made, _, _ in self._pairs]
        pairs.TABLE.add_all(self._db, made)
        labels.give_first(self._db, self._words, source=self._source, at=self._at)
        self._prompts, self._pairs, self._words = [], [], []

    def _prompt(self, row: PairRow, category: str | None) -> Prompt:
        return Prompt(
            messages=row.messages,
            category=category or prompts.UNCATEGORISED,
            tags=row.tags,
            source=self._source,
            external_id=None,
            created_at=self._at,
        )

    def _keep(self, prompt_id: str, place: Placement) -> None:
        row, pair_id = place
        made = Pair(
            id=pair_id,
            prompt_id=prompt_id,
            a_id="",
            b_id="",
            kind="imported",
            external_id=row.external_id,
            a_role=row.roles[0],
            b_role=row.roles[1],
            source=self._source,
            created_at=self._at,
        )
        self._known.add(pair_id)
        self._pairs.append((made, row.a, row.b))
        self._words += (labels.FirstWord(pair_id, who, *given) for who, given in row.labels.items())


def other_category(line: int, stands: str) -> Problem:
    """A row's category is not the one its prompt has."""
    reason = f"the prompt is there already under '{stands}', which stands"
    return Problem(line, "category", shown(reason), kept=True)


def _placed(row: PairRow, prompt_id: str) -> Placement:
    return Placement(row, ids.pair_id(prompt_id, row.a, row.b, row.external_id))
