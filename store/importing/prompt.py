"""Rows that are prompts, under the names that data sets give them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from store.importing.fields import Fields
from store.importing.jsonl import kind
from store.importing.rows import PromptRow, Refused
from store.records import Message

KEYS: Final = (
    "messages",
    "prompt",
    "instruction",
    "question",
    "text",
    "goal",
    "input",
    "prompts_final",
)
"""Where a prompt is looked for; the first that is there counts."""


def rows(fields: Fields) -> Iterator[PromptRow]:
    """The prompts of a row: one, or one for each of its ``instances``.

    An instruction with an input becomes instruction, blank line, input.

    Raises:
        Refused: there is no prompt in it.
    """
    for messages in _prompts(fields):
        if not any(message.content.strip() for message in messages):
            raise Refused(_key(fields), "is empty")
        if messages[-1].role == "assistant":
            fields.kept(_key(fields), "ends with an answer; the next turn is the model's again")
        yield PromptRow(
            line=fields.line,
            messages=messages,
            category=fields.word("category"),
            tags=fields.tags(),
            external_id=fields.identity(),
            problems=tuple(fields.problems),
        )
        fields.problems.clear()


def _key(fields: Fields) -> str:
    mapped = [key for key in KEYS if key in fields.mapped and key != "input"]
    for key in (*mapped, *KEYS):
        if fields.has(key):
            return key
    raise Refused("prompt", "is missing; looked for " + ", ".join(KEYS))


def _prompts(fields: Fields) -> Iterator[tuple[Message, ...]]:
    key = _key(fields)
    value = fields.data[key]
    if isinstance(value, list):
        yield fields.messages(key, value)
        return
    if isinstance(value, dict):
        key, value = f"{key}.text", value.get("text")
    text = fields.text(key, value)
    with_input = key == "instruction" or "input" in fields.mapped
    for given in _inputs(fields) if with_input else [""]:
        yield (Message("user", f"{text}\n\n{given}" if given.strip() else text),)


def _inputs(fields: Fields) -> list[str]:
    """The inputs that an instruction comes with; one empty one when there are none."""
    if fields.has("input"):
        return [fields.text("input", fields.data["input"])]
    instances = fields.data.get("instances")
    if instances is None:
        return [""]
    if not isinstance(instances, list) or not all(isinstance(each, dict) for each in instances):
        raise Refused("instances", f"is {kind(instances)}, not a list of objects")
    return [
        fields.text(f"instances[{i}].input", each.get("input", ""))
        for i, each in enumerate(instances)
    ] or [""]
