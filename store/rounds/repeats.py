"""Hidden repeats: a pair shown again, sides swapped, to see whether one agrees with oneself."""

from __future__ import annotations

from typing import Final

from sqlite_utils import Database

from store import ids
from store.db import meta
from store.judgements import settings

DISTANCE: Final = 20
"""Labels that must lie between the first pass and the repeat, so that it is not remembered."""

# One statement, as it is asked with every label; what is old enough is looked for only when due.
_OLD_ENOUGH = """
WITH due AS MATERIALIZED (
    SELECT count(*) FROM kept_label AS label_head WHERE annotator = ?1
    HAVING count(*) FILTER (WHERE phase = 'first') / ?3 > count(*) FILTER (WHERE phase = 'repeat')
)
SELECT pair_id FROM due CROSS JOIN blind_pass AS first JOIN answered USING (pair_id, annotator)
WHERE annotator = ?1 AND answer = 'given'
  AND NOT EXISTS (SELECT 1 FROM kept_label AS again WHERE again.pair_id = first.pair_id
                  AND again.annotator = ?1 AND again.phase = 'repeat')
  AND NOT EXISTS (SELECT 1 FROM head WHERE kind = 'shown' AND item = first.pair_id
                  AND head.annotator = ?1)
ORDER BY at DESC, pair_id LIMIT -1 OFFSET ?2
"""


def due(db: Database, annotator: str) -> str | None:
    """The pair to repeat now, or None when none is due.

    One repeat for every n first labels, n being the project's setting
    :data:`store.judgements.settings.REPEATS` (0, the default, for none). Which pair is drawn by the
    project's stored seed among those labelled long enough ago, never shown beside the others'
    labels, and not repeated yet.
    """
    return due_every(db, annotator, int(settings.get(db, settings.REPEATS, 0)))


def due_every(db: Database, annotator: str, every: int) -> str | None:
    """The same where the setting is known."""
    who = ids.name(annotator)
    if every < 1:
        return None
    rows = db.execute(_OLD_ENOUGH, [who, DISTANCE, every]).fetchall()
    seed = meta.seed(db, "order")
    return min(
        (str(row[0]) for row in rows),
        key=lambda pair: ids.digest("repeat", [seed, who, pair]),
        default=None,
    )
