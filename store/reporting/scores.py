"""Which models, temperatures, principles and rounds people prefer, on one scale each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlite_utils import Database

from store.agreement.bradley_terry import PRIOR_VARIANCE
from store.agreement.figure import rounded
from store.agreement.item_scores import Of, item_scores
from store.reporting.markdown import cell, interval, table

_TOLD: Final[tuple[Of, ...]] = ("model", "temperature", "principle", "round")


def preferred(db: Database) -> Iterator[str]:
    """A table for each of these that people's verdicts compare; nothing where none do."""
    found = {of: item_scores(db, of).scores for of in _TOLD}
    if not any(found.values()):
        return
    yield "## What people prefer\n"
    yield (
        "Bradley-Terry scores from all of people's verdicts that stand: log-odds with mean 0, ties"
        " as half a win, 95 % intervals over 2,000 draws of whole prompts. Items of different parts"
        " were never compared. An asterisk: somebody lost to nobody, and a normal prior of variance"
        f" {PRIOR_VARIANCE:g} holds the scores of the part.\n"
    )
    for of, scores in found.items():
        rows = [
            [
                cell(each.item),
                str(each.component + 1),
                str(each.games),
                f"{each.won:g}",
                rounded(each.score, 2) + "\\*" * each.prior,
                interval(each.ci95),
            ]
            for each in scores
        ]
        if rows:
            yield table([of, "part", "n", "won", "score", "95 %"], rows) + "\n"
