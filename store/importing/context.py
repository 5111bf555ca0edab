"""The prompt of a row: a text or a conversation, under the names that data sets give it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from store.importing import hh, turns
from store.importing.fields import RowFields
from store.importing.jsonl import kind
from store.importing.rows import RowRefused
from store.records import Message

KEYS: Final = (
    "messages",
    "conversations",
    "conversation",
    "prompt",
    "instruction",
    "question",
    "context",
    "query",
    "text",
    "goal",
    "input",
    "prompts_final",
    "rl_prompt",
)
"""Where a prompt is looked for; the first that is there counts."""

_SYSTEMS: Final = ("system", "system_prompt")


def key_of(fields: RowFields) -> str | None:
    """The field that holds the prompt, or None."""
    mapped = [key for key in KEYS if key in fields.columns and key != "input"]
    return next((key for key in (*mapped, *KEYS) if fields.has(key)), None)


def prompt(fields: RowFields) -> tuple[Message, ...]:
    """The prompt of a row, with the system turn and the input that stand beside it.

    Raises:
        RowRefused: there is none, or it cannot be told what it is.
    """
    if (key := key_of(fields)) is None:
        raise fields.missing("prompt")
    return opened(fields, read(fields, key, given_input(fields, key)))


def read(fields: RowFields, key: str, given: str = "") -> tuple[Message, ...]:
    """The prompt under one field.

    Args:
        fields: the row.
        key: the field.
        given: what is put behind an instruction, after a blank line.

    Raises:
        RowRefused: it is no text and no conversation.
    """
    value = fields.take(key, "prompt")
    if isinstance(value, Mapping):
        inner = next((name for name in ("messages", "text", "content") if name in value), None)
        if inner is None:
            raise RowRefused(fields.column(key), f"is {kind(value)} without messages or text")
        for name, each in value.items():
            if name not in (inner, "role", "parallel_tool_calls") and each not in (
                None,
                "",
                [],
                {},
            ):
                fields.leave(f"{fields.column(key)}.{name}")
        key, value = f"{fields.column(key)}.{inner}", value[inner]
    value = turns.unpacked(fields, key, value)
    if isinstance(value, Mapping):
        value = [value]
    if isinstance(value, list):
        return turns.messages(fields, key, value)
    text = fields.text(key, value)
    if not given and hh.is_open(text):
        return hh.messages(text)
    if not text.strip():
        fields.kept(key, "is blank" if text else "is empty")
    return (Message("user", f"{text}\n\n{given}" if given.strip() else text),)


def given_input(fields: RowFields, key: str) -> str:
    """The input that stands beside an instruction, or nothing."""
    beside = fields.column(key) == "instruction" or "input" in fields.columns
    if key == "input" or not beside or not isinstance(fields.data.get("input"), str):
        return ""
    return fields.text("input", fields.take("input", "prompt"))


def opened(fields: RowFields, messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """A conversation with the system turn and the earlier turns that stand beside it."""
    history = fields.data.get("history")
    if isinstance(history, list) and history and all(map(_is_turn, history)):
        fields.take("history", "prompt")
        earlier = [text for question, answer in history for text in (question, answer)]
        roles = ("user", "assistant")
        messages = (
            *(
                Message(roles[i % 2], fields.text(f"history[{i // 2}]", text))
                for i, text in enumerate(earlier)
            ),
            *messages,
        )
    for key in _SYSTEMS:
        value = fields.data.get(key)
        if isinstance(value, str) and value and messages[0].role != "system":
            return (Message("system", fields.text(key, fields.take(key, "prompt"))), *messages)
    return messages


def _is_turn(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2


def joined(
    fields: RowFields, stated: tuple[Message, ...], before: tuple[Message, ...], side: str
) -> tuple[Message, ...]:
    """The prompt of a row that states one and whose answers bring a conversation with them.

    The prompt is never put in front of turns that hold it already.

    Args:
        fields: the row.
        stated: what the row gives as the prompt; empty where it gives none.
        before: what comes before the answer; empty where the answer stands alone.
        side: the field the answer is in, for the message.

    Raises:
        RowRefused: neither holds the other.
    """
    if not before or not stated:
        return before or stated
    if _holds(before, stated):
        return before
    if _holds(stated, before):
        return stated
    if len(stated) == 1 and any(_plain(stated[0].content) in _plain(m.content) for m in before):
        return before
    raise RowRefused(
        fields.column(side),
        "the conversation does not hold the prompt that stands beside it; leave one of them out",
    )


def _holds(longer: tuple[Message, ...], shorter: tuple[Message, ...]) -> bool:
    """Whether the turns of one follow each other in the other, white space at the ends aside."""
    many = [(m.role, _plain(m.content)) for m in longer]
    few = [(m.role, _plain(m.content)) for m in shorter]
    return any(many[i : i + len(few)] == few for i in range(len(many) - len(few) + 1))


def _plain(text: str) -> str:
    return text.strip()


def instances(fields: RowFields) -> Iterator[str]:
    """The inputs that an instruction comes with; one empty one when there are none."""
    found = fields.data.get("instances")
    if found is None:
        yield ""
        return
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise RowRefused(fields.column("instances"), f"is {kind(found)}, not a list of objects")
    fields.take("instances", "prompt")
    for i, each in enumerate(found):
        for name, value in each.items():
            if name != "input" and value not in (None, "", [], {}):
                fields.leave(f"instances[{i}].{name}")
        yield fields.text(f"instances[{i}].input", each.get("input", ""))
    if not found:
        yield ""
