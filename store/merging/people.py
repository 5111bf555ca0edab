"""Whose labels a merge brings: how many the other file has, and what they change here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlite_utils import Database

from store.merging.conflicts import Conflict, ConflictKind
from store.records import Event

_Place = tuple[str, str, str]
"""Item, annotator, phase: where one label stands."""


class Brought(NamedTuple):
    """One person's labels."""

    annotator: str
    there: int
    """Pairs labelled in the other file."""
    new: int
    """Of these, without a label of this person here before."""
    changed: int
    """With another label here before."""
    conflicts: int
    """Labelled differently in both files since they parted."""


def places(db: Database) -> set[_Place]:
    """Where labels stand."""
    return set(db.execute("SELECT pair_id, annotator, phase FROM label_head"))


def brought(
    before: set[_Place],
    theirs: Iterable[Event],
    new: Iterable[Event],
    conflicts: Sequence[Conflict],
) -> tuple[Brought, ...]:
    """A line for everybody whose labels the other file has.

    Args:
        before: :func:`places` before the merge.
        theirs: all events of the other file that can be used.
        new: those that were not here.
        conflicts: what the two files say differently.
    """
    there = Counter(who for _, who, _ in _labelled(theirs))
    fresh = _labelled(new)
    added = Counter(who for _, who, _ in fresh - before)
    changed = Counter(who for _, who, _ in fresh & before)
    apart = Counter(each.annotator for each in conflicts if each.kind is ConflictKind.LABEL)
    return tuple(
        Brought(who, there[who], added[who], changed[who], apart[who]) for who in sorted(there)
    )


def _labelled(events: Iterable[Event]) -> set[_Place]:
    return {(each.item, each.annotator, each.phase) for each in events if each.kind == "label"}
