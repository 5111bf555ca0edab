"""Everything that stands beside kappa on the screen: slices, trend, roles, sides, pace."""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database

from store.agreement.counts import Counts
from store.agreement.figure import Figure
from store.agreement.kappa import kappa
from store.agreement.pace import Pace, pace
from store.agreement.report import agreement
from store.agreement.roles import roles
from store.agreement.selfagree import SelfAgreement, self_agreement
from store.agreement.sides import LeftPicks, left_picks
from store.agreement.slices import Slice
from store.agreement.tables import By
from store.agreement.trend import GuidelineMark, TrendPoint, guideline_marks, trend
from store.rounds import draws
from store.rounds.draws import QueueOrder
from store.rounds.rounds import progress, sealed


@dataclass(frozen=True, slots=True)
class Overview:
    """One look at two annotators, and at the viewer's own habits."""

    by: By
    slices: tuple[Slice, ...]
    roles: Counts
    """The table coded by role; empty where no pair has roles."""
    trend: tuple[TrendPoint, ...]
    marks: tuple[GuidelineMark, ...]
    """Where in the trend the guideline changed."""
    left: LeftPicks
    """The viewer's."""
    again: SelfAgreement
    """The viewer's."""
    pace: Pace
    """The viewer's."""
    queue: QueueOrder
    """In what order pairs are shown, which says what the figures are over."""
    sealed: tuple[str, ...]
    """Rounds of which nothing but progress is told: ``pilot: first 40 of 120, second 12``."""

    @property
    def roles_kappa(self) -> Figure:
        """Kappa over roles."""
        return kappa(self.roles.table)

    @property
    def favourite(self) -> str | None:
        """The role, such as ``revision``, that three quarters of all verdicts by role prefer."""
        chosen = [a + b for a, b in zip(self.roles.rows, self.roles.columns, strict=True)]
        whole = sum(chosen)
        named = zip(self.roles.labels[:2], chosen, strict=False)
        return next((name for name, n in named if whole and n / whole >= 0.75), None)


def overview(db: Database, first: str, second: str, viewer: str, by: By) -> Overview:
    """Read it all; a few passes over the labels of the three."""
    return Overview(
        by,
        agreement(db, first, second, by=by).slices,
        roles(db, first, second),
        tuple(trend(db, first, second)),
        tuple(guideline_marks(db, first, second)),
        left_picks(db, viewer),
        self_agreement(db, viewer),
        pace(db, viewer),
        draws.order(db),
        sealed_rounds(db),
    )


def sealed_rounds(db: Database) -> tuple[str, ...]:
    """The sealed rounds with the progress of each of their annotators."""
    return tuple(
        f"{each.name}: "
        + ", ".join(f"{one.annotator} {one.done} of {one.total}" for one in progress(db, each.id))
        for each in sealed(db)
    )
