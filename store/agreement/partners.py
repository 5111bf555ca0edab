"""Who can be compared with whom: annotators by the number of pairs they have in common."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from sqlite_utils import Database

from store import ids
from store.agreement import blinding
from store.agreement.tables import annotators

_COMMON = """
SELECT count(*) FROM blind_label AS one JOIN blind_label AS other USING (pair_id)
WHERE one.annotator = :one AND other.annotator = :other
  AND pair_id NOT IN (SELECT value FROM json_each(:hidden))
"""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two annotators and the pairs both have a label on, as far as rounds tell of them."""

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
        Overlap(one, other, _common(db, one, other))
        for a, b in combinations(annotators(db), 2)
        for one, other in [(b, a) if b == me else (a, b)]
    ]
    return sorted(found, key=lambda each: (each.first != me, -each.common))


def _common(db: Database, one: str, other: str) -> int:
    closed = blinding.as_json(blinding.hidden(db, (one, other)))
    row = db.execute(_COMMON, {"one": one, "other": other, "hidden": closed}).fetchone()
    return int(row[0])
