"""Anthropic's transcript pairs: ``chosen`` and ``rejected``, alike up to the last answer.

``a`` is the chosen one and ``b`` the rejected one. The file's preference is not taken for a
label, since nobody of this project gave it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from store.importing.fields import Fields
from store.importing.rows import PairRow, Refused
from store.records import Message

_TURN: Final = re.compile(r"\n\n(Human|Assistant):")
_LAST: Final = "\n\nAssistant:"
_ROLES: Final = {"Human": "user", "Assistant": "assistant"}


def looks_like(text: object) -> bool:
    """Whether a text begins as a transcript does."""
    return isinstance(text, str) and text.lstrip().startswith("Human:")


def rows(fields: Fields) -> Iterator[PairRow]:
    """The pair of a row.

    Raises:
        Refused: a side is no transcript, or the two differ before their last answers.
    """
    before, a = _split(fields, "chosen")
    other, b = _split(fields, "rejected")
    if before != other:
        raise Refused("rejected", "the conversation differs from chosen before the last answer")
    messages = _messages(before)
    for first, second in pairwise([*(m.role for m in messages), "assistant"]):
        if first == second:
            turns = "answers" if first == "assistant" else "turns of the user"
            fields.kept("chosen", f"two {turns} follow each other")
            break
    for field, answer in (("chosen", a), ("rejected", b)):
        if any("Human:" in text for text in (answer, *(m.content for m in messages))):
            fields.kept(field, "'Human:' stands inside a turn")
            break
    yield PairRow(
        line=fields.line,
        messages=messages,
        a=a,
        b=b,
        category=fields.word("category"),
        external_id=fields.identity(),
        problems=tuple(fields.problems),
    )


def _split(fields: Fields, field: str) -> tuple[str, str]:
    """The conversation and the last answer of one side."""
    if field not in fields.data:
        raise Refused(field, "is missing")
    text = fields.text(field, fields.data[field])
    if not looks_like(text):
        raise Refused(field, "does not begin with 'Human:'")
    before, found, answer = text.rpartition(_LAST)
    if not found:
        raise Refused(field, "has no answer: no 'Assistant:' after a blank line")
    if _TURN.search(answer):
        raise Refused(field, "does not end with an answer")
    answer = answer.removeprefix(" ")
    if not answer.strip():
        fields.kept(field, "is blank" if answer else "is empty")
    return before, answer


def _messages(transcript: str) -> tuple[Message, ...]:
    _, *parts = _TURN.split("\n\n" + transcript.lstrip())
    return tuple(
        Message(_ROLES[role], text.removeprefix(" "))
        for role, text in zip(parts[::2], parts[1::2], strict=True)
    )
