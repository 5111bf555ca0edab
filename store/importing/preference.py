"""Pairs whose answers have roles: ``chosen`` and ``rejected``, under many names.

An answer is a text, a turn, or a conversation that ends with it; several rejected answers make
several pairs. Which of the two is called ``a`` is not the file's to say (see
:func:`store.importing.writer.placed`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from store.importing import context, names, spoken, turns
from store.importing.fields import RowFields
from store.importing.jsonl import Number
from store.importing.names import Sides
from store.importing.rows import Given, PairRow, RowRefused
from store.records import Message, Verdict


class ImportedAnswer(NamedTuple):
    """One answer, and the conversation it came with."""

    before: tuple[Message, ...]
    text: str


def looks_like(row: Mapping[str, Any]) -> bool:
    """Whether a row has a chosen or a rejected answer that is not null."""
    sides = names.by_role(tuple(row)) or Sides("chosen", "rejected")
    return any(
        isinstance(row.get(side), str | list | dict | bool)
        and not (isinstance(row[side], Number) and side not in _ROLES)
        for side in sides
    )


def rows(fields: RowFields) -> Iterator[PairRow]:
    """The pairs of a row: each chosen with each rejected answer.

    Raises:
        RowRefused: a side is missing, has no answer, or the two answer different prompts.
    """
    sides = names.by_role(tuple(fields.data)) or Sides("chosen", "rejected")
    found = [[*answers(fields, side, role)] for side, role in zip(sides, _ROLES, strict=True)]
    stated = _stated(fields, sides)
    note = "\n\n".join(filter(None, (_rationale(fields), _note(fields)))) or None
    external_id, category, tags = fields.identity(), fields.word("category"), fields.tags()
    labels, notes = spoken.people(fields, spoken.by_role)
    if (pairs := len(found[0]) * len(found[1])) > 1:
        if labels:
            raise RowRefused(
                "labels", f"do not say which of the {pairs} pairs of the row they mean"
            )
        fields.kept(sides.b, f"makes {pairs} pairs: each chosen with each rejected answer")
    for chosen in found[0]:
        for rejected in found[1]:
            if chosen.before != rejected.before:
                reason = f"the conversation differs from {sides.a} before the last answer"
                raise RowRefused(fields.column(sides.b), reason)
            messages = context.joined(fields, stated, chosen.before, sides.a)
            if not messages:
                raise _no_prompt(fields, sides)
            yield PairRow(
                line=fields.line,
                messages=messages if stated else context.opened(fields, messages),
                a=chosen.text,
                b=rejected.text,
                category=category,
                external_id=external_id,
                tags=tags,
                labels={fields.source: Given(Verdict.A, note=note)} | labels,
                notes=notes,
                problems=tuple(fields.problems),
                roles=("chosen", "rejected"),
                drawn=True,
            )
            fields.problems.clear()


_ROLES = ("chosen", "rejected")
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")


def answers(fields: RowFields, field: str, role: str) -> Iterator[ImportedAnswer]:
    """The answers of one side: one, or those of a list of texts or of conversations.

    Raises:
        RowRefused: there is none, or it is no text and no conversation.
    """
    if field not in fields.data:
        raise fields.missing(field)
    value = turns.unpacked(fields, field, fields.take(field, role))
    if isinstance(value, list) and value and not turns.is_message(value[0]):
        for i, each in enumerate(value):
            yield answer(fields, f"{field}[{i}]" if len(value) > 1 else field, each)
    else:
        yield answer(fields, field, value)


def answer(fields: RowFields, field: str, value: Any) -> ImportedAnswer:
    """One answer: a text, a turn, or a conversation that ends with it.

    Raises:
        RowRefused: it is none of these, or does not end with an answer.
    """
    if turns.is_message(value):
        value = [value]
    if not isinstance(value, list):
        return ImportedAnswer((), fields.answer(field, value))
    *before, last = turns.messages(fields, field, value)
    if last.role != "assistant":
        raise RowRefused(fields.column(field), "does not end with an answer")
    if not last.content.strip():
        fields.kept(field, "is blank" if last.content else "is empty")
    return ImportedAnswer(tuple(before), last.content)


def _stated(fields: RowFields, sides: Sides) -> tuple[Message, ...]:
    """The prompt the row gives beside its answers; empty where it gives none."""
    chosen = fields.data.get(sides.a)
    for name in ("messages", "conversations", "conversation"):
        # some sets repeat the chosen conversation under a second name
        if fields.has(name) and fields.data[name] == chosen and isinstance(chosen, list):
            fields.take(name, "chosen")
            del fields.data[name]
    key = context.key_of(fields)
    if key is None or (isinstance(chosen, list) and fields.data[key] in ("", [])):
        return ()
    return context.prompt(fields)


def _no_prompt(fields: RowFields, sides: Sides) -> RowRefused:
    if isinstance(fields.data.get(sides.a), str):
        return RowRefused(
            "prompt",
            f"is missing, and {sides.a} is one text: where its prompt ends cannot be told; put"
            " the prompt into a field of its own",
        )
    return fields.missing("prompt")


def _rationale(fields: RowFields) -> str:
    """Why the file prefers the chosen answer, where it says so."""
    if not isinstance(fields.data.get("rationale"), str):
        return ""
    return fields.text("rationale", fields.take("rationale", "note of the preference"))


def _note(fields: RowFields) -> str | None:
    """What the row says of how much better the chosen answer is: its ratings, or a margin."""
    found: dict[str, str] = {}
    for key, value in fields.data.items():
        words = [word for word in names.tokens(key) if word in (*_ROLES, "margin")]
        scored = {"score", "rating", "reward", "margin"} & set(names.tokens(key))
        if len(words) == 1 and scored and _is_number(value):
            found[words[0]] = str(fields.take(key, f"{words[0]} score"))
    if {"chosen", "rejected"} <= found.keys():
        chosen, rejected = (_number(found[role]) for role in _ROLES)
        if chosen == rejected:
            fields.kept("chosen", f"and rejected have the same rating, {found['chosen']}")
        elif chosen < rejected:
            told = f"{found['chosen']} against {found['rejected']}"
            fields.kept("chosen", f"has the lower rating, {told}; it stays the chosen one")
    parts = [f"{name} {found[name]}" for name in (*_ROLES, "margin") if name in found]
    return ", ".join(parts) or None


def _is_number(value: Any) -> bool:
    try:
        return isinstance(value, str) and not math.isnan(_number(value))
    except ValueError:
        return False


def _number(text: str) -> float:
    """A number as it is spelt, also with a decimal comma."""
    return float(text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text.strip()) else text)
