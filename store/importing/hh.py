"""Anthropic's transcript pairs: ``chosen`` and ``rejected``, alike up to the last answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

from store.importing.fields import RowFields
from store.importing.jsonl import kind
from store.importing.rows import Given, PairRow, RowRefused
from store.records import Message, Verdict

_TURN: Final = re.compile(r"\n\n(Human|Assistant):")
_LAST: Final = "\n\nAssistant:"
_ROLES: Final = {"Human": "user", "Assistant": "assistant"}


def is_transcript(text: object) -> bool:
    """Whether a text begins as a transcript does."""
    return isinstance(text, str) and text.lstrip().startswith("Human:")


def is_open(text: str) -> bool:
    """Whether a text is a transcript that waits for the answer."""
    return is_transcript(text) and text.rstrip().endswith(_LAST)


def looks_like(row: Mapping[str, Any]) -> bool:
    """Whether a row has transcripts on both sides, and no prompt that they do not hold."""
    chosen, rejected = row.get("chosen"), row.get("rejected")
    if not isinstance(chosen, str) or not is_transcript(chosen) or rejected is None:
        return False
    prompt = row.get("prompt")
    return not prompt or (is_transcript(rejected) and _begins_with(chosen, prompt))


def _begins_with(transcript: str, prompt: object) -> bool:
    """Whether a prompt is what a transcript begins with, or its last turn of the user."""
    before = transcript.rpartition(_LAST)[0].strip()
    asked = before.rpartition("Human:")[2].strip()
    return isinstance(prompt, str) and prompt.strip().removesuffix(_LAST).strip() in (before, asked)


def rows(fields: RowFields) -> Iterator[PairRow]:
    """The pair of a row, and the file's own preference.

    Raises:
        RowRefused: a side is no transcript, or the two differ before their last answers.
    """
    before, a = _split(fields, "chosen")
    other, b = _split(fields, "rejected")
    if before != other:
        raise RowRefused("rejected", "the conversation differs from chosen before the last answer")
    fields.take("prompt", "held by chosen")
    turns = messages(before)
    for first, second in pairwise([*(m.role for m in turns), "assistant"]):
        if first == second:
            said = "answers" if first == "assistant" else "turns of the user"
            fields.kept("chosen", f"two {said} follow each other")
            break
    for field, answer in (("chosen", a), ("rejected", b)):
        if any("Human:" in text for text in (answer, *(m.content for m in turns))):
            fields.kept(field, "'Human:' stands inside a turn")
            break
    yield PairRow(
        line=fields.line,
        messages=turns,
        a=a,
        b=b,
        category=fields.word("category"),
        external_id=fields.identity(),
        tags=fields.tags(),
        labels={fields.source: Given(Verdict.A)},
        problems=tuple(fields.problems),
        roles=("chosen", "rejected"),
        drawn=True,
    )


def messages(transcript: str) -> tuple[Message, ...]:
    """The turns of a transcript; the answer it waits for is none of them."""
    text = transcript.rstrip()
    text = text.removesuffix(_LAST) if text.endswith(_LAST) else transcript
    _, *parts = _TURN.split("\n\n" + text.lstrip())
    return tuple(
        Message(_ROLES[role], said.removeprefix(" "))
        for role, said in zip(parts[::2], parts[1::2], strict=True)
    )


def _split(fields: RowFields, field: str) -> tuple[str, str]:
    """The conversation and the last answer of one side."""
    if field not in fields.data:
        raise fields.missing(field)
    value = fields.take(field)
    if not isinstance(value, str):
        raise RowRefused(field, f"is {kind(value)}, not text")
    text = fields.text(field, value)
    if not is_transcript(text):
        raise RowRefused(field, "does not begin with 'Human:'")
    before, found, answer = text.rpartition(_LAST)
    if not found:
        raise RowRefused(field, "has no answer: no 'Assistant:' after a blank line")
    if _TURN.search(answer):
        raise RowRefused(field, "does not end with an answer")
    answer = answer.removeprefix(" ")
    if not answer.strip():
        fields.kept(field, "is blank" if answer else "is empty")
    return before, answer
