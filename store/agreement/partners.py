"""Who can be compared with whom: annotators by the number of pairs they have in common."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from sqlite_utils import Database

from store import ids
from store.agreement.tables import annotators

_COMMON = """
SELECT count(*) FROM label_head AS one
JOIN label_head AS other ON other.pair_id = one.pair_id AND other.phase = 'first'
WHERE one.annotator = ? AND other.annotator = ? AND one.phase = 'first'
  AND one.informed = 0 AND other.informed = 0
  AND one.verdict <> 'skip' AND other.verdict <> 'skip'
"""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two annotators and the pairs both have a label on."""

    first: str
    second: str
    common: int


def overlaps(db: Database, viewer: str) -> list[Overlap]:
    """Each two people: the viewer's own comparisons first, then by the number of common pairs.

    The viewer comes second in none of the viewer's own, as nobody reads a table about themselves
    by columns.
    """
    me = ids.name(viewer)
    found = [
        Overlap(one, other, int(db.execute(_COMMON, [one, other]).fetchone()[0]))
        for a, b in combinations(annotators(db), 2)
        for one, other in [(b, a) if b == me else (a, b)]
    ]
    return sorted(found, key=lambda each: (each.first != me, -each.common))
