"""Personal data in prompts and answers; see :mod:`store.content.personal_data`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from store.checks.finding import Finding, Level
from store.content.personal_data import kinds
from store.exporting.rows import ExportRow


def personal(rows: Sequence[ExportRow]) -> Finding:
    """Pairs whose prompt or answers seem to hold personal data."""
    counted: Counter[str] = Counter()
    pairs = []
    for row in rows:
        said = [message.content for message in row.messages]
        found = {
            kind for text in (*said, row.chosen.text, row.rejected.text) for kind in kinds(text)
        }
        counted.update(found)
        if found:
            pairs.append(row.pair.id)
    told = ", ".join(f"{kind} {n}" for kind, n in sorted(counted.items()))
    return Finding(
        Level.LOOK if pairs else Level.FINE,
        f"{len(pairs)} pairs seem to hold personal data" + (f": {told}" if told else ""),
        dict(sorted(counted.items())),
        tuple(pairs),
    )
