"""How often the revision is chosen above its original, and how often at equal length."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from store.agreement.length_control import LengthControlled, length_controlled
from store.exporting.rows import ExportRow
from store.records import Origin, Verdict

_MADE = frozenset({Origin.REVISION, Origin.EDITED})


class RevisionWins(NamedTuple):
    """Over the decided pairs of an original and a revision or an edit of it."""

    n: int
    share: float | None
    """Of pairs in which the revision is chosen."""
    controlled: LengthControlled
    """The same told at no difference in length."""

    def told(self) -> str:
        """Both figures in words, for pairs there are."""
        plain = (
            f"the revision is chosen in {self.share or 0:.0%} of {self.n} pairs with its original"
        )
        fair = self.controlled
        if fair.value is None:
            return f"{plain}; at equal length unknown ({fair.reason})"
        ends = "" if fair.low is None else f" ({fair.low:.0%} to {fair.high or 0:.0%})"
        return f"{plain}, at equal length in {fair.value:.0%}{ends}"


def revision_wins(rows: Iterable[ExportRow]) -> RevisionWins:
    """Both shares over the decided rows; lengths in characters."""
    wins, apart, prompts = [], [], []
    for row in rows:
        made = [row.pair.side(each).origin in _MADE for each in (Verdict.A, Verdict.B)]
        if sum(made) == 1:
            won = row.chosen.origin in _MADE
            gap = len(row.chosen.text) - len(row.rejected.text)
            wins.append(float(won))
            apart.append(float(gap if won else -gap))
            prompts.append(row.pair.prompt_id)
    share = sum(wins) / len(wins) if wins else None
    return RevisionWins(len(wins), share, length_controlled(wins, apart, prompts))
