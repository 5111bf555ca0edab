"""The same labels coded by role: which of original and revision, or chosen and rejected, is liked.

Kappa over a and b asks whether two people prefer the same text; kappa over roles asks whether
they agree on *when* the revision is not the better one. The second is lower when nearly everybody
prefers one role, because then chance alone gives much agreement. Both are true.
"""

from __future__ import annotations

from collections import Counter

from sqlite_utils import Database

from store.agreement.counts import Counts, Said, tabulate
from store.agreement.tables import by_slice, spoken, tally

_FAMILIES = (("original", "revision"), ("rejected", "chosen"))
"""An edited text is a revision made by a person, and is coded as one; imported pairs have the
roles that their file gave them."""


def roles(db: Database, first: str, second: str, *, round_id: str | None = None) -> Counts:
    """The table of two annotators by role, over the pairs that have roles.

    Where a project has pairs of originals and revisions and of chosen and rejected answers, the
    larger of the two tables is given; its first two labels say which it is.
    """
    said: dict[tuple[str, str], Counter[Said]] = {family: Counter() for family in _FAMILIES}
    for sides, lines in by_slice(
        spoken(db, (first, second), by="roles", round_id=round_id)
    ).items():
        pair = tuple(sides.replace("edited", "revision").split(" "))
        family = next((each for each in _FAMILIES if sorted(each) == sorted(pair)), None)
        if family is None:
            continue
        code = dict(zip("ab", pair, strict=True))
        for (a, b), number in tally(lines, first, second).items():
            said[family][a and code.get(a, a), b and code.get(b, b)] += number
    largest = max(_FAMILIES, key=lambda family: said[family].total())
    return tabulate(said[largest], (*largest, "tie", "both_bad"))
