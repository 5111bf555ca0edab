"""How the rows of a screen are shared among texts that stand one above the other; no widget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Claim(NamedTuple):
    """What one text, or a row of texts side by side, asks for."""

    need: int
    """Rows that show all of it, with its title."""
    least: int = 2
    """Rows below which it shows nothing: a title and a line."""
    first: int = 0
    """Rows it gets before the others get more than their least."""


def shared(room: int, claims: Sequence[Claim]) -> tuple[int, ...] | None:
    """Rows for each claim, in order; None where there is not even room for the least of all.

    No claim is cut while another has rows it does not need. What is short is shared evenly, a
    claim that comes first only taking part once the others have all they need.
    """
    rows = [min(claim.least, claim.need) for claim in claims]
    left = room - sum(rows)
    if left < 0:
        return None
    for at, claim in enumerate(claims):
        more = max(min(claim.first, claim.need) - rows[at], 0)
        rows[at] += min(more, left)
        left -= min(more, left)
    for late in (False, True):
        while left:
            short = [
                at
                for at, claim in enumerate(claims)
                if rows[at] < claim.need and bool(claim.first) is late
            ]
            if not short:
                break
            rows[min(short, key=rows.__getitem__)] += 1
            left -= 1
    return tuple(rows)
