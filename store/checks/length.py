"""Length bias: what a model learns from when the chosen answer is simply the longer one."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

from store.agreement.figure import percent
from store.agreement.intervals import wilson
from store.checks.finding import Finding, Level
from store.exporting.revision_wins import revision_wins
from store.exporting.rows import ExportRow

FEW: Final = 20
"""Fewer rows of unequal length than this say nothing about a bias."""

FAIR: Final = (0.4, 0.6)
"""Share of longer chosen answers that is no cause for worry. People choose the longer answer in
44 % of HH-RLHF harmless pairs and 68 % of PandaLM's."""

FAR: Final = 2.0
"""An answer this many times as long as the other is worth a look."""


def length(rows: Sequence[ExportRow]) -> Finding:
    """Share of rows in which the chosen answer is the longer one, counted in characters."""
    sizes = [(len(row.chosen.text), len(row.rejected.text)) for row in rows]
    unequal = [(chosen, rejected) for chosen, rejected in sizes if chosen != rejected]
    longer = sum(chosen > rejected for chosen, rejected in unequal)
    share = longer / len(unequal) if unequal else None
    ends = wilson(longer, len(unequal))
    ratios = [chosen / rejected for chosen, rejected in sizes if chosen and rejected]
    biased = (
        share is not None
        and ends is not None
        and len(unequal) >= FEW
        and not FAIR[0] <= share <= FAIR[1]
        and not ends[0] <= 0.5 <= ends[1]
    )
    revised = revision_wins(rows)
    figures: dict[str, float | int | None] = {
        "n": len(unequal),
        "longer_chosen": share,
        "low": ends[0] if ends else None,
        "high": ends[1] if ends else None,
        "median_ratio": median(ratios) if ratios else None,
        "revision_n": revised.n,
        "revision_chosen": revised.share,
        "revision_chosen_at_equal_length": revised.controlled.value,
        "revision_low": revised.controlled.low,
        "revision_high": revised.controlled.high,
    }
    told = _told(share, len(unequal), biased=biased)
    return Finding(
        Level.WARN if biased else Level.FINE,
        f"{told}; {revised.told()}" if revised.n else told,
        figures,
        tuple(
            row.pair.id
            for row, (c, r) in zip(rows, sizes, strict=True)
            if _far(c, r) or (biased and c != r and (c > r) is (share is not None and share > 0.5))
        ),
    )


def _told(share: float | None, n: int, *, biased: bool) -> str:
    if share is None:
        return "no two answers differ in length"
    told = f"the chosen answer is the longer one in {percent(share)} of {n} pairs"
    if n < FEW:
        return f"{told}: too few to tell"
    if biased:
        word = "length" if share > 0.5 else "shortness"
        return f"{told}: a model would learn {word}; balance it, or train with a length penalty"
    return told


def _far(chosen: int, rejected: int) -> bool:
    small, great = sorted((chosen, rejected))
    return great > FAR * max(small, 1)
