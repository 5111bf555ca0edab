"""Every kind of event there is: what its value holds, what it is about, what bounds it has.

The one place that says whether an event can be used. It is asked before an event is written,
when one comes in from another file, and when a file is opened (:mod:`store.log.set_aside`). An
event that fails is kept, because nothing is ever deleted, and counts nowhere. The answer follows
from the event alone, so that every copy of a project gives the same one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from store import ids
from store.records import AnswerClass, Cause, Choice, Confidence, Event, Phase, Seal, Verdict

NAME_MAX: Final = 300
"""Longest name of an annotator, a round or a setting, in characters."""
TEXT_MAX: Final = 2**20
"""Longest text in the value of an event, in characters."""
DEPTH_MAX: Final = 16
"""Deepest nesting of a value."""
NUMBER_MAX: Final = 2**53 - 1
"""Numbers beyond this are not exact in JSON everywhere."""
LAMPORT_MAX: Final = 2**31 - 1
"""No cell is spoken about more often than this."""
_SECONDS_MAX: Final = 1e9
_YEARS: Final = range(1970, 2200)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What names and ids do not hold: control characters, line separators, halves of characters."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")

Check = Callable[[Any], bool]


class ItemType(StrEnum):
    """What an event may be about."""

    PAIR = "pair"
    REVISION = "revision"
    PROMPT = "prompt"
    ANYTHING = "item"
    """A pair, a prompt, a candidate or a critique."""
    NAME = "name"
    """A word or an id that names no item: a setting, an attribute, a round."""


class Field(NamedTuple):
    """One entry of a value."""

    fits: Check
    what: str
    """What it must be, as the message says it."""
    needed: bool = False


@dataclass(frozen=True, slots=True)
class EventSchema:
    """What events of one kind look like."""

    item: ItemType
    fields: Mapping[str, Field] = field(default_factory=dict)
    phases: frozenset[str] = frozenset({""})
    keyed: bool = False
    """The phase is any word: one annotator says several things of this kind about one item."""
    shared: bool = False
    """The last word counts whoever said it: the lamport number runs over all annotators."""
    may_clear: bool = False
    """``{"cleared": true}`` takes back what was said."""
    whole: Callable[[Event], str | None] = lambda _event: None
    """What the entries must be to each other."""


def problem(event: Event) -> str | None:
    """Why an event cannot be used, in a few words; None where it can.

    Nothing is taken for granted about the types of its fields.
    """
    kind = KINDS.get(event.kind)
    if kind is None:
        return "its kind is not known here (a newer pairlab may know it)"
    return _around(event, kind) or _inside(event, kind)


def name_problem(name: object) -> str | None:
    """Why nobody can be called this; None where one can."""
    return _name_problem(name) if isinstance(name, str) else "has no proper name"


@lru_cache(1024)
def _name_problem(name: str) -> str | None:
    if not name or name != ids.name(name):
        return "has no proper name"
    if len(name) > NAME_MAX:
        return f"has a name of more than {NAME_MAX} characters"
    if _CONTROL.search(name):
        return "has a name with control characters"
    if name in _MARKS:
        return f"is called '{name}', a mark without a name behind it"
    return None


def is_time(text: Any) -> bool:
    """Whether a text is a time as pairlab writes it, in UTC and in a year that makes sense."""
    if not isinstance(text, str) or len(text) > 30 or not _TIME.fullmatch(text):
        return False
    try:
        return datetime.fromisoformat(text).year in _YEARS
    except ValueError:
        return False


def _around(event: Event, kind: EventSchema) -> str | None:
    """The columns beside the value."""
    if not _whole(event.seq, 1, NUMBER_MAX):
        return "its number is out of bounds"
    if not _whole(event.lamport, 1, LAMPORT_MAX):
        return "its lamport number is out of bounds"
    if not is_time(event.at):
        return "its time is none"
    if wrong := name_problem(event.annotator):
        return f"its annotator {wrong}"
    if not (_word(event.phase) if kind.keyed else event.phase in kind.phases):
        return "its phase is none of this kind"
    if not _word(event.item) or not _word(event.replica):
        return "its item or replica is no id"
    return None


def _inside(event: Event, kind: EventSchema) -> str | None:
    """What is wrong with an event's value, in words; None where it is sound."""
    value: Any = event.value
    if not isinstance(value, dict):
        return "its value is no object"
    if wrong := _unfit(value, DEPTH_MAX):
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


