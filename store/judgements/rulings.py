"""Rulings: the verdict that stands after annotators disagreed, and why. They change no label."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from sqlite_utils import Database

from store import ids
from store.db.project_database import immediate
from store.errors import BadInput, WrongId
from store.judgements import labels
from store.log import current_state, events
from store.records import Cause as Cause
from store.records import Confidence as Confidence
from store.records import Label, Verdict


@dataclass(frozen=True, slots=True)
class Ruling:
    """One person's current ruling on one pair."""

    pair_id: str
    by: str
    verdict: Verdict
    reason: str
    cause: Cause | None
    confidence: Confidence | None
    adopted_from: str | None
    """The annotator whose note became the reason."""
    event_id: str
    at: str


class Against(NamedTuple):
    """A ruling that went against an annotator's label."""

    ruling: Ruling
    label: Label


def rule(
    db: Database,
    pair_id: str,
    by: str,
    verdict: Verdict | str,
    *,
    reason: str = "",
    cause: Cause | str | None = None,
    confidence: Confidence | str | None = None,
    adopted_from: str | None = None,
    at: str,
) -> Ruling:
    """Rule on a pair; a later ruling takes the place of an earlier one.

    The one who rules has seen the others' labels: a first label of theirs given or changed
    afterwards is marked informed.

    Args:
        db: the project.
        pair_id: whole id of the pair.
        by: who rules.
        verdict: a, b, tie or both_bad.
        reason: one line is enough.
        cause: why they disagreed, where that is known.
        confidence: how sure.
        adopted_from: whose note the reason is.
        at: UTC time, ISO-8601.

    Raises:
        WrongId: there is no such pair.
        BadInput: a verdict, cause or confidence that does not exist.
    """
    value: dict[str, Any] = {
        "verdict": _member(Verdict, verdict, "verdict"),
        "reason": reason.strip(),
        "cause": None if cause is None else _member(Cause, cause, "cause"),
        "confidence": None if confidence is None else _member(Confidence, confidence, "confidence"),
        "adopted_from": adopted_from,
    }
    if value["verdict"] == Verdict.SKIP:
        raise BadInput("a ruling says which answer stands; skip says nothing")
    with immediate(db):
        if not db.execute("SELECT 1 FROM kept_pair AS pair WHERE id = ?", [pair_id]).fetchone():
            raise WrongId(pair_id, "pair")
        labels.record_shown(db, pair_id, by, at)
        event = events.append(db, "ruling", pair_id, by, value, at=at)
    return _ruling(pair_id, current_state.SharedValue(value, event.annotator, at, event.id))


def of_pair(db: Database, pair_id: str) -> list[Ruling]:
    """Everybody's current rulings on a pair; the last one stands."""
    rows = db.execute(
        "SELECT head.value, head.annotator, head.at, head.event_id FROM head"
        " JOIN sound_event AS event USING (kind, item, annotator, phase)"
        " WHERE head.kind = 'ruling' AND head.item = ?"
        " GROUP BY head.annotator ORDER BY max(event.lamport), event.replica, event.seq",
        [pair_id],
    ).fetchall()
    return [
        _ruling(pair_id, current_state.SharedValue(json.loads(row[0]), *row[1:])) for row in rows
    ]


def standing(db: Database, pair_id: str) -> Ruling | None:
    """The ruling that stands on a pair, or None."""
    said = current_state.latest(db, "ruling", pair_id)
    return None if said is None else _ruling(pair_id, said)


def all_standing(db: Database) -> dict[str, Ruling]:
    """The rulings that stand, by pair."""
    return {
        pair: _ruling(pair, said)
        for pair, said in current_state.latest_of_each(db, "ruling").items()
    }


def causes(db: Database) -> dict[Cause, int]:
    """How often each cause was named in the rulings that stand, most frequent first."""
    counted = Counter(each.cause for each in all_standing(db).values() if each.cause is not None)
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def against(db: Database, annotator: str) -> list[Against]:
    """The standing rulings that differ from what an annotator had said, newest first."""
    who = ids.name(annotator)
    found = []
    for pair_id, ruling in all_standing(db).items():
        label = labels.mine(db, pair_id, who)
        if label is not None and label.verdict not in (ruling.verdict, Verdict.SKIP):
            found.append(Against(ruling, label))
    return sorted(found, key=lambda each: (each.ruling.at, each.ruling.pair_id), reverse=True)


def _ruling(pair_id: str, said: current_state.SharedValue) -> Ruling:
    value = said.value
    return Ruling(
        pair_id=pair_id,
        by=said.annotator,
        verdict=Verdict(value["verdict"]),
        reason=value.get("reason") or "",
        cause=Cause(value["cause"]) if value.get("cause") else None,
        confidence=Confidence(value["confidence"]) if value.get("confidence") else None,
        adopted_from=value.get("adopted_from"),
        event_id=said.event_id,
        at=said.at,
    )


def _member(kind: type[StrEnum], text: str, field: str) -> str:
    try:
        return kind(text).value
    except ValueError:
        raise BadInput(f"'{text}' is no {field}; there are {', '.join(kind)}") from None
