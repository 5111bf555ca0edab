"""Balance: whether nearly all decided pairs are of one category."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from store.checks.finding import Finding, Level
from store.exporting.rows import ExportRow

MOST: Final = 0.8
"""Share of the pairs above which one category is nearly all that a model sees."""

FEW: Final = 20
"""Fewer pairs than this say nothing about balance."""


def category_balance(rows: Sequence[ExportRow]) -> Finding:
    """The categories of the decided pairs, and the one that outweighs all others."""
    counted = Counter(row.pair.category for row in rows)
    category, times = max(counted.items(), key=lambda item: (item[1], item[0]))
    heavy = len(rows) >= FEW and times > MOST * len(rows)
    told = ", ".join(f"{name} {n}" for name, n in sorted(counted.items()))
    return Finding(
        Level.LOOK if heavy else Level.FINE,
        f"{told}: nearly all are {category}, and a model learns little of the rest"
        if heavy
        else told,
        dict(sorted(counted.items())),
        tuple(row.pair.id for row in rows if heavy and row.pair.category == category),
    )