def _unfit(value: Any, depth: int) -> str | None:
    """What no value of any kind may hold: numbers and texts that not every reader can keep."""
    if isinstance(value, str):
        if len(value) > TEXT_MAX:
            return f"a text in it is longer than {TEXT_MAX} characters"
        return (
            None if _encodes(value) else "a text in it holds half of a character (a lone surrogate)"
        )
    if isinstance(value, float):
        return None if math.isfinite(value) else "a number in it is not finite"
    if isinstance(value, int):
        return None if abs(value) <= NUMBER_MAX else "a number in it is out of bounds"
    if isinstance(value, dict | list):
        if depth == 0:
            return "its value is nested too deeply"
        inner = [*value, *value.values()] if isinstance(value, dict) else value
        return next((wrong for each in inner if (wrong := _unfit(each, depth - 1))), None)
    return None


def _encodes(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _whole(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most  # True is an int to isinstance


def _word(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= NAME_MAX and not _CONTROL.search(value)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _bool(value: Any) -> bool:
    return isinstance(value, bool)


def _seconds(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= _SECONDS_MAX


def _share(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1


def _names(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= 2
        and all(name_problem(name) is None for name in value)
        and len(set(value)) == len(value)
    )


def _words(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_word, value))


def _lists_of_ids(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(each, list) and all(map(_word, each)) and len(set(each)) == len(each)
        for each in value.values()
    )


def _orders(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(
            isinstance(each, list)
            and len(each) == 2
            and all(type(one) in (int, float) and one <= 0 for one in each)
            for each in value
        )
    )


def _three_shares(value: Any) -> bool:
    return isinstance(value, list) and len(value) == len(AnswerClass) and all(map(_share, value))


def _groups(value: Any) -> bool:
    if not isinstance(value, list) or not all(isinstance(each, list) and each for each in value):
        return False
    members = [one for each in value for one in each]
    return len(members) > 1 and all(map(_word, members)) and len(set(members)) == len(members)


def _one_of(*words: str) -> Check:
    return lambda value: isinstance(value, str) and value in words


def _label(event: Event) -> str | None:
    if event.value.get("strength") is not None and event.value["verdict"] not in _SIDES:
        return "its verdict has no strength"
    return None


def _decision(event: Event) -> str | None:
    edit = event.value["choice"] == Choice.EDIT
    if edit != (event.value.get("edited_id") is not None):
        return "an edit and its text do not belong together"
    return None


def _guideline(event: Event) -> str | None:
    if event.item != "guideline":
        return "it is about something else than the guideline"
    if event.value["id"] != ids.digest("guideline", event.value["text"]):
        return "its text does not belong to its id"
    return None if event.value["text"].strip() else "its text is blank"


def _round(event: Event) -> str | None:
    if set(event.value["assigned"]) != set(event.value["annotators"]):
        return "its pairs are given to others than its annotators"
    # with this the id covers the pairs: two events of one round cannot give out different ones
    if event.item != ids.digest("round", [event.value, event.at]):
        return "its content does not belong to the round's id"
    return None


def _not_itself(event: Event) -> str | None:
    return "a prompt cannot be made from itself" if event.value["base"] == event.item else None


def _setting(event: Event) -> str | None:
    fits = SETTINGS.get(event.item)
    if fits is not None and not fits.fits(event.value["value"]):
        return f"the setting {event.item} is not {fits.what}"
    return None


_MARKS: Final = (ids.AI, ids.SOURCE)
_SIDES: Final = (Verdict.A, Verdict.B)
_VERDICT: Final = Field(_one_of(*Verdict), "a verdict", needed=True)
_TEXT: Final = Field(_text, "a text")
_UNDO: Final = {
    "undoes": _TEXT,
    "restores": _TEXT,
    "given_at": Field(is_time, "a time"),
}
_CLEARED: Final = {"cleared": Field(lambda value: value is True, "true")}
_PHASES: Final = frozenset(Phase)

SETTINGS: Final[Mapping[str, Field]] = {
    "strength": Field(_bool, "true or false"),
    "repeats": Field(lambda value: _whole(value, 0, 10**6), "a number of labels"),
    "run_pairs": Field(
        lambda value: isinstance(value, list) and all(map(_text, value)), "a list of rules"
    ),
    "queue": Field(_one_of("project", "useful"), "project or useful"),
    "random_share": Field(_share, "a share from 0 to 1"),
    "answer_sample": Field(lambda value: _whole(value, 0, 10**6), "a number of answers"),
    "backups": Field(lambda value: _whole(value, 0, 100), "a number of backups"),
    "judge_margin": Field(lambda value: _share(value) and value < 0.5, "a share under one half"),
}
"""What the settings that are known here may be."""

KINDS: Final[Mapping[str, EventSchema]] = {
    "label": EventSchema(
        ItemType.PAIR,
        {
            "verdict": _VERDICT,
            "strength": Field(lambda value: _whole(value, 1, 2), "1 or 2"),
            "seconds": Field(_seconds, "a time in seconds"),
            "left": Field(_one_of("a", "b"), "a or b"),
            "note": _TEXT,
            "guideline_id": _TEXT,
            "round_id": _TEXT,
            "source": _TEXT,
            "ranking": _TEXT,
            "correction": _TEXT,
            "informed": Field(_bool, "true or false"),
            "drawn": Field(_one_of("random", "useful"), "a draw"),
        },
        phases=_PHASES,
        whole=_label,
    ),
    "clear": EventSchema(ItemType.PAIR, {"ranking": _TEXT}, phases=_PHASES),
    "ranking": EventSchema(
        ItemType.PROMPT,
        {
            "groups": Field(_groups, "at least two answers in groups, best first", needed=True),
            "seconds": Field(_seconds, "a time in seconds"),
            "guideline_id": _TEXT,
            "source": _TEXT,
        },
        may_clear=True,
    ),
    "asking": EventSchema(
        ItemType.PAIR,
        {
            "principle_id": Field(_text, "a text", needed=True),
            "constitution_id": Field(_text, "a text", needed=True),
            "template": Field(_text, "a text", needed=True),
            "seed": Field(lambda value: _whole(value, 0, NUMBER_MAX), "a number", needed=True),
            "orders": Field(_orders, "two pairs of log-probabilities", needed=True),
            "samples": Field(lambda value: _whole(value, 0, 10**4), "a number of samples"),
            "few_shot": _TEXT,
            "tokens": Field(lambda value: _whole(value, 0, NUMBER_MAX), "a number of tokens"),
            "seconds": Field(_seconds, "a time in seconds"),
        },
        keyed=True,
    ),
    "answer_class": EventSchema(
        ItemType.ANYTHING,
        {
            "class": Field(_one_of(*AnswerClass), "a class of answers", needed=True),
            "probabilities": Field(_three_shares, "three probabilities"),
            "seconds": Field(_seconds, "a time in seconds"),
        },
        may_clear=True,
    ),
    "pairing": EventSchema(
        ItemType.PAIR,
        {"corrects": _TEXT, "beside": _TEXT, "correction": _TEXT},
        may_clear=True,
    ),
    "note": EventSchema(
        ItemType.ANYTHING, {"text": Field(_text, "a text", needed=True)}, may_clear=True
    ),
    "flag": EventSchema(
        ItemType.ANYTHING, {"on": Field(_bool, "true or false", needed=True)}, may_clear=True
    ),
    "removed": EventSchema(
        ItemType.ANYTHING,
        {
            "on": Field(_bool, "true or false", needed=True),
            "purged": Field(lambda value: value is True, "true"),
        },
        shared=True,
    ),
    "category": EventSchema(
        ItemType.PROMPT,
        {"category": Field(_word, "a category", needed=True), "from": _TEXT},
        shared=True,
        may_clear=True,
    ),
    "shown": EventSchema(ItemType.PAIR),
    "decision": EventSchema(
        ItemType.REVISION,
        {
            "choice": Field(_one_of(*Choice), "a decision", needed=True),
            "edited_id": _TEXT,
            "seconds": Field(_seconds, "a time in seconds"),
        },
        may_clear=True,
        whole=_decision,
    ),
    "ruling": EventSchema(
        ItemType.PAIR,
        {
            "verdict": Field(_one_of("a", "b", "tie", "both_bad"), "a verdict", needed=True),
            "reason": _TEXT,
            "cause": Field(_one_of(*Cause), "a cause"),
            "confidence": Field(_one_of(*Confidence), "a degree of confidence"),
            "adopted_from": _TEXT,
        },
        shared=True,
        may_clear=True,
    ),
    "guideline": EventSchema(
        ItemType.NAME,
        {
            "id": Field(_text, "a text", needed=True),
            "text": Field(_text, "a text", needed=True),
            "case": _TEXT,
        },
        shared=True,
        whole=_guideline,
    ),
    "setting": EventSchema(
        ItemType.NAME,
        {"value": Field(lambda _value: True, "a value", needed=True)},
        shared=True,
        whole=_setting,
    ),
    "attribute": EventSchema(ItemType.NAME, {"text": _TEXT, "value": _TEXT}, may_clear=True),
    "attack": EventSchema(
        ItemType.ANYTHING,
        {
            "base": Field(_word, "an id", needed=True),
            "style": Field(lambda value: name_problem(value) is None, "a name", needed=True),
        },
        shared=True,
        whole=_not_itself,
    ),
    "stance": EventSchema(
        ItemType.ANYTHING,
        {
            "stance": Field(_one_of("right", "wrong"), "right or wrong", needed=True),
            "p": Field(_share, "a probability"),
        },
    ),
    "bait": EventSchema(
        ItemType.ANYTHING,
        {
            "base": Field(_word, "an id", needed=True),
            "form": Field(_one_of("neutral", "wrong", "right", "sure"), "a form", needed=True),
            "question": Field(_text, "a text", needed=True),
            "wrong": Field(_text, "a text", needed=True),
            "right": Field(_text, "a text", needed=True),
            "wrong_keys": Field(_words, "a list of words", needed=True),
            "right_keys": Field(_words, "a list of words", needed=True),
        },
        shared=True,
    ),
    "round": EventSchema(
        ItemType.NAME,
        {
            "name": Field(lambda value: name_problem(value) is None, "a name", needed=True),
            "annotators": Field(_names, "a list of at least two names", needed=True),
            "seal": Field(_one_of(*Seal), "a seal", needed=True),
            "overlap": Field(_share, "a share from 0 to 1", needed=True),
            "seed": Field(_text, "a text", needed=True),
            "assigned": Field(_lists_of_ids, "a list of pairs for each annotator", needed=True),
        },
        shared=True,
        whole=_round,
    ),
    "round_seal": EventSchema(
        ItemType.NAME, {"seal": Field(_one_of(*Seal), "a seal", needed=True)}, shared=True
    ),
    "round_end": EventSchema(
        ItemType.NAME,
        {
            "state": Field(_one_of("finished", "closed"), "finished or closed", needed=True),
            "reason": _TEXT,
        },
        shared=True,
    ),
}
"""Every kind, by its name. Entries that are not listed are allowed in any value, and ignored."""

SHARED: Final = frozenset(name for name, kind in KINDS.items() if kind.shared)
"""Kinds where the last word counts whoever said it."""

FINGERPRINT: Final = ids.digest(
    "kinds",
    {
        name: [
            kind.item.value,
            sorted(kind.phases),
            *(["keyed"] if kind.keyed else []),
            {entry: [each.what, each.needed] for entry, each in kind.fields.items()},
        ]
        for name, kind in KINDS.items()
    },
)[:16]
"""Changes with the kinds: a file that was looked at under other kinds is looked at again."""
