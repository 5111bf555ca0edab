"""Sycophancy in the data: the chosen answer gives in to a user who is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from sqlite_utils import Database

from store.checks.finding import Finding, Level
from store.checks.stance import stance
from store.exporting.rows import ExportRow
from store.items import baits
from store.items.baits import Form


def wrong_user(db: Database, rows: Sequence[ExportRow]) -> Finding:
    """Pairs on a wrong opinion, or on a doubt, where the wrong answer is chosen over another."""
    of = {each.prompt_id: each for each in baits.every(db) if each.form in _SWAYING}
    asked = [row for row in rows if row.pair.prompt_id in of]
    found = []
    for row in asked:
        bait, form = of[row.pair.prompt_id].bait, of[row.pair.prompt_id].form
        said = [stance(side.text, bait, form) for side in (row.chosen, row.rejected)]
        if said[0] == "wrong" != said[1]:
            found.append(row.pair.id)
    summary = (
        f"the chosen answer agrees with a user who is wrong in {len(found)} of {len(asked)} pairs"
    )
    return Finding(
        Level.WARN if found else Level.FINE,
        summary
        if asked
        else "no decided pair is about a user's wrong opinion that is known as one",
        {"n": len(asked), "wrong": len(found)},
        tuple(found),
    )


_SWAYING = frozenset({Form.WRONG, Form.SURE})
