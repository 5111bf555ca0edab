"""Several answers to a prompt in one list, ranked or scored: all pairs of them.

UltraFeedback's raw rows, distilabel's generations with ratings, and lists best first. Groups of
places under ``ranking``, as ``export --format ranked`` writes them, are kept as one ranking.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, Final, NamedTuple

from store.importing import context, names, turns
from store.importing.fields import RowFields
from store.importing.jsonl import Number
from store.importing.preference import answer
from store.importing.rows import Given, PairRow, RankingRow, RowRefused
from store.records import Verdict

_GROUPS: Final = "ranking"
_RANKS: Final = ("ranks", "rank", _GROUPS)
_SCORES: Final = ("scores", "score", "ratings", "rating", "rewards")
_TEXTS: Final = ("response", "text", "content", "output", "completion", "answer", "value")
_RATED: Final = ("fine-grained_score", "overall_score", "score", "rating", "reward")


class _Answer(NamedTuple):
    text: str
    worth: float | None
    """Greater is better; None where nothing is known."""
    said: str
    """The worth as the file spells it, for the note."""


def looks_like(row: Mapping[str, Any]) -> bool:
    """Whether a row has a list of two answers or more."""
    return _key(row) is not None


def is_rated(row: Mapping[str, Any]) -> bool:
    """Whether the answers are objects with ratings of theirs, as UltraFeedback has them."""
    key = _key(row)
    return key == "completions" and isinstance(row[key][0], Mapping)


def _key(row: Mapping[str, Any]) -> str | None:
    for key in names.LISTS:
        value = row.get(key)
        if isinstance(value, list) and len(value) > 1 and not turns.is_message(value[0]):
            return key
    return None


def rows(fields: RowFields) -> Iterator[PairRow | RankingRow]:
    """All pairs of a row; the better answer's role is ``chosen``.

    Raises:
        RowRefused: an answer is no text, or there are not as many ranks as answers.
    """
    key = _key(fields.data)
    if key is None:
        raise fields.missing("responses")
    if _is_grouped(fields.data.get(_GROUPS)):
        yield _ranking(fields, key)
        return
    found = _answers(fields, key)
    messages = context.prompt(fields)
    pairs = list(combinations(found, 2))
    if len(pairs) > 1:
        fields.kept(key, f"holds {len(found)} answers: all {len(pairs)} pairs of them are made")
    external_id, category, tags = fields.identity(), fields.word("category"), fields.tags()
    for couple in pairs:
        one, other = sorted(couple, key=lambda each: -(each.worth or 0.0))
        given, roles = _given(one, other)
        yield PairRow(
            line=fields.line,
            messages=messages,
            a=one.text,
            b=other.text,
            category=category,
            external_id=external_id,
            tags=tags,
            labels={} if given is None else {fields.source: given},
            problems=tuple(fields.problems),
            roles=roles,
            drawn=True,
        )
        fields.problems.clear()


def _is_grouped(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(each, list) for each in value)


def _ranking(fields: RowFields, key: str) -> RankingRow:
    values = fields.take(key, "answers")
    answers = tuple(_text(fields, f"{key}[{i}]", value) for i, value in enumerate(values))
    if repeated := [text for text, times in Counter(answers).items() if times > 1]:
        raise RowRefused(key, f"holds one answer twice: {repeated[0][:60]}")
    groups = fields.take(_GROUPS, "order")
    places = [_place(one) for each in groups if isinstance(each, list) for one in each]
    whole = len(answers)
    if not all(isinstance(each, list) and each for each in groups) or sorted(places) != sorted(
        set(places) & set(range(whole))
    ):
        raise RowRefused(
            _GROUPS,
            f"is no list of groups of places from 0 to {whole - 1}, each place once at most, such"
            " as [[0], [1, 2]]",
        )
    if len(places) < 2:
        raise RowRefused(_GROUPS, "orders fewer than two answers")
    order = iter(places)
    return RankingRow(
        line=fields.line,
        messages=context.prompt(fields),
        answers=answers,
        groups=tuple(tuple(next(order) for _ in each) for each in groups),
        annotator=fields.word("annotator") or fields.source,
        category=fields.word("category"),
        tags=fields.tags(),
        problems=tuple(fields.problems),
    )


def _place(value: Any) -> int:
    """A place as JSON has it; -1 for what is none."""
    return int(value) if isinstance(value, Number) and str(value).isdecimal() else -1


def _given(one: _Answer, other: _Answer) -> tuple[Given | None, tuple[str | None, str | None]]:
    if one.worth is None or other.worth is None:
        return None, (None, None)
    note = f"{one.said} against {other.said}"
    if one.worth == other.worth:
        return Given(Verdict.TIE, note=note), (None, None)
    return Given(Verdict.A, note=note), ("chosen", "rejected")


def _answers(fields: RowFields, key: str) -> list[_Answer]:
    values = fields.take(key, "answers")
    texts = []
    for i, value in enumerate(values):
        path = f"{key}[{i}]"
        texts.append(_text(fields, path, value))
    worths = _beside(fields, key, len(values)) or [_inside(each) for each in values]
    unknown = [i for i, (worth, _) in enumerate(worths) if worth is None]
    if len(unknown) == len(worths) and key == "output" and "instruction" in fields.data:
        fields.kept(key, "has no ranks: the first is taken for the best, as LLaMA-Factory does")
        worths = [(-float(i), f"place {i + 1}") for i in range(len(values))]
    elif unknown:
        fields.kept(key, f"answer {unknown[0] + 1} has no rank or score: no preference for it")
    return [_Answer(text, *worth) for text, worth in zip(texts, worths, strict=True)]


def _text(fields: RowFields, path: str, value: Any) -> str:
    if isinstance(value, Mapping) and not turns.is_message(value):
        name = next((each for each in _TEXTS if each in value), None)
        if name is None:
            raise RowRefused(path, f"is an object without a text; looked for {', '.join(_TEXTS)}")
        for other, each in value.items():
            if other not in (name, _RATED[0], _rated_by(value)) and each not in (None, "", [], {}):
                fields.leave(f"{path}.{other}")
        path, value = f"{path}.{name}", value[name]
    found = answer(fields, path, value)
    if found.before:
        raise RowRefused(path, "is a whole conversation, not one answer")
    return found.text


def _beside(fields: RowFields, key: str, n: int) -> list[tuple[float | None, str]]:
    """The worth of each answer from a list of ranks or scores beside them."""
    for name in (*_RANKS, *_SCORES):
        value = fields.data.get(name)
        if name == key or not isinstance(value, list) or not value:
            continue
        if len(value) != n:
            raise RowRefused(name, f"has {len(value)} entries, but there are {n} answers")
        numbers = [_number(each) for each in fields.take(name, "worth")]
        if name in _RANKS:
            if name == "ranking" and not _is_plain(numbers):
                raise RowRefused(
                    name,
                    "may mean the ranks of the answers or their order; call it ranks, the rank of"
                    " each answer, 1 for the best",
                )
            word, sign = "rank", -1
        else:
            word, sign = name.rstrip("s"), 1
        return [
            (None if number is None else sign * number, f"{word} {each}")
            for number, each in zip(numbers, value, strict=True)
        ]
    return []


def _is_plain(numbers: list[float | None]) -> bool:
    """Whether ranks and order come to the same: places read twice are where they were."""
    if sorted(n for n in numbers if n is not None) != list(range(1, len(numbers) + 1)):
        return True  # ties, or no places at all: it can only be ranks
    return all(numbers[int(n or 1) - 1] == i for i, n in enumerate(numbers, start=1))


def _inside(value: Any) -> tuple[float | None, str]:
    """The worth of an answer from a rating inside it."""
    if isinstance(value, Mapping):
        name = _rated_by(value)
        if name is not None and (number := _number(value[name])) is not None:
            return -number if name in _RANKS else number, f"{name} {value[name]}"
    return None, ""


def _rated_by(value: Mapping[str, Any]) -> str | None:
    """The entry that tells what an answer is worth."""
    return next((n for n in (*_RATED, *_RANKS) if _number(value.get(n)) is not None), None)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if number == number else None
