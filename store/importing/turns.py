"""Conversations as data sets write them: ``role`` and ``content``, or ``from`` and ``value``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from store.importing import jsonl
from store.importing.fields import RowFields
from store.importing.jsonl import kind
from store.importing.rows import RowRefused
from store.records import Message

ROLES: Final = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "model": "assistant",
}
_TOOLS: Final = frozenset({"tool", "function", "observation", "function_call", "ipython"})
_THOUGHTS: Final = frozenset({"thinking", "redacted_thinking", "reasoning", "thought"})
"""Types of the parts that hold what a model thought: no part of what it said."""
_CALLS: Final = ("tool_calls", "tool_call", "function_call")
_CANNOT: Final = "which cannot be carried here; take the row out of the file"


def messages(fields: RowFields, field: str, value: Sequence[Any]) -> tuple[Message, ...]:
    """A list of messages.

    Raises:
        RowRefused: it is empty, a message has no role or content, or it holds more than text.
    """
    if not value:
        raise RowRefused(fields.column(field), "is an empty list")
    return tuple(message(fields, f"{field}[{i}]", each) for i, each in enumerate(value))


def is_message(value: Any) -> bool:
    """Whether a value is one turn of a conversation."""
    return isinstance(value, Mapping) and bool({"role", "from"} & set(value))


def message(fields: RowFields, path: str, value: Any) -> Message:
    """One turn.

    Raises:
        RowRefused: it has no role or content, or holds tool calls, images or the like.
    """
    if not isinstance(value, Mapping):
        raise RowRefused(path, f"is {kind(value)}, not a message")
    said, content = ("from", "value") if "from" in value else ("role", "content")
    role = value.get(said)
    if isinstance(role, str) and role in _TOOLS:
        raise RowRefused(f"{path}.{said}", f"is '{role}': a tool's part, {_CANNOT}")
    if not isinstance(role, str) or role not in ROLES:
        raise RowRefused(f"{path}.{said}", "is none of system, user, assistant")
    if call := next((key for key in _CALLS if value.get(key)), None):
        raise RowRefused(f"{path}.{call}", f"holds tool calls, {_CANNOT}")
    if content not in value:
        raise RowRefused(f"{path}.{content}", "is missing")
    for key, each in value.items():
        if key not in (said, content) and each not in (None, "", [], {}):
            fields.leave(f"{path}.{key}")
    return Message(ROLES[role], content_text(fields, f"{path}.{content}", value[content]))


def content_text(fields: RowFields, path: str, value: Any) -> str:
    """The text of a message: plain, or a list of parts that are all text.

    Raises:
        RowRefused: a part is an image or the like, or it is no text at all.
    """
    if not isinstance(value, list) or not value:
        return fields.text(path, value)
    found = []
    for i, part in enumerate(value):
        if isinstance(part, Mapping):
            sort = part.get("type", "text")
            if sort in _THOUGHTS:
                fields.leave(f"{path}[{i}].{sort}")
                continue
            text = part.get("text", part.get("value"))
            if sort != "text" or not isinstance(text, str):
                raise RowRefused(f"{path}[{i}]", f"is {sort}, not text: {_CANNOT}")
            found.append(fields.text(path, text))
        else:
            found.append(fields.text(f"{path}[{i}]", part))
    if len(found) > 1:
        fields.kept(path, f"is in {len(found)} parts, joined by line breaks")
    return "\n".join(found)


def texts_in_list(value: Any) -> list[str | None] | None:
    """The texts of a list, which may stand in a text as JSON; None for anything else."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = jsonl.value(value)
        except RowRefused:
            return None
    if not isinstance(value, list) or not all(isinstance(each, str | None) for each in value):
        return None
    return None if any(isinstance(each, jsonl.Number) for each in value) else value or None


def unpacked(fields: RowFields, field: str, value: Any) -> Any:
    """The conversation that a text holds as JSON; any other value as it is."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("[", "{"):
        return value
    try:
        found = jsonl.value(value)
    except RowRefused:
        return value
    if isinstance(found, Mapping) and isinstance(found.get("messages"), list):
        if found.get("tools"):
            fields.leave(f"{field}.tools")
        found = found["messages"]
    turns = found if isinstance(found, list) else [found]
    if not turns or not all(is_message(each) for each in turns):
        return value
    fields.kept(field, "holds a conversation as JSON in a text, taken apart")
    return found
