"""Origin: how many of the texts to be trained on the model of this project wrote itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from store.agreement.figure import percent
from store.checks.finding import Finding, Level
from store.exporting.rows import ExportRow
from store.records import Origin

LEAST: Final = 0.5
"""Share of answers written here below which the check speaks."""

_HERE: Final = (Origin.PROPOSED, Origin.REVISION)


def on_policy(rows: Sequence[ExportRow]) -> Finding:
    """The share of answers that a model wrote here, and which models those are."""
    sides = [side for row in rows for side in (row.chosen, row.rejected)]
    made = [side for side in sides if side.origin in _HERE]
    share = len(made) / len(sides)
    by = Counter(side.author or "unknown" for side in made).most_common()
    models = ", ".join(f"{name} ({n:,})" for name, n in by)
    told = f"{len(made)} of {len(sides)} answers ({percent(share)}) were written here" + (
        f" by {models}" if models else ""
    )
    few = share < LEAST
    return Finding(
        Level.LOOK if few else Level.FINE,
        f"{told}: preferences between answers the model would not give teach it less"
        if few
        else told,
        {"answers": len(sides), "written_here": len(made), "models": len(by)},
        tuple(row.pair.id for row in rows if few and row.chosen.origin not in _HERE),
    )
