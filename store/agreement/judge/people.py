"""How far a judge agrees with people, other judges and rulings, and how far people agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from store.agreement.counts import Said, counts, tally_of
from store.agreement.judge.judged_pairs import JudgedPair
from store.agreement.judge.kappas import cells, kappa_interval, kappas
from store.agreement.judge.measured import Measured, mean, missing, of_figure, share
from store.agreement.kappa import kappa
from store.agreement.over_prompts import interval
from store.agreement.report import Agreement, of_counts

NOBODY = "no pair has a person's verdict"


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How often a judge names the side that people, or a ruling, name."""

    decided: Measured
    """Over pairs where both name a side; its pairs are those the judge has wrong."""
    with_ties: Measured
    """Over pairs with a side by people, a tie of the judge counting one half."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """People among themselves, and the judge with them on the same pairs."""

    people: Measured
    """Kappa of each two people, all couples in one table."""
    judge: Measured
    """Kappa of the judge with both people of each couple, on the same pairs."""
    difference: Measured
    """The judge's less the people's."""


def with_each(pairs: Sequence[JudgedPair], judge: str) -> tuple[Agreement, ...]:
    """The judge in the columns, each person in the rows: figures as between two people."""
    names = sorted({name for pair in pairs for name in pair.people})
    return tuple(
        _two(
            [(pair.people[name], pair.verdict) for pair in pairs if name in pair.people],
            (name, judge),
        )
        for name in names
    )


def with_judges(
    pairs: Sequence[JudgedPair], judge: str, others: Mapping[str, Sequence[JudgedPair]]
) -> tuple[Agreement, ...]:
    """The judge in the columns, each other judge of the same pairs in the rows."""
    found = []
    for name, theirs in others.items():
        verdicts = {pair.id: pair.verdict for pair in theirs}
        both = [(verdicts[pair.id], pair.verdict) for pair in pairs if pair.id in verdicts]
        if both:
            found.append(_two(both, (name, judge)))
    return tuple(found)


def together(pairs: Sequence[JudgedPair]) -> Measured:
    """Kappa of the judge with all people in one table, a case for each person's verdict.

    ``n`` counts pairs; the pairs are those on which somebody said otherwise.
    """
    cases = [(pair, said) for pair in pairs for said in pair.people.values()]
    said = [(word, pair.verdict) for pair, word in cases]
    behind = dict.fromkeys(pair.id for pair, word in cases if word != pair.verdict)
    ends = kappa_interval(said, [pair.prompt_id for pair, _ in cases])
    if not said:
        return missing(NOBODY)
    n = sum(bool(pair.people) for pair in pairs)
    return of_figure(kappa(counts(tally_of(said)).table), n, ends, tuple(behind))


def ceiling(pairs: Sequence[JudgedPair]) -> Ceiling:
    """People's own agreement on the pairs that the judge answered about."""
    cases = [
        (pair, one, other)
        for pair in pairs
        for one, other in combinations([pair.people[name] for name in sorted(pair.people)], 2)
    ]
    if not cases:
        none = missing("no pair has verdicts of two people")
        return Ceiling(none, none, none)
    prompts = [pair.prompt_id for pair, _, _ in cases]
    between = [(one, other) for _, one, other in cases]
    sides = (
        [(one, pair.verdict) for pair, one, _ in cases],
        [(other, pair.verdict) for pair, _, other in cases],
    )
    mine = [*sides[0], *sides[1]]
    n = len({pair.id for pair, _, _ in cases})
    differing = tuple(dict.fromkeys(pair.id for pair, one, other in cases if one != other))
    people = of_figure(
        kappa(counts(tally_of(between)).table), n, kappa_interval(between, prompts), differing
    )
    wrong = tuple(dict.fromkeys(p.id for p, one, other in cases if p.verdict not in (one, other)))
    judge = of_figure(
        kappa(counts(tally_of(mine)).table), n, kappa_interval(mine, [*prompts, *prompts]), wrong
    )
    if people.value is None or judge.value is None:
        reason = people.reason or judge.reason or ""
        return Ceiling(people, judge, missing(reason, n))
    width = cells(between).shape[1]
    both = np.hstack([cells(between), cells(sides[0]) + cells(sides[1])])
    ends = interval(both, prompts, lambda sums: kappas(sums[:, width:]) - kappas(sums[:, :width]))
    difference = judge.value - people.value
    return Ceiling(people, judge, Measured(difference, n, ends, written="coefficient", pairs=wrong))


def accuracy(pairs: Sequence[JudgedPair], words: Sequence[str | None], none: str) -> Accuracy:
    """Against one word a pair; words other than ``a`` and ``b`` count in neither figure.

    Args:
        pairs: the judge's answers.
        words: what is taken for right, a pair each.
        none: the reason where there is no such word.
    """
    told = [(p, word) for p, word in zip(pairs, words, strict=True) if word in ("a", "b")]
    sure = [(p, word) for p, word in told if p.sided]
    wrong = tuple(pair.id for pair, word in sure if pair.verdict != word)
    decided = share(
        [pair.verdict == word for pair, word in sure],
        [pair.prompt_id for pair, _ in sure],
        [pair.id for pair, _ in sure],
        none="the judge names no side of any such pair" if told else none,
    )
    ties = mean(
        [float(pair.verdict == word) if pair.sided else 0.5 for pair, word in told],
        [pair.prompt_id for pair, _ in told],
        [pair.id for pair, _ in told],
        none=none,
    )
    return Accuracy(
        Measured(decided.value, decided.n, decided.ci95, decided.reason, wrong),
        Measured(ties.value, ties.n, ties.ci95, ties.reason, wrong),
    )


def _two(said: Sequence[Said], names: tuple[str, str]) -> Agreement:
    return of_counts(counts(tally_of(said)), names)
