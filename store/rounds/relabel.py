"""Labels made under an older guideline, put back into their annotator's queue.

They stay in force, in every figure and for the export, until new ones take their place.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlite_utils import Database

from store import ids
from store.db.project_database import immediate
from store.judgements import labels
from store.log import events
from store.records import Phase


def again(db: Database, annotator: str, at: str) -> list[str]:
    """Queue every pair again that this annotator labelled under a version not in force any more.

    The old labels stand until new ones are given, and stay countable under their own version
    after that. A pair on which the annotator has seen what others chose gets an informed label,
    as always.

    Returns:
        The pairs that are in the queue again.
    """
    with immediate(db):
        return these(db, labels.under_older_guideline(db, ids.name(annotator)), annotator, at)


def these(db: Database, pair_ids: Iterable[str], annotator: str, at: str) -> list[str]:
    """Queue some pairs again that this annotator labelled.

    Returns:
        Those that are in the queue again: the ones with a label of theirs.
    """
    who, queued = ids.name(annotator), []
    with immediate(db):
        for pair_id in pair_ids:
            label = labels.mine(db, pair_id, who)
            if label is not None:
                # as an undo does, the log says which label it is about
                value = {"undoes": label.event_id, "relabel": True}
                events.append(db, "clear", pair_id, who, value, phase=Phase.FIRST.value, at=at)
                queued.append(pair_id)
    return queued
