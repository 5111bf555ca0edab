"""Agreement by what annotators state of themselves (:mod:`store.judgements.attributes`).

An attribute belongs to a person, not to a pair: so its slices are groups of annotators, and the
figure is alpha within each group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from store import ids
from store.agreement.counts import VERDICTS
from store.agreement.figure import Figure, undefined
from store.agreement.multi import alpha
from store.agreement.tables import natural, patterns, spoken
from store.judgements import attributes


@dataclass(frozen=True, slots=True)
class Group:
    """Annotators who state the same of themselves."""

    value: str
    annotators: tuple[str, ...]
    n: int
    """Pairs that at least two of them labelled."""
    alpha: Figure
    """Krippendorff's nominal alpha within the group."""

    def as_json(self) -> dict[str, Any]:
        """The group under fixed names; ``undefined`` says why there is no alpha."""
        return {
            "value": self.value,
            "annotators": list(self.annotators),
            "n": self.n,
            "alpha": self.alpha.value,
            "undefined": self.alpha.reason,
        }


def by_attribute(db: Database, name: str, annotators: Sequence[str]) -> list[Group]:
    """Agreement within each group of annotators that state the same; silent ones are left out."""
    known = attributes.by_annotator(db, name)
    groups: dict[str, list[str]] = {}
    for annotator in map(ids.name, annotators):
        value = known.get(annotator)
        if value is not None:
            groups.setdefault(value, []).append(annotator)
    return [_group(db, value, groups[value]) for value in sorted(groups, key=natural)]


def _group(db: Database, value: str, members: Sequence[str]) -> Group:
    if len(members) < 2:
        return Group(value, tuple(members), 0, undefined("only one annotator states this"))
    said = patterns(spoken(db, members), members)
    shared = sum(p.pairs for p in said if len(p.said) - p.said.count(None) > 1)
    return Group(value, tuple(members), shared, alpha(said, VERDICTS))
