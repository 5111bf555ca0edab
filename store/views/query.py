"""The search line of mode B: words, and filters that combine; pure, without a database.

``statins status:disagreed category:harmful -flagged`` asks for disagreements on harmful prompts
that mention statins and that nobody set aside. Quotes keep words together, and make words of what
would be a filter: ``"flagged"``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from store.names import find, hint


class SearchTarget(StrEnum):
    """What is listed."""

    PAIR = "pair"
    PROMPT = "prompt"
    ANSWER = "answer"


class Sort(StrEnum):
    """The columns of the list, each of which it can be sorted by."""

    NUMBER = "number"
    """The order of the project."""
    STATUS = "status"
    LABELS = "labels"
    """By how many there are."""
    CATEGORY = "category"
    TEXT = "text"


STATUSES: Final[dict[str, frozenset[SearchTarget]]] = {
    "waiting": frozenset({SearchTarget.PAIR, SearchTarget.PROMPT}),
    "skipped": frozenset({SearchTarget.PAIR}),
    "labelled": frozenset({SearchTarget.PAIR}),
    "agreed": frozenset({SearchTarget.PAIR}),
    "disagreed": frozenset({SearchTarget.PAIR}),
    "ruled": frozenset({SearchTarget.PAIR}),
    "writing": frozenset({SearchTarget.PROMPT}),
    "written": frozenset({SearchTarget.PROMPT}),
    "imported": frozenset({SearchTarget.PROMPT}),
    "to-decide": frozenset({SearchTarget.PROMPT, SearchTarget.ANSWER}),
    "accepted": frozenset({SearchTarget.PROMPT, SearchTarget.ANSWER}),
    "edited": frozenset({SearchTarget.PROMPT, SearchTarget.ANSWER}),
    "rejected": frozenset({SearchTarget.PROMPT, SearchTarget.ANSWER}),
    "removed": frozenset({SearchTarget.PAIR, SearchTarget.PROMPT, SearchTarget.ANSWER}),
}
"""Every status, and what can have it."""

ORIGINS: Final = ("proposed", "imported", "revision", "edited")
LONGER: Final = ("chosen", "rejected")
EVERY: Final = frozenset(SearchTarget)
PAIRS: Final = frozenset({SearchTarget.PAIR})

FILTERS: Final[dict[str, frozenset[SearchTarget]]] = {
    "status": EVERY,
    "category": EVERY,
    "by": EVERY,
    "principle": EVERY,
    "origin": EVERY,
    "longer": PAIRS,
    "out": PAIRS,
    "finding": PAIRS,
    "kind": EVERY,
    "sort": EVERY,
}
"""Every filter with a value, and what it can be asked of."""

BARE: Final[dict[str, frozenset[SearchTarget]]] = {"flagged": EVERY, "hasty": PAIRS, "noted": EVERY}
"""Filters that are one word."""

_VALUES: Final[dict[str, tuple[str, ...]]] = {
    "status": tuple(STATUSES),
    "origin": ORIGINS,
    "longer": LONGER,
    "kind": tuple(SearchTarget),
    "sort": tuple(Sort),
}
_OTHER_WORDS: Final = {
    "kind": {"pairs": "pair", "prompts": "prompt", "answers": "answer", "candidate": "answer"},
    "status": {"to_decide": "to-decide", "decide": "to-decide", "todo": "waiting"},
    "sort": {
        **dict.fromkeys(("project", "place", "#", "newest", "new"), Sort.NUMBER.value),
        **dict.fromkeys(("prompt", "answer"), Sort.TEXT.value),
    },
}
_NEWEST: Final = frozenset({"newest", "new"})
_TOKEN = re.compile(r'(?:"[^"]*"?|[^\s"])+')
_PARTS = re.compile(r"(-?)(?:([^\W\d][\w-]*):)?(.*)", re.DOTALL)
_LAST = re.compile(r'(?:(?<=[\s-])|^)[^\s"-][^\s"]*$|$')
_WORDY = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class SearchTerm:
    """A word, or words in a row, that an item's texts hold."""

    text: str
    exact: bool = False
    """Quoted: whole words, in this order. A bare word also finds words that begin with it."""
    without: bool = False
    """Items that do not hold it."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on an item."""

    name: str
    value: str = ""
    without: bool = False
    """Items of which it is not true."""


@dataclass(frozen=True, slots=True)
class Query:
    """A search line, understood."""

    words: tuple[SearchTerm, ...] = ()
    filters: tuple[Filter, ...] = ()
    kind: SearchTarget = SearchTarget.PAIR
    sort: Sort = Sort.NUMBER
    down: bool = False
    """The other way round: the last first."""
    number: int | None = None
    """``#41``: the item with this place in the project."""
    problem: str = ""
    """Why the line cannot be meant, with the nearest name; one line. Empty when it can."""

    @property
    def is_blank(self) -> bool:
        """Whether everything is asked for."""
        return not (self.words or self.filters or self.number is not None)


