"""Who can be compared with whom: annotators by the number of pairs they have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlite_utils import Database

from store import ids
from store.agreement import blinding, pair_codes
from store.agreement.pair_codes import PairCodes
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


def overlaps(db: Database, viewer: str, codes: PairCodes | None = None) -> list[Overlap]:
    """Each two people: the viewer's own comparisons first, then by the number of common pairs.

    The viewer comes second in none of the viewer's own, as nobody reads a table about themselves
    by columns.

    Args:
        db: the project.
        viewer: who looks.
        codes: what everybody said, where it was read already; else one pass over the labels.
    """
    me = ids.name(viewer)
    people = annotators(db)
    common = _common(db, people, codes)
    found = [
        Overlap(one, other, common[frozenset((one, other))])
        for a, b in combinations(people, 2)
        for one, other in [(b, a) if b == me else (a, b)]
    ]
    return sorted(found, key=lambda each: (each.first != me, -each.common))


def _common(
    db: Database, people: Sequence[str], codes: PairCodes | None
) -> Counter[frozenset[str]]:
    """Pairs that each two have in common; where no round hides any, all in one pass."""
    hidden = {two: blinding.hidden(db, two) for two in combinations(people, 2)}
    common: Counter[frozenset[str]] = Counter()
    if not all(hidden.values()):
        common = (codes or pair_codes.read(db, people)).common()
    for two, closed in hidden.items():
        if closed:
            wanted = {"one": two[0], "other": two[1], "hidden": blinding.as_json(closed)}
            common[frozenset(two)] = int(db.execute(_COMMON, wanted).fetchone()[0])
    return common
