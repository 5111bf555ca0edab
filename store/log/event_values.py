"""What the entries of an event's value may be: bounds, names, times and the checks of each type."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from store import ids
from store.records import AnswerClass

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
_MARKS: Final = (ids.AI, ids.SOURCE)

Check = Callable[[Any], bool]


class Field(NamedTuple):
    """One entry of a value."""

    fits: Check
    what: str
    """What it must be, as the message says it."""
    needed: bool = False


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


def unfit(value: Any, depth: int) -> str | None:
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
        return next((wrong for each in inner if (wrong := unfit(each, depth - 1))), None)
    return None


def _encodes(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_whole(value: Any, least: int, most: int) -> bool:
    """A whole number between two bounds, both allowed."""
    return type(value) is int and least <= value <= most  # True is an int to isinstance


def is_word(value: Any) -> bool:
    """A name or an id: short, not empty, no control characters."""
    return isinstance(value, str) and 0 < len(value) <= NAME_MAX and not _CONTROL.search(value)


def is_text(value: Any) -> bool:
    """Any text."""
    return isinstance(value, str)


def is_bool(value: Any) -> bool:
    """True or False and nothing that only counts as one of them."""
    return isinstance(value, bool)


def is_seconds(value: Any) -> bool:
    """A time span in seconds, 0 to a thousand million."""
    return type(value) in (int, float) and 0 <= value <= _SECONDS_MAX


def is_share(value: Any) -> bool:
    """A number from 0 to 1."""
    return type(value) in (int, float) and 0 <= value <= 1


def are_names(value: Any) -> bool:
    """At least two different names of annotators."""
    return (
        isinstance(value, list)
        and len(value) >= 2
        and all(name_problem(name) is None for name in value)
        and len(set(value)) == len(value)
    )


def are_words(value: Any) -> bool:
    """A list of words that is not empty."""
    return isinstance(value, list) and bool(value) and all(map(is_word, value))


def are_lists_of_ids(value: Any) -> bool:
    """Ids for each name, none twice under one name."""
    return isinstance(value, dict) and all(
        isinstance(each, list) and all(map(is_word, each)) and len(set(each)) == len(each)
        for each in value.values()
    )


def are_orders(value: Any) -> bool:
    """Two log-probabilities for each of the two orders of showing."""
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


def are_class_shares(value: Any) -> bool:
    """A share for each answer class."""
    return isinstance(value, list) and len(value) == len(AnswerClass) and all(map(is_share, value))


def are_groups(value: Any) -> bool:
    """Two answers or more in groups, best first; none twice."""
    if not isinstance(value, list) or not all(isinstance(each, list) and each for each in value):
        return False
    members = [one for each in value for one in each]
    return len(members) > 1 and all(map(is_word, members)) and len(set(members)) == len(members)


def one_of(*words: str) -> Check:
    """A check that lets only these words pass."""
    return lambda value: isinstance(value, str) and value in words
