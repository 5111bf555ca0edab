"""What each principle votes, whose labels it explains, and which constitution explains them better.

The useful half of Inverse Constitutional AI (Findeis et al. 2024): the judge answers each pair
under one principle at a time; what it says under it is that principle's vote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np

from store.agreement.judge.judged_pairs import JudgedPair
from store.agreement.judge.measured import Measured, mean, share
from store.agreement.over_prompts import Array, interval
from store.judgements.askings import soft_label


class PrincipleKey(NamedTuple):
    """A principle by the constitution it stands in."""

    constitution_id: str
    principle_id: str


@dataclass(frozen=True, slots=True)
class WithPerson:
    """A principle against one person, over the pairs where both name a side."""

    person: str
    agreement: Measured
    """Share of equal verdicts; its pairs are those on which they differ."""
    lift: Measured
    """That share less what always naming the person's more frequent side would give."""

    @property
    def contradicts(self) -> bool:
        """Whether the interval of the agreement lies under one half."""
        return self.agreement.ci95 is not None and self.agreement.ci95[1] < 0.5


@dataclass(frozen=True, slots=True)
class Votes:
    """One principle's votes."""

    principle_id: str
    constitution_id: str
    votes: Mapping[str, int]
    """Pairs by vote: ``a``, ``b``, ``none`` where the orders conflict or p is one half."""
    coverage: Measured
    """Share of the pairs with a vote for a side."""
    people: tuple[WithPerson, ...]


@dataclass(frozen=True, slots=True)
class ConstitutionComparison:
    """Two constitutions against one person's labels, on the same pairs."""

    person: str
    first: str
    second: str
    """SHA-256 of the constitutions' sources."""
    first_right: Measured
    """Share of labels that the first gives, no vote counting one half."""
    second_right: Measured
    difference: Measured
    """The first's less the second's, by paired bootstrap."""

    @property
    def better(self) -> str | None:
        """The constitution that explains the labels better; None where that cannot be told."""
        ends = self.difference.ci95
        if ends is None or ends[0] <= 0 <= ends[1]:
            return None
        return self.first if ends[0] > 0 else self.second


def of_principles(pairs: Sequence[JudgedPair], margin: float = 0.0) -> tuple[Votes, ...]:
    """Every principle that the judge was asked under, in the order of constitution and name."""
    found: dict[PrincipleKey, dict[str, str]] = {}
    for pair in pairs:
        keys = dict.fromkeys(PrincipleKey(x.constitution_id, x.principle_id) for x in pair.asked)
        for key in keys:
            mine = [x for x in pair.asked if (x.constitution_id, x.principle_id) == key]
            found.setdefault(key, {})[pair.id] = soft_label(mine).verdict(margin).value
    return tuple(_votes(key, found[key], pairs) for key in sorted(found))


def of_constitutions(
    pairs: Sequence[JudgedPair], margin: float = 0.0
) -> tuple[ConstitutionComparison, ...]:
    """Each two constitutions that the judge was asked under, with each person."""
    verdicts: dict[str, dict[str, str]] = {}
    for pair in pairs:
        for name in {each.constitution_id for each in pair.asked}:
            mine = [each for each in pair.asked if each.constitution_id == name]
            verdicts.setdefault(name, {})[pair.id] = soft_label(mine).verdict(margin).value
    people = sorted({name for pair in pairs for name in pair.people})
    found = (
        _comparison(person, first, second, verdicts, pairs)
        for person in people
        for first, second in combinations(sorted(verdicts), 2)
    )
    return tuple(each for each in found if each.difference.n)


def _votes(key: PrincipleKey, votes: Mapping[str, str], pairs: Sequence[JudgedPair]) -> Votes:
    asked = [pair for pair in pairs if pair.id in votes]
    counted = Counter(votes.values())
    people = sorted({name for pair in asked for name in pair.people})
    return Votes(
        key.principle_id,
        key.constitution_id,
        {"a": counted["a"], "b": counted["b"], "none": counted["tie"]},
        share(
            [votes[pair.id] != "tie" for pair in asked],
            [pair.prompt_id for pair in asked],
            [pair.id for pair in asked],
            none="it was asked about no pair",
        ),
        tuple(_with_person(person, votes, asked) for person in people),
    )


def _with_person(person: str, votes: Mapping[str, str], asked: Sequence[JudgedPair]) -> WithPerson:
    both = [p for p in asked if votes[p.id] != "tie" and p.people.get(person) in ("a", "b")]
    prompts, names = [p.prompt_id for p in both], [p.id for p in both]
    equal = [votes[p.id] == p.people[person] for p in both]
    found = share(equal, prompts, names, none="no pair where both name a side")
    differing = tuple(name for name, same in zip(names, equal, strict=True) if not same)
    agreement = Measured(found.value, found.n, found.ci95, found.reason, differing)
    if found.value is None:
        return WithPerson(person, agreement, agreement)
    prefers_a = [p.people[person] == "a" for p in both]
    columns = np.column_stack([equal, prefers_a, np.ones(len(both))]).astype(float)
    value = float(_lift(columns.sum(axis=0, keepdims=True))[0])
    ends = interval(columns, prompts, _lift)
    return WithPerson(person, agreement, Measured(value, len(both), ends, None, differing))


def _lift(sums: Array) -> Array:
    equal, prefers_a, n = sums.T
    found: Array = (equal - np.maximum(prefers_a, n - prefers_a)) / n
    return found


def _comparison(
    person: str,
    first: str,
    second: str,
    verdicts: Mapping[str, Mapping[str, str]],
    pairs: Sequence[JudgedPair],
) -> ConstitutionComparison:
    both = [
        pair
        for pair in pairs
        if pair.people.get(person) in ("a", "b")
        and pair.id in verdicts[first]
        and pair.id in verdicts[second]
    ]
    prompts, names = [p.prompt_id for p in both], [p.id for p in both]
    none = "no pair was asked under both"
    right = [
        [_credit(verdicts[name][pair.id], pair.people[person]) for pair in both]
        for name in (first, second)
    ]
    shares = [mean(each, prompts, names, none=none) for each in right]
    differences = [one - other for one, other in zip(*right, strict=True)]
    return ConstitutionComparison(
        person, first, second, shares[0], shares[1], mean(differences, prompts, names, none=none)
    )


def _credit(vote: str, word: str) -> float:
    return 0.5 if vote == "tie" else float(vote == word)
