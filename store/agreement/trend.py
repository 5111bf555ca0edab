"""Kappa over the order of labelling: does agreement grow, or wear off?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NamedTuple

from sqlite_utils import Database

from store import ids
from store.agreement import blinding
from store.agreement.counts import Said, Ties, counts
from store.agreement.figure import Figure
from store.agreement.kappa import kappa
from store.judgements import guidelines

WINDOW = 30
"""Common pairs behind each point, at least, once there are so many."""

_COMMON = """
WITH common AS (
    SELECT pair_id, json_group_object(annotator, verdict) AS said, max(at) AS done
    FROM blind_label
    WHERE +annotator IN (:first, :second)
      AND pair_id NOT IN (SELECT value FROM json_each(:hidden))
    GROUP BY pair_id
    HAVING count(*) = 2
)"""
_BLOCKS = f"""{_COMMON}, placed AS (
    SELECT said, ntile(:blocks) OVER (ORDER BY done, pair_id) AS block FROM common
)
SELECT block, said, count(*) FROM placed GROUP BY block, said
"""  # noqa: S608 - the text above
_DONE_BEFORE = f"{_COMMON} SELECT count(*) FROM common WHERE done < :at"  # noqa: S608 - the same


class GuidelineMark(NamedTuple):
    """Where in the trend another version of the guideline came into force."""

    version: int
    after: int
    """Common pairs until then."""


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
    names = _names(db, whose) | {"blocks": points}
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


def guideline_marks(db: Database, first: str, second: str) -> list[GuidelineMark]:
    """The versions of the guideline that came while the two had common pairs already."""
    names = _names(db, (ids.name(first), ids.name(second)))
    found = []
    for each in guidelines.history(db):
        row = db.execute(_DONE_BEFORE, names | {"at": each.at}).fetchone()
        if row[0]:
            found.append(GuidelineMark(each.version, row[0]))
    return found


def _names(db: Database, whose: tuple[str, str]) -> dict[str, str | int]:
    closed = blinding.as_json(blinding.hidden(db, whose))
    return {"first": whose[0], "second": whose[1], "hidden": closed}


def _pooled(tallies: list[dict[Said, int]]) -> dict[Said, int]:
    """The last blocks, as many as it takes to reach the window."""
    out: dict[Said, int] = {}
    for part in reversed(tallies):
        if sum(out.values()) >= WINDOW:
            break
        for said, number in part.items():
            out[said] = out.get(said, 0) + number
    return out
