"""Kappa over the order of labelling: does agreement grow, or wear off?"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlite_utils import Database

from store import ids
from store.agreement import blinding
from store.agreement.counts import Said, Ties, counts
from store.agreement.figure import Figure
from store.agreement.kappa import kappa

WINDOW = 30
"""Common pairs behind each point, at least, once there are so many."""

_BLOCKS = """
WITH common AS (
    SELECT pair_id, json_group_object(annotator, verdict) AS said, max(at) AS done
    FROM blind_label
    WHERE +annotator IN (:first, :second)
      AND pair_id NOT IN (SELECT value FROM json_each(:hidden))
    GROUP BY pair_id
    HAVING count(*) = 2
), placed AS (
    SELECT said, ntile(:blocks) OVER (ORDER BY done, pair_id) AS block FROM common
)
SELECT block, said, count(*) FROM placed GROUP BY block, said
"""


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """Kappa of a stretch of the common pairs."""

    upto: int
    """Common pairs up to the end of the stretch, in the order they became common."""
    n: int
    """Common pairs in the stretch."""
    kappa: Figure


def trend(
    db: Database, first: str, second: str, *, ties: Ties = "separate", points: int = 12
) -> list[TrendPoint]:
    """Kappa in a window that moves over the common pairs, oldest first.

    Args:
        db: the project.
        first: one annotator.
        second: the other.
        ties: as for :func:`store.agreement.counts.counts`.
        points: at most so many points; fewer while there are few pairs.
    """
    whose = ids.name(first), ids.name(second)
    closed = blinding.as_json(blinding.hidden(db, whose))
    names = {"first": whose[0], "second": whose[1], "blocks": points, "hidden": closed}
    tallies: list[dict[Said, int]] = [{} for _ in range(points)]
    for block, text, number in db.execute(_BLOCKS, names).fetchall():
        verdicts = json.loads(text)
        tallies[block - 1][verdicts[whose[0]], verdicts[whose[1]]] = number
    total = sum(sum(part.values()) for part in tallies)
    out: list[TrendPoint] = []
    upto = 0
    for i, part in enumerate(tallies):
        upto += sum(part.values())
        if part and upto >= min(WINDOW, total):
            window = counts(_pooled(tallies[: i + 1]), ties)
            out.append(TrendPoint(upto, window.n, kappa(window.table)))
    return out


def _pooled(tallies: list[dict[Said, int]]) -> dict[Said, int]:
    """The last blocks, as many as it takes to reach the window."""
    out: dict[Said, int] = {}
    for part in reversed(tallies):
        if sum(out.values()) >= WINDOW:
            break
        for said, number in part.items():
            out[said] = out.get(said, 0) + number
    return out
