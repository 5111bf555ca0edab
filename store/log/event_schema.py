"""What every kind of event says of itself, and how an event is held against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from store.log.event_values import (
    DEPTH_MAX,
    LAMPORT_MAX,
    NUMBER_MAX,
    Field,
    is_text,
    is_time,
    is_whole,
    is_word,
    name_problem,
    unfit,
)
from store.records import Event

_UNDO: Final = {
    "undoes": Field(is_text, "a text"),
    "restores": Field(is_text, "a text"),
    "given_at": Field(is_time, "a time"),
}
_CLEARED: Final = {"cleared": Field(lambda value: value is True, "true")}


class ItemType(StrEnum):
    """What an event may be about."""

    PAIR = "pair"
    REVISION = "revision"
    PROMPT = "prompt"
    ANYTHING = "item"
    """A pair, a prompt, a candidate or a critique."""
    NAME = "name"
    """A word or an id that names no item: a setting, an attribute, a round."""


class EventSchema(NamedTuple):
    """What events of one kind look like."""

    item: ItemType
    fields: Mapping[str, Field] = MappingProxyType({})
    phases: frozenset[str] = frozenset({""})
    keyed: bool = False
    """The phase is any word: one annotator says several things of this kind about one item."""
    shared: bool = False
    """The last word counts whoever said it: the lamport number runs over all annotators."""
    may_clear: bool = False
    """``{"cleared": true}`` takes back what was said."""
    whole: Callable[[Event], str | None] = lambda _event: None
    """What the entries must be to each other."""


def misfit(event: Event, kind: EventSchema) -> str | None:
    """Why an event is none of a kind, in a few words; None where it is one.

    Nothing is taken for granted about the types of its fields.
    """
    return _around(event, kind) or _inside(event, kind)


def _around(event: Event, kind: EventSchema) -> str | None:
    """The columns beside the value."""
    if not is_whole(event.seq, 1, NUMBER_MAX):
        return "its number is out of bounds"
    if not is_whole(event.lamport, 1, LAMPORT_MAX):
        return "its lamport number is out of bounds"
    if not is_time(event.at):
        return "its time is not a UTC time"
    if wrong := name_problem(event.annotator):
        return f"its annotator {wrong}"
    if not (is_word(event.phase) if kind.keyed else event.phase in kind.phases):
        return "its phase does not fit its kind"
    if not is_word(event.item) or not is_word(event.replica):
        return "its item or replica is no id"
    return None


def _inside(event: Event, kind: EventSchema) -> str | None:
    """What is wrong with an event's value, in words; None where it is sound."""
    value: Any = event.value
    if not isinstance(value, dict):
        return "its value is no object"
    if wrong := unfit(value, DEPTH_MAX):
        return wrong
    for name, entry in (_UNDO | _CLEARED if kind.may_clear else _UNDO).items():
        if name in value and not entry.fits(value[name]):
            return f"its '{name}' is not {entry.what}"
    if kind.may_clear and "cleared" in value:
        return None
    for name, entry in kind.fields.items():
        if value.get(name) is None:
            if entry.needed:
                return f"its '{name}' is missing"
        elif not entry.fits(value[name]):
            return f"its '{name}' is not {entry.what}"
    return kind.whole(event)
