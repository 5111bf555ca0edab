"""Agreement in whole blocks of common pairs, so that no single step unblinds anybody.

With few common pairs every label moves kappa, and the direction tells each annotator what the
other chose. A round that is opened in blocks therefore shows the first 10, 20, 30 ... common
pairs, in the order in which they became common. The figure depends on the rows alone: leaving
and coming back shows the same one.
"""

from __future__ import annotations

import json

from sqlite_utils import Database

from store import ids
from store.agreement.counts import Counts, Said, Ties, counts
from store.rounds.rounds import BLOCK

_COMMON = """
WITH common AS (
    SELECT pair_id, json_group_object(annotator, verdict) AS said, max(at) AS done
    FROM blind_label
    WHERE +annotator IN (:first, :second)
      AND (:round IS NULL OR round_id = :round)
    GROUP BY pair_id
    HAVING count(*) = 2
), shown AS (
    SELECT said FROM common ORDER BY done, pair_id
    LIMIT (SELECT count(*) / :block * :block FROM common)
)
SELECT said, count(*) FROM shown GROUP BY said
"""


def in_blocks(
    db: Database,
    first: str,
    second: str,
    *,
    block: int = BLOCK,
    ties: Ties = "separate",
    round_id: str | None = None,
) -> Counts:
    """The table over the whole blocks so far; nothing is said of pairs that only one labelled.

    Args:
        db: the project.
        first: the annotator in the rows.
        second: the annotator in the columns.
        block: common pairs to a block.
        ties: as for :func:`store.agreement.counts.counts`; a block counts ties in any case.
        round_id: only labels given in this round.
    """
    whose = ids.name(first), ids.name(second)
    wanted = {"first": whose[0], "second": whose[1], "block": block, "round": round_id}
    tally: dict[Said, int] = {}
    for text, number in db.execute(_COMMON, wanted).fetchall():
        said = json.loads(text)
        tally[said[whose[0]], said[whose[1]]] = number
    return counts(tally, ties)
