"""What one annotator has done: today, label by label, and since the app was opened."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from sqlite_utils import Database

from store import ids
from store.rounds import queue

_TIMES: Final = (
    "SELECT at FROM kept_label AS label_head"
    " WHERE annotator = ? AND seconds IS NOT NULL AND at >= ?"
    " AND phase <> 'discussion' AND verdict <> 'skip' ORDER BY at"
)
_DECIDED: Final = (
    "SELECT json_extract(value, '$.choice'), count(*) FROM head"
    " WHERE kind = 'decision' AND annotator = ? AND json_extract(value, '$.choice') IS NOT NULL"
    " GROUP BY 1"
)
_UPCOMING: Final = """
SELECT position, text, CASE WHEN EXISTS (
        SELECT 1 FROM candidate WHERE prompt_id = prompt.id AND origin = 'revision'
    ) THEN 'ready' ELSE 'to come' END
FROM kept_prompt AS prompt WHERE position > ?2 AND NOT EXISTS (
    SELECT 1 FROM candidate JOIN head ON head.kind = 'decision' AND head.item = candidate.id
        AND head.annotator = ?1 WHERE candidate.prompt_id = prompt.id
) ORDER BY position LIMIT ?3
"""
_RECENT: Final = f"""SELECT json_group_array(seconds) FROM (
    SELECT json_extract(value, '$.seconds') AS seconds FROM head
    WHERE kind = 'decision' AND annotator = ? AND json_extract(value, '$.seconds') > 0
    ORDER BY at DESC LIMIT {queue.PACE}
)"""
_SINCE: Final = """
SELECT 'label', count(*) FROM kept_label AS label_head JOIN event ON event.id = event_id
WHERE event.annotator = :who AND arrival > :after AND verdict <> 'skip'
    AND json_extract(value, '$.correction') IS NULL
UNION ALL
SELECT head.kind, count(*) FROM head JOIN event ON event.id = event_id
WHERE event.annotator = :who AND arrival > :after
    AND head.kind IN ('decision', 'ruling', 'note', 'flag', 'guideline')
GROUP BY head.kind
UNION ALL
SELECT 'own answer', count(*) FROM head WHERE kind = 'pairing' AND annotator = :who
    AND (json_extract(value, '$.corrects') OR json_extract(value, '$.beside')) IS NOT NULL
    AND event_id IN (SELECT id FROM event WHERE annotator = :who AND arrival > :after)
"""


class Worked(NamedTuple):
    """What stands of one annotator's work since a moment, and what waits."""

    counts: Mapping[str, int] = MappingProxyType({})
    """By ``label``, ``decision``, ``ruling``, ``note``, ``flag``, ``guideline``, ``own answer``;
    what was taken back does not count."""
    pairs_left: int = 0
    revisions_left: int = 0


def last_arrival(db: Database) -> int:
    """The number of the newest event in the file; 0 without one."""
    return int(db.execute("SELECT coalesce(max(arrival), 0) FROM event").fetchone()[0])


def label_times(db: Database, annotator: str, since: str) -> list[str]:
    """When this annotator gave the labels that stand and were timed, oldest first.

    Args:
        db: the project.
        annotator: a name.
        since: UTC time, ISO-8601.
    """
    rows = db.execute(_TIMES, [ids.name(annotator), since]).fetchall()
    return [str(row[0]) for row in rows]


class Upcoming(NamedTuple):
    """A prompt that comes next in Revise."""

    position: int
    text: str
    state: str
    """``ready`` to decide on, or ``to come``."""


def upcoming(db: Database, annotator: str, position: int, number: int) -> list[Upcoming]:
    """The prompts behind a place that one annotator has not decided on, and how far each is."""
    rows = db.execute(_UPCOMING, [ids.name(annotator), position, number]).fetchall()
    return [Upcoming(*row) for row in rows]


class RevisionsDone(NamedTuple):
    """How far one annotator is with the revisions."""

    counts: Mapping[str, int]
    """By ``accept``, ``edit``, ``reject``."""
    ready: int
    """Chains that wait for a decision."""
    pace: float | None
    """Median seconds of the last decisions; None before the first."""

    @property
    def done(self) -> int:
        """All of them."""
        return sum(self.counts.values())


def decided(db: Database, annotator: str) -> RevisionsDone:
    """How far one annotator is with the revisions."""
    who = ids.name(annotator)
    rows = db.execute(_DECIDED, [who]).fetchall()
    recent = db.execute(_RECENT, [who]).fetchone()[0]
    return RevisionsDone(dict(rows), queue.revise_ready(db, annotator), queue.median_of(recent))


def since(db: Database, annotator: str, after: int) -> Worked:
    """What one annotator did behind an event of this file, and what is left to do."""
    who = ids.name(annotator)
    rows = db.execute(_SINCE, {"who": who, "after": after}).fetchall()
    place = queue.label_next(db, annotator)
    return Worked(
        {str(kind): int(n) for kind, n in rows if n},
        max(place.total - place.done, 0),
        queue.revise_ready(db, annotator),
    )
