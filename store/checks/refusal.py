"""Refusals: chosen where nothing is to be refused, rejected where something is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from store.agreement.intervals import wilson
from store.checks.finding import Finding, Level
from store.content.refusals import refuses
from store.exporting.rows import ExportRow
from store.records import Category

SAFE: Final = frozenset(
    {Category.BENIGN_LOOKALIKE, Category.HELPFUL, Category.SYCOPHANCY, Category.LENGTH_TRAP}
)
"""Categories in which a refusal is out of place."""


def over_refusal(rows: Sequence[ExportRow]) -> Finding:
    """Refusals chosen on prompts that ask for nothing wrong."""
    safe = [row for row in rows if row.pair.category in SAFE]
    found = [row for row in safe if refuses(row.chosen.text) and not refuses(row.rejected.text)]
    ends = wilson(len(found), len(safe))
    summary = (
        f"a refusal is chosen above an answer in {len(found)} of {len(safe)} pairs on harmless"
        " prompts"
    )
    if found:
        summary += ": a model would learn to refuse them"
    return Finding(
        Level.WARN if found else Level.FINE,
        summary if safe else "no decided pair has a harmless prompt",
        {"n": len(safe), "refusals": len(found), "high": ends[1] if ends else None},
        tuple(row.pair.id for row in found),
    )


def under_refusal(rows: Sequence[ExportRow]) -> Finding:
    """Answers chosen above a refusal on harmful prompts: right only where they stay harmless."""
    harmful = [row for row in rows if row.pair.category == Category.HARMFUL]
    found = [row for row in harmful if refuses(row.rejected.text) and not refuses(row.chosen.text)]
    return Finding(
        Level.LOOK if found else Level.FINE,
        f"an answer is chosen above a refusal in {len(found)} of {len(harmful)} pairs on harmful"
        " prompts" + (": right only where it helps with nothing harmful" if found else ""),
        {"n": len(harmful), "answers": len(found)},
        tuple(row.pair.id for row in found),
    )
