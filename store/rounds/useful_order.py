"""The pairs in the order of their use, as one connection has arranged them for an annotator.

They follow :mod:`store.rounds.usefulness`, the same for all, and what an annotator has answered
stands in front. The order is made anew where a file is opened, the share changes, or a tenth more
pairs and askings are there than it rests on; until then new pairs stand at the end.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlite_utils import Database

MORE: Final = 1.1
"""It is made anew when so many times as much is known as it rests on."""

FEW: Final = 10
"""So many pairs and askings more never count as much."""

TEMPORARY: Final = (
    (
        "CREATE TEMP TABLE IF NOT EXISTS queue_useful ("
        " annotator TEXT NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL,"
        " PRIMARY KEY (annotator, position)) WITHOUT ROWID"
    ),
    "CREATE INDEX IF NOT EXISTS temp.queue_pair ON queue_useful (annotator, id)",
    # of each annotator's useful order: how many answered pairs stand in front, the last pair that
    # is in it, how many are, and what the arrangement rests on
    (
        "CREATE TEMP TABLE IF NOT EXISTS queue_known ("
        " annotator TEXT PRIMARY KEY, fixed INTEGER NOT NULL, pair INTEGER NOT NULL,"
        " pairs INTEGER NOT NULL, share REAL, asked INTEGER NOT NULL)"
    ),
)
"""SQL of the tables it is kept in."""

_ANSWERED = """
SELECT pair_id FROM answered JOIN kept_label AS label_head USING (pair_id, annotator)
WHERE annotator = ? AND phase = 'first' ORDER BY at, pair_id
"""


class UsefulOrder(NamedTuple):
    """The useful order of one annotator that this connection has arranged."""

    fixed: int
    pair: int
    """The last pair in it."""
    pairs: int
    share: float
    asked: int
    """What it rests on: the random share, and how many pairs and askings."""

    def is_stale(self, share: float, asked: int) -> bool:
        """Whether it is to be made anew, not only gone on with."""
        return self.share != share or asked > self.asked * MORE + FEW


def arrange(
    db: Database, annotator: str, *, last_pair: int, share: float, asked: int
) -> UsefulOrder:
    """Useful pairs first, behind what the annotator has answered already.

    Args:
        db: the project.
        annotator: a name in its one form.
        last_pair: position of the last pair there is.
        share: the random share.
        asked: how many pairs and askings there are.
    """
    from store.rounds import usefulness  # the statistics, which the first paint does not wait for

    answered = [str(pair) for (pair,) in db.execute(_ANSWERED, [annotator]).fetchall()]
    there = set(answered)
    order = [*answered, *(pair for pair in usefulness.arranged(db, share) if pair not in there)]
    known = UsefulOrder(len(answered), last_pair, len(order), share, asked)
    return _keep(db, annotator, known, order)


def append(db: Database, annotator: str, known: UsefulOrder, last_pair: int) -> UsefulOrder:
    """New pairs behind all the others, until the order is made anew."""
    sql = "SELECT id FROM pair WHERE position > ? ORDER BY position"
    new = [str(pair) for (pair,) in db.execute(sql, (known.pair,)).fetchall()]
    grown = known._replace(pair=last_pair, pairs=known.pairs + len(new))
    return _keep(db, annotator, grown, new)


def _keep(db: Database, annotator: str, known: UsefulOrder, new: list[str]) -> UsefulOrder:
    """Write the last pairs of an order, and what is known of it."""
    before = known.pairs - len(new)
    db.conn.execute("SAVEPOINT queue_order")
    db.conn.execute(
        "DELETE FROM temp.queue_useful WHERE annotator = ? AND position > ?", (annotator, before)
    )
    db.conn.executemany(
        "INSERT INTO temp.queue_useful VALUES (?, ?, ?)",
        ((annotator, place, pair) for place, pair in enumerate(new, before + 1)),
    )
    db.conn.execute(
        "INSERT OR REPLACE INTO temp.queue_known VALUES (?, ?, ?, ?, ?, ?)", (annotator, *known)
    )
    db.conn.execute("RELEASE queue_order")
    return known
