"""A pair with its answers left and right, as the stored seed places them for one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from store.records import PairText, Verdict


@dataclass(frozen=True, slots=True)
class PlacedPair:
    """One pair as one person sees it."""

    text: PairText
    left: Literal["a", "b"]
    """Which answer stands left (above, on a narrow screen)."""

    @property
    def pair_id(self) -> str:
        """Id of the pair."""
        return self.text.id

    @property
    def first(self) -> str:
        """The text that stands left or above."""
        return self.text.a if self.left == "a" else self.text.b

    @property
    def second(self) -> str:
        """The text that stands right or below."""
        return self.text.b if self.left == "a" else self.text.a

    def swapped(self, verdict: Verdict) -> Verdict:
        """A verdict on sides as one on the pair, and back; see :func:`swapped`."""
        return swapped(verdict, self.left)


def swapped(verdict: Verdict, left: str) -> Verdict:
    """A verdict on sides (``a`` for left, ``b`` for right) as one on the pair, and back.

    Args:
        verdict: on the sides, or on the pair.
        left: which answer stands left, ``a`` or ``b``.
    """
    if left == "a" or verdict not in {Verdict.A, Verdict.B}:
        return verdict
    return Verdict.B if verdict is Verdict.A else Verdict.A
