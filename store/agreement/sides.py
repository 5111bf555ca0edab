"""Whether an annotator picks the left answer more often than a coin would."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sqlite_utils import Database

from store import ids

_PICKS = """
SELECT count(*) FILTER (WHERE verdict = left_side), count(*)
FROM kept_label AS label_head
WHERE annotator = :annotator AND phase = 'first'
  AND left_side IS NOT NULL AND verdict IN ('a', 'b')
"""


@dataclass(frozen=True, slots=True)
class LeftPicks:
    """How often the answer on the left was preferred."""

    left: int
    n: int
    """Preferences with a known side; ties, both bad and imported labels have none."""

    @property
    def share(self) -> float | None:
        """``left / n``; None without a preference."""
        return self.left / self.n if self.n else None

    @property
    def p(self) -> float | None:
        """Two-sided exact binomial p-value against a half; None without a preference."""
        return fair_coin_p(self.left, self.n) if self.n else None


def left_picks(db: Database, annotator: str) -> LeftPicks:
    """The left picks among one annotator's first labels."""
    left, n = db.execute(_PICKS, {"annotator": ids.name(annotator)}).fetchone()
    return LeftPicks(left, n)


def fair_coin_p(heads: int, n: int) -> float:
    """Chance that a fair coin is at least this far from half heads in n throws.

    The exact two-sided binomial test at 1/2, where both tails are alike. Summed from the largest
    term outwards, so that a million throws cost no more than the terms that matter.
    """
    near = min(heads, n - heads)
    if 2 * near == n:
        return 1.0
    log_term = (
        math.lgamma(n + 1) - math.lgamma(near + 1) - math.lgamma(n - near + 1) - n * math.log(2)
    )
    share = total = 1.0
    for i in range(near, 0, -1):
        share *= i / (n - i + 1)
        total += share
        if share < total * 1e-17:
            break
    return min(1.0, 2 * math.exp(log_term) * total)
