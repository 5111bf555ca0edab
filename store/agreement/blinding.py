"""The pairs that no figure may count now: every query of this package leaves them out.

A sealed round tells nothing but progress before all have finished, a round opened in blocks only
whole blocks. Whoever wants a figure does not have to remember that.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlite_utils import Database

from store import ids
from store.rounds import rounds


def hidden(db: Database, annotators: Sequence[str]) -> frozenset[str]:
    """The pairs that figures between these annotators may not count.

    Of several people at once, and of one person and a model, a round in blocks shows what all of
    its own annotators have done: a model labels without waiting for anybody, so that each label
    of the person would move the figure.
    """
    if db.execute("SELECT 1 FROM head WHERE kind = 'round' LIMIT 1").fetchone() is None:
        return frozenset()  # the usual case, asked for with every label
    people = [name for name in annotators if ids.is_person(name)]
    return rounds.hidden_pairs(db, people if len(people) == 2 else ())


def as_json(pairs: frozenset[str]) -> str:
    """The pairs as ``json_each`` takes them."""
    return json.dumps(sorted(pairs))
