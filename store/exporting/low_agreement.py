"""Whose labels cannot carry an export: kappa of .4 or less over 50 common pairs or more.

An annotator is in doubt in a scope (one formal round, or everything outside rounds) when kappa
with somebody there is low and with nobody is above .4 over as many pairs: with two annotators
both are, with three the one who differs from two that agree. Decided by labels, in doubt are
the pairs whose every label comes from somebody in doubt; a ruling is never in doubt.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

from store.agreement import bands
from store.agreement.counts import Said as SaidBoth
from store.agreement.counts import counts
from store.agreement.kappa import kappa
from store.exporting.facts import AnnotatorVerdict, PairOutline

Doubted = frozenset[tuple[str | None, str]]
"""(round id or None, annotator) of those in doubt."""


class Scope(NamedTuple):
    """Two annotators in one round, or outside rounds."""

    round_id: str | None
    first: str
    second: str


def in_doubt(pairs: Iterable[PairOutline]) -> Doubted:
    """Who is in doubt where; from first-pass labels given blind, as every kappa here."""
    tallies: dict[Scope, Counter[SaidBoth]] = defaultdict(Counter)
    alike: Counter[int] = Counter()
    blind = {}
    for pair in pairs:
        place = id(pair.blind)  # pairs share what was said alike of them
        blind[place] = pair.blind
        alike[place] += 1
    for place, times in alike.items():
        for one, other in combinations(blind[place], 2):
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
