"""What `judge` still has to do: the pairs without a first label of one model."""

from __future__ import annotations

from sqlite_utils import Database

from store import ids
from store.items.pending import Work

_PAIRS = " FROM kept_pair AS pair JOIN prompt ON prompt.id = pair.prompt_id"
_CHOSEN = " prompt.id IN (SELECT id FROM kept_prompt AS prompt ORDER BY position LIMIT :limit)"
_LABEL = " (SELECT 1 FROM answered WHERE pair_id = pair.id AND annotator = :judge)"


def pending(
    db: Database, judge: str, *, limit: int | None = None, pair_id: str | None = None
) -> list[Work]:
    """The pairs a model has yet to judge, first prompt first.

    Args:
        db: the project.
        judge: the name its labels stand under.
        limit: only pairs of the first so many prompts in project order; None for all.
        pair_id: only this pair, inside the limit or not.
    """
    which = _CHOSEN if pair_id is None else " pair.id = :pair"
    rows = db.execute(
        f"SELECT prompt.id, pair.id{_PAIRS} WHERE{which} AND NOT EXISTS{_LABEL}"
        " ORDER BY prompt.position, pair.position",
        _values(judge, limit) | {"pair": pair_id},
    ).fetchall()
    return [Work("judge", prompt, pair_id=pair) for prompt, pair in rows]


def counted(db: Database, judge: str, *, limit: int | None = None) -> tuple[int, int]:
    """How many pairs of the first ``limit`` prompts a model has judged, and of how many."""
    done, total = db.execute(
        f"SELECT count(*) FILTER (WHERE EXISTS{_LABEL}), count(*){_PAIRS} WHERE{_CHOSEN}",
        _values(judge, limit),
    ).fetchone()
    return int(done), int(total)


def _values(judge: str, limit: int | None) -> dict[str, str | int | None]:
    return {"judge": ids.name(judge), "limit": -1 if limit is None else limit}
