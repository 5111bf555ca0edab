"""The table of two annotators, kept up to date label by label at the same cost at any size.

One byte a pair remembers what the table already holds of it. News are the events that arrived
since the last look; for each pair they touch, what the table held is taken out and what the
current labels say is put in. So it does not matter whose label it was, whether it came, changed,
was undone or merged in, nor whether it is looked at twice.
"""

from __future__ import annotations

import json
from collections import Counter

from sqlite_utils import Database

from store import ids
from store.agreement import blinding, pair_codes
from store.agreement.blocks import in_blocks
from store.agreement.counts import Counts, Said, Ties, counts
from store.agreement.pair_codes import CODES, PairCodes
from store.log import events

_CODE: dict[str | None, int] = {verdict: i for i, verdict in enumerate(CODES)}

# Of all events, for the cost of a look at a pair: what the pair comes to leaves out what is set
# aside.
_TOUCHED = """
SELECT pair.id, pair.position FROM event JOIN pair ON pair.id = event.item
WHERE event.arrival > :cursor AND event.arrival <= :now
UNION SELECT pair.id, pair.position FROM event JOIN pair ON pair.prompt_id = event.item
WHERE event.arrival > :cursor AND event.arrival <= :now AND event.kind = 'removed'
"""

_ONE = """
SELECT annotator, verdict FROM blind_pass
WHERE pair_id = :pair AND annotator IN (:first, :second)
"""


class LiveTable:
    """The counts of two annotators, following the project file.

    Belongs to the thread that owns the connection; what it hands out (:class:`Counts`) is frozen
    and may go anywhere.

    Args:
        db: the project.
        first: the annotator in the rows.
        second: the annotator in the columns.
        ties: as for :func:`store.agreement.counts.counts`.
        block: :attr:`shown` moves only by whole blocks of so many common pairs
            (:mod:`store.agreement.blocks`); 1 is fully live.
        codes: what both said, where it was read already; else one pass over the labels.
    """

    def __init__(
        self,
        db: Database,
        first: str,
        second: str,
        *,
        ties: Ties = "separate",
        block: int = 1,
        codes: PairCodes | None = None,
    ) -> None:
        self.first = ids.name(first)
        self.second = ids.name(second)
        self.ties: Ties = ties
        self._block = block
        self._cursor = 0
        self._held = bytearray()
        self._tally: Counter[Said] = Counter()
        self._hidden: frozenset[str] = frozenset()
        self._read_all(db, codes)
        self._common = self._common_pairs()
        self.shown = self._to_show(db)

    @property
    def counts(self) -> Counts:
        """The table as of the last :meth:`refresh`."""
        return counts(self._tally, self.ties)

    def refresh(self, db: Database) -> bool:
        """Takes in what arrived since the last look, own labels and others'.

        Returns:
            Whether :attr:`shown` changed.
        """
        now = events.last_arrival(db)
        if now == self._cursor:
            return False
        moved = self._follow_rounds(db)
        news = db.execute(_TOUCHED, {"cursor": self._cursor, "now": now}).fetchall()
        for pair_id, position in news:
            self._put(position, self._current(db, pair_id))
        self._cursor = now
        return (moved or bool(news)) and self._show(db)

    def _follow_rounds(self, db: Database) -> bool:
        """Count anew what a round that began, went on or ended hides or shows."""
        hidden = blinding.hidden(db, (self.first, self.second))
        changed, self._hidden = hidden ^ self._hidden, hidden
        for pair_id, position in _positions(db, changed):
            self._put(position, self._current(db, pair_id))
        return bool(changed)

    def _read_all(self, db: Database, codes: PairCodes | None = None) -> None:
        codes = codes or pair_codes.read(db, (self.first, self.second))
        # From before the pass: what arrived during it is looked at again, which does no harm.
        self._cursor = codes.arrival
        self._held = codes.said(self.first, self.second)
        self._hidden = blinding.hidden(db, (self.first, self.second))
        for _, position in _positions(db, self._hidden):
            if position < len(self._held):
                self._held[position] = 0
        self._tally.clear()
        for said, number in Counter(self._held).items():
            first, second = divmod(said, len(CODES))
            self._tally[CODES[first], CODES[second]] = number

    def _current(self, db: Database, pair_id: str) -> Said:
        if pair_id in self._hidden:  # sealed rounds among them: asked once, not for each pair
            return None, None
        names = {"pair": pair_id, "first": self.first, "second": self.second}
        said = dict(db.execute(_ONE, names).fetchall())
        return said.get(self.first), said.get(self.second)

    def _holds(self, position: int) -> Said:
        if position >= len(self._held):
            return None, None
        first, second = divmod(self._held[position], len(CODES))
        return CODES[first], CODES[second]

    def _put(self, position: int, said: Said) -> None:
        self._tally[self._holds(position)] -= 1
        self._tally[said] += 1
        if position >= len(self._held):
            self._held.extend(bytes(position + 1 - len(self._held)))
        self._held[position] = _CODE[said[0]] * len(CODES) + _CODE[said[1]]

    def _show(self, db: Database) -> bool:
        before, common = self._common, self._common_pairs()
        self._common = common
        if self._block > 1 and common // self._block == before // self._block:
            return False
        latest = self._to_show(db)
        changed = latest != self.shown
        self.shown = latest
        return changed

    def _to_show(self, db: Database) -> Counts:
        if self._block == 1:
            return self.counts
        return in_blocks(db, self.first, self.second, block=self._block, ties=self.ties)

    def _common_pairs(self) -> int:
        """Pairs with a label from both, ties included whatever becomes of them."""
        return sum(number for said, number in self._tally.items() if None not in said)


def _positions(db: Database, pair_ids: frozenset[str]) -> list[tuple[str, int]]:
    """These pairs with their places in project order."""
    if not pair_ids:
        return []
    wanted = [json.dumps(sorted(pair_ids))]
    sql = "SELECT id, position FROM pair WHERE id IN (SELECT value FROM json_each(?))"
    return list(db.execute(sql, wanted).fetchall())
