"""What ``agree --json`` tells beside the table of verdicts, where there is something to tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlite_utils import Database

from store.agreement.counts import Ties
from store.agreement.figure import Figure, as_number, as_numbers
from store.agreement.intervals import Interval, dirichlet
from store.agreement.kappa import kappa
from store.agreement.ranked import ranked_pairs
from store.agreement.roles import roles
from store.agreement.selfagree import self_agreement
from store.agreement.sides import left_picks
from store.agreement.statistics import reasons
from store.agreement.strength import strength
from store.agreement.trend import trend
from store.judgements import settings


def of_two(db: Database, first: str, second: str, *, ties: Ties = "separate") -> dict[str, Any]:
    """Weighted kappa (``strength``), kappa over ``roles``, over time (``trend``), ``rankings``.

    A key is there where the project has what it is about: the strength scale switched on, pairs
    with roles, enough pairs for two points of a trend, pairs that follow from rankings.
    """
    told: dict[str, Any] = {}
    if settings.get(db, settings.STRENGTH, False):
        told["strength"] = _strength(db, first, second)
    coded = roles(db, first, second)
    if coded.n:
        found = kappa(coded.table)
        told["roles"] = {"n": coded.n, "roles": list(coded.labels[:2])} | _kappa(
            found, dirichlet(coded.table)
        )
    if behind := ranked_pairs(db, first, second, ties=ties):
        told["rankings"] = behind.as_json()
    points = trend(db, first, second, ties=ties)
    if len(points) > 1:
        told["trend"] = [
            {"upto": point.upto, "n": point.n, "kappa": as_number(point.kappa.value)}
            for point in points
        ]
    return told


def of_each(db: Database, annotators: Sequence[str]) -> dict[str, Any]:
    """By annotator: agreement with themselves over hidden repeats, and the share of left picks."""
    again = {name: self_agreement(db, name) for name in annotators}
    left = {name: left_picks(db, name) for name in annotators}
    told: dict[str, Any] = {}
    if any(found.counts.n for found in again.values()):
        told["self"] = {
            name: {"n": found.counts.n} | _kappa(found.kappa, found.ci95)
            for name, found in again.items()
        }
    if any(found.n for found in left.values()):
        told["left"] = {
            name: {"n": found.n, "left": found.left, "share": found.share, "p": found.p}
            for name, found in left.items()
        }
    return told


def _strength(db: Database, first: str, second: str) -> dict[str, Any]:
    found = strength(db, first, second)
    named = {"quadratic": found.quadratic, "linear": found.linear, "nominal": found.nominal}
    return {
        "n": found.counts.n,
        "both_bad": found.both_bad,
        "unstated": found.unstated,
        **{name: as_number(figure.value) for name, figure in named.items()},
        "ci95": as_numbers(found.interval()),
        "undefined": reasons(named.items()),
    }


def _kappa(figure: Figure, ends: Interval | None) -> dict[str, Any]:
    return {
        "kappa": as_number(figure.value),
        "ci95": as_numbers(ends),
        "undefined": reasons([("kappa", figure), ("ci95", figure)]),
    }
