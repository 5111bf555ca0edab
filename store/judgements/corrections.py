"""Answers that a person writes: a better one corrected in Label, an own one beside a model's.

The text becomes a candidate made from the one it goes back to and is paired with each answer it
is meant to beat. Its author's word on these pairs is stored with it, marked as not blind, so that
it counts for what goes out and not for agreement; everybody else gets the pairs in their queue.
One undo takes all of it back.

While a sealed round hides a pair, a new answer to it would tell the others which one its author
holds better. Until then the finished text waits as a draft (:func:`settle`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlite_utils import Database

from store import ids
from store.db.project_database import immediate
from store.errors import BadInput
from store.items import candidates, pairs
from store.judgements import drafts, labels
from store.judgements.drafts import Draft, DraftKind, DraftPlace
from store.log import events
from store.records import Candidate, Verdict

_SEALED: Final = "SELECT 1 FROM sealed_pair WHERE pair_id = ?"


class Correction(NamedTuple):
    """What became of a person's text."""

    candidate_id: str | None
    """None while it waits for the end of a sealed round."""
    pair_ids: Sequence[str] = ()
    """The pairs it stands in."""


def place(pair_id: str, better: Verdict, *, finished: bool = False) -> DraftPlace:
    """Where the draft of a correction is kept; of the answer ``a`` or ``b``."""
    kind = DraftKind.CORRECTED if finished else DraftKind.CORRECTION
    return DraftPlace(kind, f"{pair_id}:{better.value}")


def correct(
    db: Database, pair_id: str, better: Verdict, annotator: str, text: str, *, at: str
) -> Correction:
    """Keep a person's correction of one answer of a pair; the pair and its labels stay.

    Args:
        db: the project.
        pair_id: whole id of the pair.
        better: the answer that was corrected, ``a`` or ``b``.
        annotator: who wrote it.
        text: the whole corrected answer.
        at: UTC time, ISO-8601.

    Raises:
        WrongId: there is no such pair.
        BadInput: the text is blank, or one of the two answers as it is.
    """
    pair = pairs.get(db, pair_id)
    both = [candidates.get(db, one) for one in (pair.a_id, pair.b_id)]
    if better is Verdict.B:
        both.reverse()
    _check(text, both)
    with immediate(db):
        if db.execute(_SEALED, [pair_id]).fetchone():
            drafts.save(db, annotator, {place(pair_id, better, finished=True): Draft(text, at)})
            return Correction(None)
        return _keep(db, both, annotator, text, {"corrects": pair_id}, at)


def write_own(db: Database, answer_id: str, annotator: str, text: str, *, at: str) -> Correction:
    """Keep a person's own answer to a prompt, paired with the one a model wrote.

    Raises:
        WrongId: there is no such answer.
        BadInput: the text is blank, or the answer as it is.
    """
    answer = candidates.get(db, answer_id)
    _check(text, [answer])
    with immediate(db):
        return _keep(db, [answer], annotator, text, {"beside": answer_id}, at)


def settle(db: Database, annotator: str) -> list[DraftPlace]:
    """Keep the corrections of this annotator that waited for a round which is open now.

    Returns:
        Where they waited; one that cannot be kept any more is an unfinished one again.
    """
    gone = []
    for where, draft in drafts.of(db, annotator).items():
        if where.kind is not DraftKind.CORRECTED:
            continue
        pair_id, _, side = where.item.partition(":")
        better = Verdict(side)
        with immediate(db):
            if db.execute(_SEALED, [pair_id]).fetchone():
                continue
            changes: dict[DraftPlace, Draft | None] = {where: None}
            try:
                correct(db, pair_id, better, annotator, draft.text, at=draft.at)
            except BadInput:
                changes[place(pair_id, better)] = draft
            drafts.save(db, annotator, changes)
        gone.append(where)
    return gone


def _check(text: str, answers: Sequence[Candidate]) -> None:
    if not text.strip():
        raise BadInput("an empty answer cannot be kept: write something, or leave it")
    if any(text == answer.text for answer in answers):
        raise BadInput("the text is one of the answers as it is: nothing to keep")


def _keep(
    db: Database,
    beaten: Sequence[Candidate],
    annotator: str,
    text: str,
    head: dict[str, str],
    at: str,
) -> Correction:
    """The candidate, its pairs, its author's word on them; the first of the beaten is its parent.

    The first event heads the others, which name it: undo takes them back together.
    """
    who = ids.name(annotator)
    made_id = candidates.add_edited(db, beaten[0], text, who, at)
    found = [pairs.make_chosen_pair(db, one.id, made_id, at=at)[0] for one in beaten]
    value = head
    for pair_id in found:
        event = events.append(db, "pairing", pair_id, who, value, at=at)
        value = {"correction": value.get("correction", event.id)}
    for pair_id in found:
        labels.record_shown(db, pair_id, who, at)
        is_a = candidates.get(db, pairs.get(db, pair_id).a_id).text == text
        labels.give(
            db,
            pair_id,
            who,
            Verdict.A if is_a else Verdict.B,
            correction=value["correction"],
            at=at,
        )
    return Correction(made_id, found)
