"""Answers that are called good or bad one by one (KTO): two of a prompt make a pair."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from store import ids
from store.importing import context, names, turns
from store.importing.fields import RowFields
from store.importing.jsonl import kind
from store.importing.preference import ImportedAnswer, answer
from store.importing.rows import Given, Made, PairRow, Problem, RatedRow, Row, RowRefused
from store.records import Verdict

_TAGS: Final = ("label", "kto_tag", "kto_label", "is_good", "desirable")
_ANSWERS: Final = ("completion", "response", "output", "answer", "completions", "responses")
_CONVERSATIONS: Final = ("messages", "conversations", "conversation")
_GOOD: Final = ("true", "good", "desirable", "positive", "chosen", "yes")
_BAD: Final = ("false", "bad", "undesirable", "negative", "rejected", "no")
_NUMBERS: Final = {"1": True, "1.0": True, "0": False, "0.0": False, "-1": False, "-1.0": False}


def looks_like(row: Mapping[str, Any]) -> bool:
    """Whether a row has one answer and whether it is a good one."""
    if row.get("completion") is not None and any(row.get(key) is not None for key in _TAGS):
        return _answer_key(row) is not None
    return _tag(row) is not None and (_answer_key(row) or _conversation(row)) is not None


def _tag(row: Mapping[str, Any]) -> str | None:
    # elsewhere a number may be anything: a class, the opposite of good
    numbers = row.get("completion") is not None
    return next(
        (key for key in _TAGS if key in row and _truth(row[key], numbers=numbers) is not None), None
    )


def _truth(value: Any, *, numbers: bool) -> bool | None:
    if isinstance(value, bool) or not isinstance(value, str):
        return value if isinstance(value, bool) else None
    word = value.strip().lower()
    if word in (*_GOOD, *_BAD):
        return word in _GOOD
    return _NUMBERS.get(word) if numbers else None


def _answer_key(row: Mapping[str, Any]) -> str | None:
    if names.by_side(tuple(row)) or names.by_role(tuple(row)):
        return None
    return next((key for key in _ANSWERS if row.get(key) is not None), None)


def _conversation(row: Mapping[str, Any]) -> str | None:
    return next((key for key in _CONVERSATIONS if isinstance(row.get(key), list)), None)


def rows(fields: RowFields) -> Iterator[RatedRow]:
    """The answer of a row.

    Raises:
        Refused: there is no prompt, no answer, or no word on it.
    """
    tag = _tag(fields.data)
    if tag is None:
        said = next((key for key in _TAGS if fields.has(key)), "label")
        if not fields.has(said):
            raise fields.missing("label")
        reason = (
            f"is {kind(fields.data[said])}, which says neither good nor bad: write true or false"
        )
        raise RowRefused(fields.column(said), reason)
    good = bool(_truth(fields.take(tag, "good or bad"), numbers=True))
    key = _answer_key(fields.data)
    if key is None:
        messages, text = _last_turn(fields)
    else:
        value = turns.unpacked(fields, key, fields.take(key, "answer"))
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
            value = value[0]
        found = answer(fields, key, value)
        stated = context.prompt(fields) if context.key_of(fields) else ()
        messages, text = context.joined(fields, stated, found.before, key), found.text
    if not messages:
        raise fields.missing("prompt")
    category = fields.word("category")
    problems = tuple(fields.problems)
    yield RatedRow(fields.line, messages, text, good, category, fields.source, problems)


def _last_turn(fields: RowFields) -> ImportedAnswer:
    key = _conversation(fields.data)
    if key is None:
        raise fields.missing("completion")
    found = answer(fields, key, fields.take(key, "prompt and answer"))
    return ImportedAnswer(context.opened(fields, found.before) if found.before else (), found.text)


def paired(rows: Iterable[tuple[Made | Problem, str]]) -> Iterator[tuple[Row | Problem, str]]:
    """Joins good and bad answers of a prompt, in the order they come; other rows pass.

    What is left alone at the end is refused: a pair needs one of each.
    """
    waiting: dict[str, tuple[deque[RatedRow], deque[RatedRow]]] = defaultdict(
        lambda: (deque(), deque())
    )
    for row, format_ in rows:
        if not isinstance(row, RatedRow):
            yield row, format_
            continue
        same, other = waiting[ids.prompt_id(row.messages)][:: 1 if row.good else -1]
        if other:
            yield _pair(row, other.popleft()), format_
        else:
            same.append(row)
    alone = (row for sides in waiting.values() for side in sides for row in side)
    for row in sorted(alone, key=lambda row: row.line):
        word = "good" if row.good else "bad"
        reason = (
            f"is the only answer called {word} that is left for its prompt: a pair needs a good"
            " and a bad one"
        )
        yield Problem(row.line, "label", reason, kept=False), "kto"


def _pair(one: RatedRow, other: RatedRow) -> PairRow:
    good, bad = (one, other) if one.good else (other, one)
    return PairRow(
        line=min(one.line, other.line),
        messages=good.messages,
        a=good.answer,
        b=bad.answer,
        category=good.category or bad.category,
        external_id=None,
        labels={good.own: Given(Verdict.A)},
        problems=(*one.problems, *other.problems),
        roles=("chosen", "rejected"),
        drawn=True,
        lines=2,
    )
