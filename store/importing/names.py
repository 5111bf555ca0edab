"""The names that data sets give to answers: by side, by role, or in a list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import product
from typing import Any, Final, NamedTuple

_TOKEN: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_ANSWER: Final = frozenset(
    {
        "answer",
        "answers",
        "response",
        "responses",
        "output",
        "outputs",
        "completion",
        "completions",
        "text",
        "texts",
        "reply",
        "replies",
        "generation",
        "generations",
        "candidate",
        "candidates",
        "conversation",
        "conversations",
        "message",
        "messages",
        "summary",
        "summaries",
        "model",
    }
)
_CHOSEN: Final = frozenset(
    {
        "chosen",
        "preferred",
        "better",
        "best",
        "good",
        "winner",
        "winning",
        "win",
        "accepted",
        "positive",
        "pos",
    }
)
_REJECTED: Final = frozenset(
    {
        "rejected",
        "dispreferred",
        "nonpreferred",
        "unpreferred",
        "worse",
        "worst",
        "bad",
        "loser",
        "losing",
        "lose",
        "negative",
        "neg",
    }
)
ROLES: Final = _CHOSEN | _REJECTED
"""Words that speak of the chosen or the rejected answer."""
AGAINST: Final = _REJECTED | {"not", "non", "un", "least", "second"}
"""Words in a name whose value is the answer that was not preferred."""
_SIDES: Final = (("a", "b"), ("1", "2"), ("0", "1"), ("left", "right"), ("first", "second"))
_ANSWER_ALONE: Final = _ANSWER - {"text", "texts", "conversation", "conversations", "message"}

LISTS: Final = (
    "responses",
    "outputs",
    "output",
    "completions",
    "answers",
    "candidates",
    "generations",
    "texts",
    "replies",
    "summaries",
    "sampled_answers",
)
"""Where a list of answers is looked for."""


class Sides(NamedTuple):
    """The columns of two answers."""

    a: str
    b: str


@lru_cache(maxsize=4096)
def tokens(key: str) -> tuple[str, ...]:
    """The words of a name: ``score_chosen`` and ``scoreChosen`` are ``score`` and ``chosen``."""
    return tuple(found.lower() for found in _TOKEN.findall(key))


@lru_cache(maxsize=1024)
def by_role(keys: tuple[str, ...]) -> Sides | None:
    """The columns of the chosen and the rejected answer, where the row has both."""
    return next(iter(_by_role(keys)), None)


def _by_role(keys: tuple[str, ...]) -> list[Sides]:
    if "chosen" in keys and "rejected" in keys:
        return [Sides("chosen", "rejected")]
    roles = {key: found for key in keys if (found := _role(key)) is not None}
    return [
        Sides(good, bad)
        for good, bad in product(roles, roles)
        if roles[good][0] and not roles[bad][0] and roles[good][1] == roles[bad][1]
    ]


def _role(key: str) -> tuple[bool, tuple[str, ...]] | None:
    """Whether a name speaks of the chosen answer, and the rest of it; None for other names."""
    words = tokens(key.replace("non_preferred", "nonpreferred").replace("non-", "non"))
    role = [word for word in words if word in _CHOSEN or word in _REJECTED]
    rest = tuple(word for word in words if word not in role)
    if len(role) != 1 or not set(rest) <= _ANSWER or rest == ("model",):
        return None
    return role[0] in _CHOSEN, rest


@lru_cache(maxsize=1024)
def by_side(keys: tuple[str, ...]) -> Sides | None:
    """The columns of two answers that are told apart by a letter, a number or a place."""
    groups = numbered(keys)
    for group in groups.values():
        for first, second in _SIDES:
            if first in group and second in group and len(group) == 2:
                return Sides(group[first], group[second])
    return None


@lru_cache(maxsize=1024)
def many(keys: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of three or more answers of one name, such as ``output_1`` to ``output_4``."""
    found = max(numbered(keys).values(), key=len, default={})
    return tuple(found.values()) if len(found) > 2 else ()


def numbered(keys: Iterable[str]) -> dict[tuple[str, ...], dict[str, str]]:
    """Columns that may hold answers by their common name, each by its side's mark."""
    marks = {mark for pair in _SIDES for mark in pair} | {str(n) for n in range(17)}
    marks |= set("abcdefgh")
    groups: dict[tuple[str, ...], dict[str, str]] = {}
    for key in keys:
        words = tokens(key)
        for place in (-1, 0):
            rest = words[:-1] if place else words[1:]
            if words and words[place] in marks and _is_answer(rest, words[place]):
                groups.setdefault(rest, {}).setdefault(words[place], key)
                break
    return groups


def two_texts(row: Mapping[str, Any]) -> list[str]:
    """Two columns that differ by a side's mark alone and hold text of several words each."""
    sided: dict[tuple[str, ...], dict[str, str]] = {}
    for key, value in row.items():
        words = tokens(key)
        if len(words) > 1 and isinstance(value, str) and len(value.split()) > 1:
            sided.setdefault(words[:-1], {})[words[-1]] = key
    both = (found for found in sided.values() if tuple(sorted(found)) in _SIDES)
    return [found[mark] for found in both for mark in sorted(found)]


def _is_answer(rest: tuple[str, ...], mark: str) -> bool:
    if not rest:
        return mark in ("a", "b")
    return set(rest) <= _ANSWER | {"assistant", "bot"} and rest != ("model",)


@lru_cache(maxsize=4096)
def is_answer(key: str) -> bool:
    """Whether a name sounds like that of an answer."""
    words = set(tokens(key))
    if key.lower() in ("a", "b") or _role(key) is not None:
        return True
    return bool(words & _ANSWER_ALONE - {"model"}) and not words & {
        "model",
        "id",
        "ids",
        "score",
        "rating",
        "length",
        "tokens",
        "prompt",
    }
