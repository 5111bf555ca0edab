"""Which pairs are worth a person's label most: those where judge and people may differ.

First the pairs on which a judge names different answers in its two orders; then by how near one
half its probability is, in steps of .05; within a step those on which judges disagree, then those
of categories where agreement is least known (widest Wilson interval of the share on which two
raters agree, people and judges alike), then the nearer to one half. Pairs that no judge was asked
about come last.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Final, NamedTuple

from sqlite_utils import Database

from store.agreement.intervals import wilson
from store.judgements import askings
from store.judgements.askings import SoftLabel
from store.rounds import draws

STEP: Final = 0.05
"""Probabilities that lie less than this apart are told apart only after all else."""

_PAIRS = """
SELECT pair.id, prompt.category FROM pair JOIN prompt_now AS prompt ON prompt.id = pair.prompt_id
ORDER BY pair.position
"""
_SAID = """
SELECT pair_id, json_group_array(verdict) FROM blind_label WHERE given_by = 'person'
GROUP BY pair_id
"""


class Known(NamedTuple):
    """A pair, and what is known of it."""

    pair_id: str
    category: str
    labels: tuple[SoftLabel, ...] = ()
    """One of each judge that was asked."""
    said: tuple[str, ...] = ()
    """People's blind verdicts."""


def ranked(pairs: Sequence[Known]) -> list[str]:
    """The ids, most useful first; pairs alike in everything in the order given."""
    widths = _widths(pairs)

    def key(pair: Known) -> tuple[bool, bool, int, bool, float, float]:
        if not pair.labels:
            return True, True, 0, True, -widths[pair.category], 0.0
        p = sum(each.p for each in pair.labels) / len(pair.labels)
        away = round(abs(p - 0.5), 12)
        return (
            False,
            not any(each.conflict for each in pair.labels),
            math.floor(away / STEP + 1e-9),
            len({each.p > 0.5 for each in pair.labels}) < 2,
            -widths[pair.category],
            away,
        )

    return [pair.pair_id for pair in sorted(pairs, key=key)]


def mixed(useful: Sequence[str], random: Sequence[str], share: float) -> list[str]:
    """Both in their order, a random one whenever their share asks for it, until both are out."""
    out: list[str] = []
    one, other = iter(useful), iter(random)
    for place in range(len(useful) + len(random)):
        from_random = math.floor((place + 1) * share + 1e-9) > math.floor(place * share + 1e-9)
        first, then = (other, one) if from_random else (one, other)
        found = next(first, None)
        out.append(next(then) if found is None else found)
    return out


def arranged(db: Database, share: float) -> list[str]:
    """All pairs in the order in which useful ones come first, the random share among them."""
    pairs = _read(db)
    random = {each.pair_id for each in pairs if draws.draw(each.pair_id, share) == "random"}
    useful = [pair_id for pair_id in ranked(pairs) if pair_id not in random]
    return mixed(useful, [each.pair_id for each in pairs if each.pair_id in random], share)


def _read(db: Database) -> list[Known]:
    by_pair: dict[str, list[SoftLabel]] = defaultdict(list)
    for judge in askings.judges(db):
        for pair_id, label in askings.soft_labels(askings.of_judge(db, judge)).items():
            by_pair[pair_id].append(label)
    said = {pair_id: json.loads(text) for pair_id, text in db.execute(_SAID).fetchall()}
    return [
        Known(pair_id, category, tuple(by_pair[pair_id]), tuple(said.get(pair_id, ())))
        for pair_id, category in db.execute(_PAIRS).fetchall()
    ]


def _widths(pairs: Iterable[Known]) -> Mapping[str, float]:
    """Width of the interval of agreement between two raters, by category; 1 where none is known."""
    agreed: Counter[str] = Counter()
    compared: Counter[str] = Counter()
    for pair in pairs:
        verdicts = [each.verdict().value for each in pair.labels]
        couples = [(a, b) for a in pair.said for b in verdicts] + list(combinations(pair.said, 2))
        agreed[pair.category] += sum(a == b for a, b in couples)
        compared[pair.category] += len(couples)
    return {
        category: ends[1] - ends[0] if (ends := wilson(agreed[category], n)) else 1.0
        for category, n in compared.items()
    }
