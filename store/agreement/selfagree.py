"""Self-agreement: one annotator's first verdicts against hidden repeats of the same pairs.

Repeats are shown with the sides swapped; verdicts are stored by the pair's own a and b, so no
mapping back is needed here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlite_utils import Database

from store import ids
from store.agreement.counts import Counts, Said, counts, tally_of
from store.agreement.figure import Figure, percent
from store.agreement.intervals import Interval, smoothed_wald
from store.agreement.kappa import kappa
from store.records import Phase

RECENT = 10
"""Repeats that make up "lately"."""

DROP = 0.2
"""Self-agreement lower than before by this much is worth a hint."""

_REPEATED = """
SELECT pair_id, json_group_object(phase, verdict) AS said
FROM kept_label AS label_head
WHERE annotator = :annotator AND phase IN ('first', 'repeat')
  AND informed = 0 AND verdict <> 'skip' AND drawn IS NOT 'useful'
GROUP BY pair_id
HAVING count(*) = 2
ORDER BY max(at), pair_id
"""


@dataclass(frozen=True, slots=True)
class SelfAgreement:
    """How far an annotator repeats an earlier verdict on the same pair."""

    counts: Counts
    """Rows: the first verdict; columns: the repeat."""
    kappa: Figure
    ci95: Interval | None
    """None where kappa is undefined."""
    recent: float | None
    """Share of the last :data:`RECENT` repeats that gave the same verdict."""
    earlier: float | None
    """The same share among the repeats before them; None while there are fewer than those."""
    repeated: tuple[tuple[str, Said], ...]
    """Each repeated pair with both verdicts."""
    differing: tuple[str, ...]
    """The pairs whose repeat got another verdict."""

    @property
    def hint(self) -> str | None:
        """A quiet word when self-agreement drifts down."""
        if self.recent is None or self.earlier is None or self.earlier - self.recent < DROP:
            return None
        return (
            f"repeats agree in {percent(self.recent)} of the last {RECENT},"
            f" {percent(self.earlier)} before: a rest may help"
        )


def self_agreement(db: Database, annotator: str) -> SelfAgreement:
    """Self-agreement of one annotator, over all hidden repeats so far."""
    rows = db.execute(_REPEATED, {"annotator": ids.name(annotator)}).fetchall()
    said = [_both(json.loads(text)) for _, text in rows]
    table = counts(tally_of(said))
    figure = kappa(table.table)
    known = figure.value is not None
    enough = len(said) >= 2 * RECENT
    return SelfAgreement(
        table,
        figure,
        smoothed_wald(table.table) if known else None,
        recent=_same(said[-RECENT:]) if len(said) >= RECENT else None,
        earlier=_same(said[:-RECENT]) if enough else None,
        repeated=tuple((pair, both) for (pair, _), both in zip(rows, said, strict=True)),
        differing=tuple(
            pair for (pair, _), (one, two) in zip(rows, said, strict=True) if one != two
        ),
    )


def _both(verdicts: dict[str, str]) -> Said:
    return verdicts[Phase.FIRST], verdicts[Phase.REPEAT]


def _same(said: list[Said]) -> float:
    return sum(first == repeat for first, repeat in said) / len(said)
