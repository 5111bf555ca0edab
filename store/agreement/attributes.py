"""What annotators choose to state of themselves (language, culture, field), and agreement by it.

An attribute belongs to a person, not to a pair: so its slices are groups of annotators, and the
figure is alpha within each group.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from store import ids
from store.agreement.counts import VERDICTS
from store.agreement.figure import Figure, undefined
from store.agreement.multi import alpha
from store.agreement.tables import natural, patterns, spoken
from store.log import events
from store.records import Event

KIND = "attribute"


@dataclass(frozen=True, slots=True)
class Group:
    """Annotators who state the same of themselves."""

    value: str
    annotators: tuple[str, ...]
    n: int
    """Pairs that at least two of them labelled."""
    alpha: Figure
    """Krippendorff's nominal alpha within the group."""


def state(db: Database, annotator: str, name: str, value: str, at: str) -> Event:
    """Records what an annotator says of themselves; an empty value takes it back."""
    return events.append(db, KIND, ids.name(name), annotator, {"value": ids.name(value)}, at=at)


def stated(db: Database) -> dict[str, dict[str, str]]:
    """By annotator, what each states: ``{"first": {"language": "Basque"}}``."""
    out: dict[str, dict[str, str]] = {}
    rows = db.execute("SELECT annotator, item, value FROM head WHERE kind = ?", [KIND]).fetchall()
    for annotator, name, value in rows:
        said = json.loads(value).get("value")
        if said:
            out.setdefault(annotator, {})[name] = said
    return out


def by_attribute(db: Database, name: str, annotators: Sequence[str]) -> list[Group]:
    """Agreement within each group of annotators that state the same; silent ones are left out."""
    known = stated(db)
    groups: dict[str, list[str]] = {}
    for annotator in map(ids.name, annotators):
        value = known.get(annotator, {}).get(ids.name(name))
        if value is not None:
            groups.setdefault(value, []).append(annotator)
    return [_group(db, value, groups[value]) for value in sorted(groups, key=natural)]


def _group(db: Database, value: str, members: Sequence[str]) -> Group:
    if len(members) < 2:
        return Group(value, tuple(members), 0, undefined("only one annotator states this"))
    said = patterns(spoken(db, members), members)
    shared = sum(p.pairs for p in said if len(p.said) - p.said.count(None) > 1)
    return Group(value, tuple(members), shared, alpha(said, VERDICTS))
