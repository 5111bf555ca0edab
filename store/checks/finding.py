"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


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
