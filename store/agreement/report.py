"""Everything that is said about the agreement of two annotators, or of several, in one value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from sqlite_utils import Database

from store import ids
from store.agreement import multi, statistics
from store.agreement.bands import Band, advice, band
from store.agreement.counts import Counts, Ties, counts, labels
from store.agreement.figure import Figure, as_number, as_numbers
from store.agreement.intervals import smoothed_wald
from store.agreement.multi import Pattern
from store.agreement.power import WIDTH, Power, power
from store.agreement.slices import ComparedPairs, Slice, of_part
from store.agreement.tables import By, Spoken, by_slice, patterns, spoken, tally


@dataclass(frozen=True, slots=True)
class Agreement(ComparedPairs):
    """Two annotators: the table, and every figure that can be had from it."""

    annotators: tuple[str, str]
    ties: Ties
    slices: tuple[Slice, ...] = ()

    @property
    def band(self) -> Band | None:
        """What the kappa is called; None where it is undefined."""
        return band(self.kappa.value)

    @property
    def advice(self) -> str | None:
        """What to do about it, in one line."""
        return advice(self.kappa.value, self.n)

    def power(self, wanted: float = WIDTH) -> Power:
        """How many more common pairs until the interval's half-width is as wanted."""
        return power(self.kappa, self.ci95, self.n, wanted)

    @property
    def undefined(self) -> dict[str, str]:
        """Why the figures of ``agree --json`` that are null are null."""
        told = []
        for each in statistics.shown("json"):
            told.append((each.key, self.figures[each.key]))
            if each.key == statistics.KAPPA:
                told.append(("ci95", self.kappa))
        found = statistics.reasons([*told, ("band", self.kappa), ("advice", self.kappa)])
        for part in self.slices:
            found |= part.undefined
        return found

    def as_json(self) -> dict[str, Any]:
        """The object of ``agree --json``: every key, null where there is no figure."""
        told: dict[str, Any] = {}
        for each in statistics.shown("json"):
            if each.over_used:
                told.setdefault("q", self.q)
            told[each.key] = as_number(self.figures[each.key].value)
            if each.key == statistics.KAPPA:
                told["ci95"] = as_numbers(self.ci95)
        return {
            "annotators": list(self.annotators),
            "n": self.n,
            "only_first": self.counts.only_first,
            "only_second": self.counts.only_second,
            "labels": list(self.counts.labels),
            "table": [list(row) for row in self.counts.table],
            **told,
            "band": None if self.band is None else self.band.value,
            "advice": self.advice,
            "undefined": self.undefined,
            "slices": [part.as_json() for part in self.slices],
        }


@dataclass(frozen=True, slots=True)
class ManyAgreement:
    """More than two annotators: one figure over all, and the figures of each two."""

    annotators: tuple[str, ...]
    alpha: Figure
    """Krippendorff's nominal alpha over all pairs with at least two labels."""
    fleiss: Figure
    """Fleiss' kappa over the pairs that all labelled."""
    fleiss_n: int
    pairs: tuple[Agreement, ...]
    n: int = field(default=0)
    """Pairs with at least two labels, which alpha rests on."""

    def as_json(self) -> dict[str, Any]:
        """The object of ``agree --json`` for more than two annotators."""
        return {
            "annotators": list(self.annotators),
            "alpha": as_number(self.alpha.value),
            "fleiss": as_number(self.fleiss.value),
            "fleiss_n": self.fleiss_n,
            "pairs": [pair.as_json() for pair in self.pairs],
        }


def agreement(
    db: Database,
    first: str,
    second: str,
    *,
    ties: Ties = "separate",
    by: By | None = None,
    round_id: str | None = None,
) -> Agreement:
    """Agreement of two annotators over the pairs both labelled in a first pass.

    Args:
        db: the project.
        first: the annotator in the rows.
        second: the annotator in the columns.
        ties: what becomes of ties and both bad.
        by: also slice the pairs by this.
        round_id: only labels given in this round.
    """
    if by == "guideline":  # whose slices overlap: they do not add up to the whole
        lines = spoken(db, (first, second), round_id=round_id)
        sliced = spoken(db, (first, second), by=by, round_id=round_id)
        return _of_two(lines, first, second, ties, by, sliced)
    lines = spoken(db, (first, second), by=by, round_id=round_id)
    return _of_two(lines, first, second, ties, by, lines)


def agreement_many(
    db: Database,
    annotators: Sequence[str],
    *,
    ties: Ties = "separate",
    by: By | None = None,
    round_id: str | None = None,
) -> ManyAgreement:
    """Agreement of several annotators; who labelled nothing, or little, is a hole.

    Args:
        db: the project.
        annotators: two or more, in the order in which they are shown.
        ties: as for :func:`agreement`; with ``drop`` a pair that anybody called a tie or both
            bad is left out of alpha and Fleiss.
        by: also slice the pairs of each two by this.
        round_id: only labels given in this round.
    """
    names = tuple(ids.name(name) for name in annotators)
    lines = spoken(db, names, by=None if by == "guideline" else by, round_id=round_id)
    said = _with_ties(patterns(lines, names), ties)
    whole = multi.fleiss(said)
    return ManyAgreement(
        names,
        alpha=multi.alpha(said, labels(ties)),
        fleiss=whole.kappa,
        fleiss_n=whole.n,
        pairs=tuple(
            agreement(db, a, b, ties=ties, by=by, round_id=round_id)
            if by == "guideline"
            else _of_two(lines, a, b, ties, by, lines)
            for a, b in combinations(names, 2)
        ),
        n=sum(p.pairs for p in said if len(p.said) - p.said.count(None) > 1),
    )


def of_counts(
    table: Counts,
    annotators: tuple[str, str],
    *,
    ties: Ties = "separate",
    slices: tuple[Slice, ...] = (),
) -> Agreement:
    """All figures of a table: what the live screen makes of its counts after each label."""
    figures = statistics.figures(table.table)
    undefined = figures[statistics.KAPPA].value is None
    return Agreement(
        annotators=annotators,
        counts=table,
        ties=ties,
        figures=figures,
        ci95=None if undefined else smoothed_wald(table.table),
        slices=slices,
    )


def _of_two(
    lines: Sequence[Spoken],
    first: str,
    second: str,
    ties: Ties,
    by: By | None,
    sliced: Sequence[Spoken],
) -> Agreement:
    whole = counts(tally(lines, first, second), ties)
    slices: tuple[Slice, ...] = ()
    if by is not None:
        slices = tuple(
            part
            for value, spoken_there in by_slice(sliced).items()
            if (part := of_part(by, value, counts(tally(spoken_there, first, second), ties))).n
        )
    return of_counts(whole, (ids.name(first), ids.name(second)), ties=ties, slices=slices)


def _with_ties(said: Sequence[Pattern], ties: Ties) -> list[Pattern]:
    """The patterns after joining both bad to tie, or without those that have either."""
    if ties == "merge":
        return [
            Pattern(tuple("tie" if v == "both_bad" else v for v in p.said), p.pairs) for p in said
        ]
    if ties == "drop":
        return [p for p in said if not {"tie", "both_bad"} & set(p.said)]
    return list(said)
