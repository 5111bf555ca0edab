"""A subset in which length says nothing of which answer is chosen.

Lengths are taken in bins of half an octave (a factor of 1.41). For each two bins as many rows are
kept whose chosen answer is in the one as whose chosen answer is in the other; within one bin as
many with the longer answer chosen as with the shorter one. So chosen and rejected answers have the
same number in every bin, and the longer one is chosen in half of the rows of unequal length.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

from store import ids
from store.exporting.rows import ExportRow


def surplus(rows: Iterable[ExportRow], seed: int) -> set[str]:
    """Ids of the pairs to leave out, drawn by the seed where there is a choice."""
    longer: dict[tuple[int, int], list[str]] = defaultdict(list)
    shorter: dict[tuple[int, int], list[str]] = defaultdict(list)
    for row in rows:
        chosen, rejected = len(row.chosen.text), len(row.rejected.text)
        if chosen != rejected:
            cell = _bin(min(chosen, rejected)), _bin(max(chosen, rejected))
            (longer if chosen > rejected else shorter)[cell].append(row.pair.id)
    out: set[str] = set()
    for cell in {*longer, *shorter}:
        few, many = sorted((longer[cell], shorter[cell]), key=len)
        drawn = sorted(many, key=lambda pair_id: ids.digest("length", [seed, pair_id]))
        out.update(drawn[len(few) :])
    return out


def _bin(characters: int) -> int:
    return math.floor(2 * math.log2(max(characters, 1)))
