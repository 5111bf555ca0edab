"""Rows that are prompts, under the names that data sets give them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from store.importing import choices, context, names
from store.importing.fields import RowFields
from store.importing.rows import PromptRow, RowRefused
from store.records import Message

_SAID: Final = choices.PREFERS | {"label", "labels"}


def rows(fields: RowFields) -> Iterator[PromptRow]:
    """The prompts of a row: one, or one for each of its ``instances``.

    An instruction with an input becomes instruction, blank line, input.

    Raises:
        RowRefused: there is no prompt in it.
    """
    if (key := context.key_of(fields)) is None:
        raise fields.missing("prompt")
    if fields.data.get("role") in ("assistant", "gpt", "model"):
        raise RowRefused("role", f"is '{fields.data['role']}': an answer by itself is no prompt")
    inputs = [context.given_input(fields, key)]
    if fields.column(key) == "instruction" and not inputs[0]:
        inputs = list(context.instances(fields))
    for given in inputs:
        messages = _asked(fields, key, context.opened(fields, context.read(fields, key, given)))
        if not any(message.content.strip() for message in messages):
            raise RowRefused(fields.column(key), "is empty")
        yield PromptRow(
            line=fields.line,
            messages=messages,
            category=fields.word("category"),
            tags=fields.tags(),
            external_id=fields.identity(),
            problems=tuple(fields.problems),
        )
        fields.problems.clear()


def _asked(fields: RowFields, key: str, messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The conversation up to the last turn of the user."""
    asked = messages
    while len(asked) > 1 and asked[-1].role == "assistant":
        asked = asked[:-1]
    if asked != messages:
        fields.kept(key, "ends with an answer, which was left behind: the prompt ends before it")
    return asked


def answers_left(fields: RowFields) -> list[str]:
    """The fields of a row read as a prompt that hold answers all the same."""
    left = set(fields.unread())
    found = [
        key
        for key, value in fields.data.items()
        if key in left and names.is_answer(key) and isinstance(value, str | list | dict) and value
    ]
    if found or not any(_SAID & set(names.tokens(key)) for key in fields.data):
        return found
    # two texts and a word on them: answers, whatever they are called
    return names.two_texts({key: fields.data[key] for key in left & fields.data.keys()})
