"""The label of a judge on a pair: what its askings about it come to."""

from __future__ import annotations

from sqlite_utils import Database

from store.db.project_database import immediate
from store.judgements import askings, labels
from store.judgements.askings import SoftLabel


def update(db: Database, pair_id: str, judge: str, *, margin: float, at: str) -> SoftLabel:
    """Give a judge's label on a pair anew from all its askings there; at least one.

    Args:
        db: the project.
        pair_id: the pair.
        judge: ``ai:NAME``.
        margin: how near one half its probability is a tie.
        at: UTC time, ISO-8601.
    """
    label = askings.soft_label(askings.of_pair(db, pair_id, judge))
    _give(db, label, margin, at)
    return label


def refresh(db: Database, judge: str, *, margin: float, at: str) -> int:
    """Bring a judge's labels up to its askings where they say otherwise; returns how many.

    So it is after a change of the margin, and where askings came in by a merge.
    """
    with immediate(db):
        stale = [
            label
            for pair_id, label in askings.soft_labels(askings.of_judge(db, judge)).items()
            if (given := labels.mine(db, pair_id, judge)) is None
            or given.verdict is not label.verdict(margin)
        ]
        for label in stale:
            _give(db, label, margin, at)
    return len(stale)


def _give(db: Database, label: SoftLabel, margin: float, at: str) -> None:
    over = f" over {label.askings} askings" if label.askings > 1 else ""
    note = f"a better with probability {label.p:.3f}{over}"
    labels.give(db, label.pair_id, label.judge, label.verdict(margin), note=note, at=at)
