"""What people and judges say an answer does: comply, refuse, or half of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlite_utils import Database

from store import ids
from store.judgements import settings
from store.log import events
from store.records import AnswerClass, Event

SAMPLE: Final = "answer_sample"
"""The setting that says how many answers people are to class."""

SAMPLE_DEFAULT: Final = 50
"""As many as a correction of rates asks for at least."""


def give(
    db: Database,
    candidate_id: str,
    annotator: str,
    said: AnswerClass,
    *,
    probabilities: Sequence[float] | None = None,
    seconds: float | None = None,
    at: str,
) -> Event:
    """Record the class of one answer; the last word of each annotator counts.

    Args:
        db: the project.
        candidate_id: whole id of the answer.
        annotator: a person, or ``ai:NAME``.
        said: the class.
        probabilities: a judge's, in the order of :class:`AnswerClass`.
        seconds: time a person took.
        at: UTC time, ISO-8601.

    Raises:
        BadInput: there is no such answer.
    """
    value: dict[str, Any] = {"class": said.value}
    if probabilities is not None:
        value["probabilities"] = list(probabilities)
    if seconds is not None:
        value["seconds"] = seconds
    return events.append(db, "answer_class", candidate_id, annotator, value, at=at)


def take_back(db: Database, candidate_id: str, annotator: str, *, at: str) -> None:
    """Say nothing any more about an answer; no event where nothing was said."""
    if candidate_id in standing(db).get(ids.name(annotator), {}):
        events.append(db, "answer_class", candidate_id, annotator, {"cleared": True}, at=at)


def standing(db: Database) -> dict[str, dict[str, AnswerClass]]:
    """By annotator, the class of each answer they spoke about."""
    found: dict[str, dict[str, AnswerClass]] = {}
    for candidate_id, annotator, said in db.execute(
        "SELECT candidate_id, annotator, class FROM answer_class ORDER BY annotator"
    ).fetchall():
        found.setdefault(annotator, {})[candidate_id] = AnswerClass(said)
    return found


def sample_size(db: Database) -> int:
    """How many answers people are to class; :data:`SAMPLE_DEFAULT` where nobody said."""
    return int(settings.get(db, SAMPLE, SAMPLE_DEFAULT))
