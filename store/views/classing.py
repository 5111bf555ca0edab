"""What a person who classes answers may see: prompt and answer, nothing of where it came from."""

from __future__ import annotations

from typing import NamedTuple

from sqlite_utils import Database

from store import ids
from store.agreement.evaluation.answers import answers, sampled
from store.items import candidates, prompts
from store.judgements import answer_classes
from store.records import Message


class Classing(NamedTuple):
    """The sample, as far as one person has come."""

    left: tuple[str, ...]
    """Answers without a class of theirs, by id, in the order of the sample."""
    size: int


class BlindAnswer(NamedTuple):
    """One answer to class."""

    candidate_id: str
    messages: tuple[Message, ...]
    text: str


def classing(db: Database, annotator: str) -> Classing:
    """What is left of the sample."""
    drawn = sampled(answers(db), answer_classes.sample_size(db))
    done = answer_classes.standing(db).get(ids.name(annotator), {})
    left = (each.candidate_id for each in drawn if each.candidate_id not in done)
    return Classing(tuple(left), len(drawn))


def blind_answer(db: Database, candidate_id: str) -> BlindAnswer:
    """An answer with what was asked."""
    answer = candidates.get(db, candidate_id)
    return BlindAnswer(candidate_id, prompts.get(db, answer.prompt_id).messages, answer.text)
