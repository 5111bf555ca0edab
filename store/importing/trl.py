"""Preference pairs as trainers take them: ``chosen`` and ``rejected``, with or without ``prompt``.

Texts and message lists are both read; without a prompt the message lists hold the whole
conversation. ``a`` is the chosen one and ``b`` the rejected one; nobody's label comes of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from store.importing.fields import Fields
from store.importing.rows import PairRow, Refused
from store.records import Message


def rows(fields: Fields) -> Iterator[PairRow]:
    """The pair of a row.

    Raises:
        Refused: a side is missing, has no answer, or the two answer different prompts.
    """
    prompt = fields.conversation("prompt") if fields.has("prompt") else ()
    before_a, a = _side(fields, "chosen")
    before_b, b = _side(fields, "rejected")
    if before_a != before_b:
        raise Refused("rejected", "the conversation differs from chosen before the last answer")
    # Some sets give the prompt as text and repeat it as the first message of both sides.
    if before_a[: len(prompt)] == prompt:
        prompt = ()
    if not (messages := prompt + before_a):
        raise Refused("prompt", "is missing")
    yield PairRow(
        line=fields.line,
        messages=messages,
        a=a,
        b=b,
        category=fields.word("category"),
        external_id=fields.identity(),
        problems=tuple(fields.problems),
    )


def _side(fields: Fields, field: str) -> tuple[tuple[Message, ...], str]:
    """What comes before the answer of one side, and the answer."""
    value = fields.data.get(field)
    if not isinstance(value, list):
        return (), fields.answer(field)
    *before, last = fields.messages(field, value)
    if last.role != "assistant":
        raise Refused(field, "does not end with an answer")
    if not last.content.strip():
        fields.kept(field, "is blank" if last.content else "is empty")
    return tuple(before), last.content
