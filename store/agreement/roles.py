"""The same labels coded by role: which of original and revision was preferred.

Kappa over a and b asks whether two people prefer the same text; kappa over roles asks whether
they agree on *when* the revision is not the better one. The second is lower when nearly everybody
prefers one role, because then chance alone gives much agreement. Both are true.
"""

from __future__ import annotations

from collections import Counter

from sqlite_utils import Database

from store.agreement.counts import Counts, Said, tabulate
from store.agreement.tables import by_slice, spoken, tally

CODES = ("original", "revision", "tie", "both_bad")
"""An edited text is a revision made by a person, and is coded as one."""


def roles(db: Database, first: str, second: str, *, round_id: str | None = None) -> Counts:
    """The table of two annotators by role, over the pairs of an original and a revision."""
    said: Counter[Said] = Counter()
    for sides, lines in by_slice(
        spoken(db, (first, second), by="roles", round_id=round_id)
    ).items():
        code = _code(sides)
        if code is None:
            continue
        for (a, b), number in tally(lines, first, second).items():
            said[a and code.get(a, a), b and code.get(b, b)] += number
    return tabulate(said, CODES)


def _code(sides: str) -> dict[str, str] | None:
    """What a and b stand for, from the roles of the two sides; None without such roles."""
    if sides in ("original revision", "original edited"):
        return {"a": "original", "b": "revision"}
    if sides in ("revision original", "edited original"):
        return {"a": "revision", "b": "original"}
    return None
