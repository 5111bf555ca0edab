"""Left and right in words, which are upper and lower where the answers stand so."""

from __future__ import annotations

import re

from store.records import Verdict

SAID = {
    Verdict.A: "left",
    Verdict.B: "right",
    Verdict.TIE: "tie",
    Verdict.BOTH_BAD: "both bad",
    Verdict.SKIP: "skipped",
}
"""A verdict on sides, in words, where the answers stand side by side."""

SIDES = {Verdict.A: "1", Verdict.B: "2", Verdict.TIE: "tie", Verdict.BOTH_BAD: "both bad"}
"""The same by their keys, where how the answers stand is not known."""

_STACKED = {"left": "upper", "right": "lower", "Left": "Upper", "Right": "Lower"}
_SIDE = re.compile(r"\b(?:left|right|Left|Right)\b")


def by_place(words: str, *, stacked: bool) -> str:
    """Words about sides, as they hold for where the answers stand."""
    return _SIDE.sub(lambda found: _STACKED[found[0]], words) if stacked else words


def said(verdict: Verdict, *, stacked: bool, strength: int | None = None) -> str:
    """A verdict on sides: ``much left``, ``lower``, ``tie``."""
    much = "much " if strength == 2 else ""
    return much + by_place(SAID[verdict], stacked=stacked)
