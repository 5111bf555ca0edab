"""Every row of another file, looked at: its id must be the hash of its content.

What the hash does not cover (a category, a time, a role) is checked for its form. A row that
fails refuses the whole merge: the file was damaged or tampered with, and nobody can say how far.
An event whose id is right and whose shape is not is no such row: it is kept and set aside
(:mod:`store.log.set_aside`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Final

from store.errors import NotAProject
from store.items import content_hashes
from store.items.content_hashes import COLUMNS, Row
from store.log import event_kinds, events, set_aside
from store.records import Event, Message, Origin

_ROLES: Final = frozenset({"system", "user", "assistant"})
_MAY_BE_NONE: Final = frozenset(
    {
        "external_id",
        "model_sha256",
        "chat_template",
        "refused",
        "parent_id",
        "critique_id",
        "generation_id",
        "author",
        "finish_reason",
        "reasoning",
        "a_role",
        "b_role",
    }
)
_NUMBERS: Final[dict[str, range]] = {
    "seed": range(-(2**63), 2**63),
    "prompt_tokens": range(2**53),
    "completion_tokens": range(2**53),
    "attempt": range(10**6),
    "round": range(10**6),
    "slot": range(10**6),
    "found": range(2),
    "seq": range(-(2**63), 2**63),
    "lamport": range(-(2**63), 2**63),
}
"""The columns that hold whole numbers, and which."""


class Tampered(NotAProject):
    """A row of another file is not what its id says."""


def row(table: str, values: Row) -> Row:
    """The row of an item as it may be written into a project.

    Args:
        table: one of :data:`store.items.content_hashes.COLUMNS`.
        values: its columns in the order of :data:`store.items.content_hashes.COLUMNS`.

    Raises:
        Tampered: id and content do not belong together, or a field cannot be what it says.
    """
    if table == "event":
        event(values)
        return values
    try:
        _fields(table, values)
        # a pair's id covers the two texts, which the merge has at hand
        _demand(table == "pair" or content_hashes.belongs(table, values), _NOT_ITS_ID)
        return _CHECKS.get(table, _unchanged)(values)
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise Tampered(f"{table} {str(values[0])[:12]}: {error}") from error


def event(values: Row) -> Event:
    """The event in a row whose id has been checked; nothing is said about its shape.

    Raises:
        Tampered: it is not what its id says.
    """
    try:
        _fields("event", values)
        made = set_aside.parsed(values)
        _demand(made is not None and made.id == events.identity(made), _NOT_ITS_ID)
    except (TypeError, ValueError, RecursionError) as error:
        raise Tampered(f"event {str(values[0])[:12]}: {error}") from error
    assert made is not None
    return made


def _fields(table: str, values: Row) -> None:
    """Each column holds what the table's definition says, whatever made the file."""
    for name, value in zip(COLUMNS[table], values, strict=True):
        if value is None:
            _demand(name in _MAY_BE_NONE, f"its {name} is missing")
        elif name in _NUMBERS:
            _demand(type(value) is int and value in _NUMBERS[name], f"its {name} is out of bounds")
        elif name == "seconds":
            fits = type(value) is float and math.isfinite(value) and value >= 0
            _demand(fits, "its seconds are no time")
        else:
            _demand(isinstance(value, str), f"its {name} is no text")
        if name in ("created_at", "started_at"):
            _demand(event_kinds.is_time(value), f"its {name} is no time")


def _prompt(values: Row) -> Row:
    prompt_id, text, category, tags, *rest = values
    turns = [Message(turn["role"], turn["content"]) for turn in json.loads(text)]
    said = bool(turns) and all(isinstance(turn.content, str) for turn in turns)
    _demand(said and {turn.role for turn in turns} <= _ROLES, "it holds no conversation")
    words = json.loads(tags)
    _demand(
        isinstance(words, list) and all(isinstance(word, str) for word in words),
        "its tags are no words",
    )
    messages = json.dumps([turn._asdict() for turn in turns], ensure_ascii=False)
    return (prompt_id, messages, category, json.dumps(words, ensure_ascii=False), *rest)


def _settings(values: Row) -> Row:
    place = 5 if len(values) == len(COLUMNS["run"]) else 4
    _demand(isinstance(json.loads(values[place]), dict), "its settings are none")
    return values


def _candidate(values: Row) -> Row:
    made_from_another = Origin(values[2]) in (Origin.REVISION, Origin.EDITED)
    _demand(values[4] is not None or not made_from_another, "it does not say what it was made from")
    return values


def _unchanged(values: Row) -> Row:
    return values


def _demand(fulfilled: bool, otherwise: str) -> None:
    if not fulfilled:
        raise ValueError(otherwise)


_NOT_ITS_ID: Final = "its content does not belong to its id"
_CHECKS: Final[dict[str, Callable[[Row], Row]]] = {
    "prompt": _prompt,
    "run": _settings,
    "generation": _settings,
    "candidate": _candidate,
}
