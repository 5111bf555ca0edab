"""Invisible characters: what a reader cannot see and a tokenizer can."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Final

from store.checks.finding import Finding, Level
from store.exporting.rows import ExportRow

# Joiners belong into many scripts and into emoji; variation selectors choose a picture.
_UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufeff\uffa0\U000e0000-\U000e007f]"
)


def invisible(rows: Sequence[ExportRow]) -> Finding:
    """Pairs with zero-width, direction or tag characters in a text, with their names."""
    found = {row.pair.id: signs for row in rows if (signs := _signs(row))}
    kinds = Counter(sign for signs in found.values() for sign in signs).most_common(3)
    names = ", ".join(unicodedata.name(sign, f"U+{ord(sign):04X}").lower() for sign, _ in kinds)
    return Finding(
        Level.LOOK if found else Level.FINE,
        f"{len(found)} of {len(rows)} pairs hold characters that nobody sees"
        + (f" ({names})" if names else ""),
        {"n": len(rows), "pairs": len(found), "signs": sum(map(len, found.values()))},
        tuple(found),
    )


def _signs(row: ExportRow) -> str:
    texts = (*(message.content for message in row.messages), row.chosen.text, row.rejected.text)
    return "".join(sign for text in texts for sign in _UNSEEN.findall(text))
