"""Labels made under an older guideline, put back into their annotator's queue.

They stay in force, in every figure and for the export, until new ones take their place.
"""

from __future__ import annotations

from sqlite_utils import Database

from store import events, ids, labels
from store.records import Phase
from store.sqlite import immediate


def again(db: Database, annotator: str, at: str) -> list[str]:
    """Queue every pair again that this annotator labelled under a version not in force any more.

    The old labels stand until new ones are given, and stay countable under their own version
    after that. A pair on which the annotator has seen what others chose gets an informed label,
    as always.

    Returns:
        The pairs that are in the queue again.
    """
    who = ids.name(annotator)
    with immediate(db):
        pairs = labels.under_older_guideline(db, who)
        for pair_id in pairs:
            label = labels.mine(db, pair_id, who)
            if label is not None:
                # as an undo does, the log says which label it is about
                value = {"undoes": label.event_id, "relabel": True}
                events.append(db, "clear", pair_id, who, value, phase=Phase.FIRST.value, at=at)
    return pairs