def parse(
    line: str,
    kind: SearchTarget = SearchTarget.PAIR,
    sort: Sort = Sort.NUMBER,
    *,
    down: bool = False,
) -> Query:
    """What a search line asks for.

    Args:
        line: as it was typed.
        kind: what is listed where the line does not say it.
        sort: the column to sort by where the line does not say it.
        down: and whether the last comes first.
    """
    words: list[SearchTerm] = []
    filters: list[Filter] = []
    chosen: dict[str, str] = {}
    number: int | None = None
    for token in _TOKEN.findall(line):
        minus, name, rest = _PARTS.fullmatch(token).groups()  # type: ignore[union-attr]  # (.*) takes all
        quoted, value, without = '"' in rest, rest.replace('"', ""), bool(minus)
        if name:
            name = name.casefold()
            backwards = name == "sort" and (without or value[:1] == "-" or value in _NEWEST)
            value, problem = _valued(name, value.removeprefix("-") if name == "sort" else value)
            if problem:
                return Query(kind=kind, sort=sort, down=down, problem=problem)
            if name in {"kind", "sort"}:
                down = backwards if name == "sort" else down
                chosen[name] = value
            else:
                filters.append(Filter(name, value, without))
        elif not quoted and value.casefold() in BARE:
            filters.append(Filter(value.casefold(), without=without))
        elif not quoted and value[:1] == "#" and value[1:].isdecimal():
            number = int(value[1:9])
        elif _WORDY.search(value):
            words.append(SearchTerm(value, exact=quoted, without=without))
        else:
            return Query(
                kind=kind, sort=sort, down=down, problem=f'"{value}" holds no word to search for'
            )
    asked, problem = _kind_of(
        filters, SearchTarget(chosen["kind"]) if "kind" in chosen else None, kind
    )
    order = Sort(chosen.get("sort", sort))
    if order is Sort.LABELS and asked is not SearchTarget.PAIR:
        if "sort" in chosen:
            problem = problem or "sort:labels can be asked of pairs only"
        order, down = Sort.NUMBER, False
    return Query(
        words=tuple(words),
        filters=tuple(filters),
        kind=asked,
        sort=order,
        down=down,
        number=number,
        problem=problem,
    )


def without_sort(line: str) -> str:
    """The line without what it says of the order."""
    return " ".join(
        token
        for token in _TOKEN.findall(line)
        if not token.removeprefix("-").casefold().startswith("sort:")
    )


def completed(line: str) -> str | None:
    """The line with its last word as it may be meant to go on, or None."""
    begun = _LAST.search(line)[0]  # type: ignore[index]  # an empty end is found too
    name, colon, value = begun.casefold().partition(":")
    if colon:
        minus = "-" if name == "sort" and value[:1] == "-" else ""
        known = [f"{name}:{minus}{each}" for each in _VALUES.get(name, ())]
    else:
        known = [*(f"{each}:" for each in FILTERS), *BARE]
    found = next((each for each in known if begun and each.startswith(begun.casefold())), None)
    return None if found is None else line + found[len(begun) :]


def _valued(name: str, value: str) -> tuple[str, str]:
    """A filter's value in its one form, and what is wrong with it."""
    if name not in FILTERS:
        told = hint(name, [*FILTERS, *BARE])
        return value, f'no filter "{name}" (in quotes it is searched for){told}'
    if not value:
        return value, f"{name}: needs a value, for example {name}:{_example(name)}"
    if name not in _VALUES:
        return value, ""
    other = _OTHER_WORDS.get(name, {})
    found = find(other.get(value.casefold(), value), _VALUES[name])
    return (found, "") if found else (value, f'no {name} "{value}"{hint(value, _VALUES[name])}')


def _example(name: str) -> str:
    examples = {
        "category": "harmful",
        "by": "NAME",
        "principle": "H7",
        "out": "disagreement",
        "finding": "length",
    }
    return examples.get(name) or _VALUES[name][0]


def _kind_of(
    filters: list[Filter], asked: SearchTarget | None, current: SearchTarget
) -> tuple[SearchTarget, str]:
    """What all the filters can be asked of: the kind named, else the current one, else another."""
    able = set(EVERY)
    for each in filters:
        has = STATUSES[each.value] if each.name == "status" else (BARE | FILTERS)[each.name]
        if not able & has:
            return (
                asked or current,
                f"{_said(each)} cannot be asked together with {_said(filters[0])}",
            )
        able &= has
        if asked is not None and asked not in able:
            which = " and ".join(f"{kind}s" for kind in SearchTarget if kind in has)
            return asked, f"{_said(each)} can be asked of {which} only"
    if asked is not None:
        return asked, ""
    return (current if current in able else min(able, key=list(SearchTarget).index)), ""


def _said(filter_: Filter) -> str:
    return f"{filter_.name}:{filter_.value}" if filter_.value else filter_.name
