"""What two annotators said, counted, and what becomes of their ties."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Ties = Literal["separate", "merge", "drop"]
"""What becomes of tie and both_bad: own classes, one class, or left out with their pairs."""

VERDICTS = ("a", "b", "tie", "both_bad")
"""The verdicts that are labels, in the order of every table; ``skip`` is no label."""

Said = tuple[str | None, str | None]
"""The two annotators' verdicts on one pair; None where one gave no label."""

Tally = Mapping[Said, int]
"""How often each combination occurs."""

_CLASS: dict[Ties, dict[str, str]] = {
    "separate": {v: v for v in VERDICTS},
    "merge": {v: v for v in VERDICTS} | {"both_bad": "tie"},
    "drop": {"a": "a", "b": "b"},
}


@dataclass(frozen=True, slots=True)
class Counts:
    """The contingency table of two annotators, with what lies beside it."""

    labels: tuple[str, ...]
    table: tuple[tuple[int, ...], ...]
    """Rows: the first annotator; columns: the second; both in the order of ``labels``."""
    only_first: int = 0
    """Pairs that have the first annotator's label and not the second's."""
    only_second: int = 0

    @property
    def n(self) -> int:
        """Pairs with a label from both."""
        return sum(map(sum, self.table))

    @property
    def rows(self) -> tuple[int, ...]:
        """The first annotator's totals."""
        return tuple(map(sum, self.table))

    @property
    def columns(self) -> tuple[int, ...]:
        """The second annotator's totals."""
        return tuple(sum(column) for column in zip(*self.table, strict=True))

    @property
    def agreed(self) -> int:
        """Pairs on which both gave the same verdict."""
        return sum(self.table[i][i] for i in range(len(self.labels)))

    @property
    def disagreed(self) -> int:
        """Pairs on which the two gave different verdicts."""
        return self.n - self.agreed


def labels(ties: Ties) -> tuple[str, ...]:
    """All classes that ``ties`` leaves, used or not, in table order."""
    return tuple(dict.fromkeys(_CLASS[ties].values()))


def tabulate(tally: Tally, classes: tuple[str, ...]) -> Counts:
    """The table of a tally whose verdicts are all among ``classes``."""
    place = {name: i for i, name in enumerate(classes)}
    table = [[0] * len(classes) for _ in classes]
    only = [0, 0]
    for (first, second), number in tally.items():
        if first is not None and second is not None:
            table[place[first]][place[second]] += number
        elif first is not None:
            only[0] += number
        elif second is not None:
            only[1] += number
    return Counts(classes, tuple(map(tuple, table)), *only)


def counts(tally: Tally, ties: Ties = "separate") -> Counts:
    """The table of a tally of verdicts.

    Args:
        tally: combinations of ``a``, ``b``, ``tie``, ``both_bad`` and None.
        ties: with ``drop``, a pair that either annotator called a tie or both bad is left out
            altogether, also from ``only_first`` and ``only_second``.
    """
    classes = _CLASS[ties]
    kept: dict[Said, int] = {}
    for (first, second), number in tally.items():
        if any(v is not None and v not in classes for v in (first, second)):
            continue
        said = (first and classes[first], second and classes[second])
        kept[said] = kept.get(said, 0) + number
    return tabulate(kept, labels(ties))


def tally_of(pairs: Iterable[Said]) -> dict[Said, int]:
    """Counts combinations one by one: for short lists such as the window of a trend."""
    out: dict[Said, int] = {}
    for said in pairs:
        out[said] = out.get(said, 0) + 1
    return out
