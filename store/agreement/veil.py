"""The pairs that no figure may count now: every query of this package leaves them out.

A sealed round tells nothing but progress before all have finished, a round opened in blocks only
whole blocks. Whoever wants a figure does not have to remember that.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlite_utils import Database

from store import rounds


def hidden(db: Database, annotators: Sequence[str]) -> frozenset[str]:
    """The pairs that figures between these annotators may not count.

    Of several people at once, a round in blocks shows what all of its own annotators have done.
    """
    if db.execute("SELECT 1 FROM head WHERE kind = 'round' LIMIT 1").fetchone() is None:
        return frozenset()  # the usual case, asked for with every label
    return rounds.hidden_pairs(db, annotators if len(annotators) == 2 else ())


def as_json(pairs: frozenset[str]) -> str:
    """The pairs as ``json_each`` takes them."""
    return json.dumps(sorted(pairs))
