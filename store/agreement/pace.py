"""Time per item: how long labels take, and whether that drifts."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from sqlite_utils import Database

from store import ids

RECENT = 20
"""Labels that make up "lately"; drift needs as many before them."""

SLOWER, FASTER = 1.5, 0.5
"""Median time lately, as a multiple of the median before, that is worth a hint."""

_SECONDS = """
SELECT seconds FROM kept_label AS label_head
WHERE annotator = :annotator AND phase = 'first' AND seconds IS NOT NULL
ORDER BY at, pair_id
"""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds an item, of one annotator's first labels in the order they were given."""

    n: int
    """Labels with a known time."""
    median: float | None
    recent: float | None
    """Median of the last :data:`RECENT`; None before there are so many."""
    drift: float | None
    """``recent`` as a multiple of the median of all before; None before twice as many."""

    @property
    def hint(self) -> str | None:
        """A quiet word to rest when the time per item drifts."""
        if self.drift is None or FASTER < self.drift < SLOWER:
            return None
        direction = "slower" if self.drift >= SLOWER else "faster"
        return f"{direction} in the last {RECENT} than before ({self.drift:.1f} x): a rest may help"


def pace(db: Database, annotator: str) -> Pace:
    """The pace of one annotator."""
    rows = db.execute(_SECONDS, {"annotator": ids.name(annotator)}).fetchall()
    return of_seconds([seconds for (seconds,) in rows])


def of_seconds(seconds: list[float]) -> Pace:
    """The pace behind a list of times in the order of labelling."""
    recent = median(seconds[-RECENT:]) if len(seconds) >= RECENT else None
    before = median(seconds[:-RECENT]) if len(seconds) >= 2 * RECENT else None
    return Pace(
        len(seconds),
        median(seconds) if seconds else None,
        recent,
        recent / before if recent is not None and before else None,
    )
