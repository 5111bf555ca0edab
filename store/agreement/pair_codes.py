"""What everybody said of each pair, from one pass over the labels, in one small number a pair.

With a hundred thousand pairs and a million labels a pass is what a table of two people costs; so
whoever wants several tables, or to know first whose, reads once.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from sqlite_utils import Database

from store.agreement.counts import VERDICTS
from store.log import events

CODES: Final = (None, *VERDICTS)
"""What one annotator may have said of a pair; the place is the number it has here."""

_BITS: Final = 3
_LAST: Final = 2**_BITS - 1
_TOGETHER: Final = 63 // _BITS
"""Annotators in one of SQLite's whole numbers."""
_EACH: Final = sum(1 << _BITS * place for place in range(_TOGETHER))
"""The lowest bit of each."""

_WHEN = " ".join(f"WHEN '{verdict}' THEN {n}" for n, verdict in enumerate(VERDICTS, 1))
_SQL = """
SELECT pair.position, {columns}
FROM (SELECT pair_id, {sums} FROM blind_label GROUP BY pair_id)
CROSS JOIN pair ON pair.id = pair_id
"""


@dataclass(frozen=True, slots=True)
class PairCodes:
    """First passes that count for agreement, of some annotators."""

    people: tuple[str, ...]
    arrival: int
    """Of the last event before the pass: what came later may be missing."""
    numbers: list[array[int]]
    """By the pair's position, for each twenty-one annotators; three bits for each of them."""

    def said(self, first: str, second: str) -> bytearray:
        """One byte a position: the places of both in :data:`CODES`, as digits."""
        one, other = map(self._places, (first, second))
        return bytearray(a * len(CODES) + b for a, b in zip(one, other, strict=True))

    def common(self) -> Counter[frozenset[str]]:
        """Pairs that each two have in common."""
        found: Counter[frozenset[str]] = Counter()
        labelled = (((n | n >> 1 | n >> 2) & _EACH for n in part) for part in self.numbers)
        for masks, pairs in Counter(zip(*labelled, strict=True)).items():
            who = [
                name
                for n, name in enumerate(self.people)
                if masks[n // _TOGETHER] >> _BITS * (n % _TOGETHER) & 1
            ]
            for two in combinations(who, 2):
                found[frozenset(two)] += pairs
        return found

    def _places(self, name: str) -> Iterator[int]:
        part, place = divmod(self.people.index(name), _TOGETHER)
        return (n >> _BITS * place & _LAST for n in self.numbers[part])


def read(db: Database, people: Iterable[str]) -> PairCodes:
    """One pass over the labels of these annotators; rounds in blocks are not looked at."""
    whose = tuple(dict.fromkeys(people))
    arrival = events.last_arrival(db)
    if not whose:
        return PairCodes((), arrival, [])
    parts = [whose[n : n + _TOGETHER] for n in range(0, len(whose), _TOGETHER)]
    sums = []
    for part, names in enumerate(parts):
        first = part * _TOGETHER
        places = " ".join(f"WHEN :n{first + n} THEN {_BITS * n}" for n in range(len(names)))
        one = f"CASE verdict {_WHEN} END << CASE annotator {places} END"
        sums.append(f"coalesce(sum({one}), 0) AS part{part}")
    numbers = [array("q") for _ in parts]
    columns = ", ".join(f"part{part}" for part in range(len(parts)))
    sql = _SQL.format(columns=columns, sums=", ".join(sums))
    for position, *row in db.execute(sql, {f"n{n}": who for n, who in enumerate(whose)}):
        for into, number in zip(numbers, row, strict=True):
            if position >= len(into):
                into.extend([0] * (position + 1 - len(into)))
            into[position] = number
    return PairCodes(whose, arrival, numbers)
