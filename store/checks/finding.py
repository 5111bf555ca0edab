"""What a check says."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from store.agreement.intervals import Interval, Z


class Level(StrEnum):
    """How much a finding matters."""

    FINE = "fine"
    LOOK = "look"
    """Worth reading the items."""
    WARN = "warn"
    """Would teach a model something nobody meant."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check; never a reason to change a row by itself."""

    check: str
    """Its name, for ``--json``: ``length``, ``over_refusal`` ..."""
    level: Level
    summary: str
    """One line for a person."""
    figures: dict[str, float | int | None] = field(default_factory=dict)
    pairs: tuple[str, ...] = ()
    """Ids of the pairs to look at, in project order."""

    def as_json(self) -> dict[str, Any]:
        """One element of ``findings`` in ``check --json``."""
        return {
            "check": self.check,
            "level": self.level.value,
            "summary": self.summary,
            "figures": self.figures,
            "pairs": list(self.pairs),
        }


def wilson(hits: int, n: int) -> Interval | None:
    """95 % interval of a share (Wilson 1927), which holds at small n; None without items."""
    if not n:
        return None
    share = hits / n
    middle = share + Z**2 / (2 * n)
    half = Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    scale = 1 + Z**2 / n
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)
