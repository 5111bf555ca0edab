"""Control pictures: the signs for control characters, standing in a text as if they were words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from store.checks.finding import Finding, Level
from store.exporting.rows import ExportRow

_PICTURE: Final = re.compile("[\u2400-\u241f\u2421]")


def control_pictures(rows: Sequence[ExportRow]) -> Finding:
    """Pairs with such a sign in a text.

    U+240D most of all: a program that shows a pasted carriage return as its sign, and then keeps
    what it shows, puts it in the place of every line break.
    """
    found = {row.pair.id: signs for row in rows if (signs := _signs(row))}
    kinds = sorted(set("".join(found.values())))
    which = f" ({' '.join(kinds)}): a pasted line break or control character" * bool(kinds)
    return Finding(
        Level.WARN if found else Level.FINE,
        f"{len(found)} of {len(rows)} pairs have signs for control characters in a text{which}",
        {"n": len(rows), "pairs": len(found), "signs": sum(map(len, found.values()))},
        tuple(found),
    )


def _signs(row: ExportRow) -> str:
    """Every such sign of a pair, in order."""
    texts = [*(message.content for message in row.messages), row.chosen.text, row.rejected.text]
    return "".join(sign for text in texts for sign in _PICTURE.findall(text))
