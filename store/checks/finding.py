"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters."""

    UNKNOWN = "unknown"
    """There was nothing to look at."""
    FINE = "fine"
    LOOK = "look"
    """Worth reading the items."""
    WARN = "warn"
    """Would teach a model something nobody meant."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; never a reason to change a row by itself."""

    level: Level
    summary: str
    """One line for a person."""
    figures: dict[str, float | int | None] = field(default_factory=dict)
    pairs: tuple[str, ...] = ()
    """Ids of the pairs to look at, in project order."""
