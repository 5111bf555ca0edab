"""Two people's agreement, and theirs with models, followed as the project file grows.

Belongs to the store thread, as the live table in it does; what it hands out is frozen.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlite_utils import Database

from store.agreement import pair_codes
from store.agreement.live import LiveTable
from store.agreement.models import couples
from store.agreement.pair_codes import PairCodes
from store.agreement.partners import overlaps
from store.agreement.report import Agreement, of_counts
from store.agreement.tables import annotators


class LiveAgreement(NamedTuple):
    """What may be shown now."""

    agreement: Agreement | None = None
    """None where nobody can be compared."""
    people: tuple[str, ...] = ()
    """Everybody who has labelled."""
    with_models: tuple[Agreement, ...] = ()
    """The two people, or the only one there is, with each model that judged pairs of theirs."""


class Following:
    """The agreement of one annotator with another.

    Args:
        viewer: who looks; compared with whoever has most pairs in common with them, and where
            the viewer has labelled nothing, the two who have most in common.
    """

    def __init__(self, viewer: str) -> None:
        self._viewer = viewer
        self._table: LiveTable | None = None
        self._people: tuple[str, ...] = ()
        self._beside: dict[tuple[str, str], LiveTable] = {}
        self._chosen = False

    def look(self, db: Database) -> LiveAgreement:
        """Take in what was labelled since the last look, here and elsewhere."""
        names = tuple(annotators(db))
        models = annotators(db, ai=True)
        codes = None
        if names != self._people and not self._chosen:
            codes = pair_codes.read(db, [*names, *models])
            found = overlaps(db, self._viewer, codes)
            two = (found[0].first, found[0].second) if found else None
            self._table = LiveTable(db, *two, codes=codes) if two else None
        self._people = names
        if self._table is None:
            return LiveAgreement(None, names, self._with_models(db, names, models, codes))
        self._table.refresh(db)
        between = self._table.first, self._table.second
        return LiveAgreement(
            of_counts(self._table.shown, between),
            names,
            self._with_models(db, between, models, codes),
        )

    def choose(self, db: Database, first: str, second: str) -> LiveAgreement:
        """Follow these two from now on."""
        self._chosen = True
        self._table = LiveTable(db, first, second)
        return self.look(db)

    def _with_models(
        self, db: Database, who: tuple[str, ...], models: list[str], codes: PairCodes | None
    ) -> tuple[Agreement, ...]:
        self._beside = {
            two: self._beside.get(two) or LiveTable(db, two[0], two[1], codes=codes)
            for two in couples(who, models)
        }
        for table in self._beside.values():
            table.refresh(db)
        return tuple(
            of_counts(table.shown, two) for two, table in self._beside.items() if table.shown.n
        )
