"""A share of items, with its interval."""

from __future__ import annotations

from typing import Any, NamedTuple

from store.agreement.figure import as_number, as_numbers
from store.agreement.intervals import Interval, wilson


class Share(NamedTuple):
    """So many of so many."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        """``hits / n``; None without items."""
        return self.hits / self.n if self.n else None

    @property
    def ci95(self) -> Interval | None:
        """Wilson's interval; None without items."""
        return wilson(self.hits, self.n)

    def as_json(self) -> dict[str, Any]:
        """Under fixed names."""
        return {"n": self.n, "share": as_number(self.value), "ci95": as_numbers(self.ci95)}
