"""Whose labels cannot carry an export: kappa of .4 or less over 50 common pairs or more.

An annotator is in doubt in a scope (one formal round, or everything outside rounds) when kappa
with somebody there is low and with nobody is above .4 over as many pairs: with two annotators
both are, with three the one who differs from two that agree. Decided by labels, in doubt are
the pairs whose every label comes from somebody in doubt; a ruling is never in doubt.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from store.agreement import bands
from store.agreement.counts import Said as SaidBoth
from store.agreement.counts import counts
from store.agreement.kappa import kappa
from store.exporting.facts import AnnotatorVerdict

Doubted = frozenset[tuple[str | None, str]]
"""(round id or None, annotator) of those in doubt."""


class Scope(NamedTuple):
    """Two annotators in one round, or outside rounds."""

    round_id: str | None
    first: str
    second: str


def in_doubt(blind: Iterable[tuple[str, Sequence[AnnotatorVerdict]]]) -> Doubted:
    """Who is in doubt where; from first-pass labels given blind, as every kappa here.

    Args:
        blind: a pair's id and its labels, by annotator; alike ones are one object, which makes a
            million labels quick to count.
    """
    alike: dict[int, AnnotatorVerdict] = {}
    together: Counter[tuple[int, int]] = Counter()
    for _, said in blind:
        places = [*map(id, said)]
        alike.update(zip(places, said, strict=True))
        together.update(combinations(places, 2))
    tallies: dict[Scope, Counter[SaidBoth]] = defaultdict(Counter)
    for two, times in together.items():
        one, other = map(alike.__getitem__, two)
        if one.round_id == other.round_id:
            scope = Scope(one.round_id, one.annotator, other.annotator)
            tallies[scope][one.verdict.value, other.verdict.value] += times
    low: set[tuple[str | None, str]] = set()
    sound: set[tuple[str | None, str]] = set()
    for scope, tally in tallies.items():
        table = counts(tally)
        if bands.is_few(table.n):
            continue
        value = kappa(table.table).value
        if value is not None:
            side = low if bands.stops(value, table.n) else sound
            side.update({(scope.round_id, scope.first), (scope.round_id, scope.second)})
    return frozenset(low - sound)


def rests_on_doubt(labels: Iterable[AnnotatorVerdict], doubted: Doubted) -> bool:
    """Whether every one of the labels comes from somebody in doubt."""
    found = list(labels)
    return bool(found) and all((label.round_id, label.annotator) in doubted for label in found)
