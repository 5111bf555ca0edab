"""Pairs whose answers have sides: ``a`` and ``b``, ``response1`` and ``response2``, and so on.

The file's order is kept: its labels speak of it. A row with labels and an id but no texts names a
pair that the project has already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from store.importing import choices, context, names, spoken, turns
from store.importing.fields import RowFields
from store.importing.names import Sides
from store.importing.preference import ImportedAnswer, answer
from store.importing.rows import Given, LabelRow, PairRow, RowRefused
from store.records import Verdict

_TEXTS = ("prompt", "messages", "a", "b")
_STEERS = ("overall_preference", "preference_strength")
_LETTERS = Sides("a", "b")


def looks_like(row: Mapping[str, Any]) -> bool:
    """Whether a row has two answers by side, or labels of a pair it names by id."""
    if is_labels_alone(row):
        return True
    sides = sides_of(row)
    return sides is not None and any(row.get(side) is not None for side in sides)


def is_labels_alone(row: Mapping[str, Any]) -> bool:
    """Whether a row has labels and an id, and neither prompt nor answers."""
    labelled = bool(row.get("labels")) and row.get("id") is not None
    return labelled and not any(key in row for key in (*_TEXTS, *context.KEYS))


def sides_of(row: Mapping[str, Any]) -> Sides | None:
    """The columns of the two answers."""
    if "a" in row or "b" in row:
        return _LETTERS
    return names.by_side(tuple(row))


def is_numbered(row: Mapping[str, Any]) -> bool:
    """Whether the answers are numbered, as those of PandaLM."""
    sides = sides_of(row)
    return looks_like(row) and sides is not None and sides.a[-1].isdigit()


def is_steered(row: Mapping[str, Any]) -> bool:
    """Whether the two answers come with a preference from -3 to 3, as those of HelpSteer3."""
    return any(name in row for name in _STEERS) and names.by_side(tuple(row)) is not None


def rows(fields: RowFields) -> Iterator[PairRow | LabelRow]:
    """The pair of a row.

    Raises:
        RowRefused: a text is missing, or a label is none.
    """
    if is_labels_alone(fields.data):
        external_id = fields.identity()
        labels, notes = spoken.people(fields, spoken.by_letter)
        yield LabelRow(fields.line, external_id or "", labels, notes, tuple(fields.problems))
        return
    yield pair(fields, sides_of(fields.data) or _LETTERS)


def pair(fields: RowFields, sides: Sides) -> PairRow:
    """The pair of a row whose answers stand under these columns.

    Raises:
        RowRefused: a text is missing, or a label is none.
    """
    external_id = fields.identity("idx")
    _take_lists_apart(fields, sides)
    stated = context.prompt(fields) if context.key_of(fields) else ()
    a, b = (_answer(fields, side, name) for side, name in zip(sides, "ab", strict=True))
    if a.before != b.before:
        reason = f"the conversation differs from {sides.a} before the last answer"
        raise RowRefused(fields.column(sides.b), reason)
    if not (messages := context.joined(fields, stated, a.before, sides.a)):
        raise fields.missing("prompt")
    labels, notes = spoken.people(fields, spoken.by_letter)
    labels = choices.raters(fields, sides) | labels
    return PairRow(
        line=fields.line,
        messages=messages,
        a=a.text,
        b=b.text,
        category=fields.word("category"),
        external_id=external_id,
        tags=fields.tags(),
        labels=(_steered(fields) or choices.own(fields, sides)) | labels,
        notes=notes,
        problems=tuple(fields.problems),
    )


def _take_lists_apart(fields: RowFields, sides: Sides) -> None:
    """Puts texts in place of lists of one text, as Chatbot Arena has prompt and answers.

    Raises:
        RowRefused: the lists hold several turns each, or no text.
    """
    keys = [context.key_of(fields) or "", *sides]
    lists = [turns.texts_in_list(fields.data.get(key)) for key in keys]
    for key, found in zip(keys, lists, strict=True):
        if not all(lists) or found is None:
            return
        if len(found) > 1:
            reason = f"holds {len(found)} turns: earlier answers differ, which no pair can hold"
            raise RowRefused(fields.column(key), reason)
        fields.data[key] = found[0]
    fields.kept(sides.a, "is a list of one text, as are the others: taken apart")


def _answer(fields: RowFields, side: str, meaning: str) -> ImportedAnswer:
    if side not in fields.data:
        raise fields.missing(side)
    value = turns.unpacked(fields, side, fields.take(side, meaning))
    if side in _LETTERS:  # our own format: a text or a conversation, nothing to be guessed
        if isinstance(value, list) and not (value and turns.is_message(value[0])):
            raise RowRefused(fields.column(side), "is a list, not text")
        return answer(fields, side, value)
    if isinstance(value, Mapping) and isinstance(value.get("text"), str):
        for name, each in value.items():
            if name != "text" and each not in (None, "", [], {}):
                fields.leave(f"{fields.column(side)}.{name}")
        value = value["text"]
    if isinstance(value, list) and not all(turns.is_message(each) for each in value):
        value = value[0] if len(value) == 1 else value
        if isinstance(value, list):
            raise RowRefused(fields.column(side), "is a list, not one text or one conversation")
    return answer(fields, side, value)


def _steered(fields: RowFields) -> dict[str, Given]:
    """A preference from -3 (the first is much better) to 3 as a verdict."""
    key = next((name for name in _STEERS if isinstance(fields.data.get(name), str)), None)
    if key is None:
        return {}
    value = fields.data[key]
    try:
        n = float(value)
    except ValueError:
        return {}
    if n not in range(-3, 4):
        raise RowRefused(key, f"is {value}, not a whole number from -3 to 3")
    fields.take(key, "preference")
    if n == 0:
        return {fields.source: Given(Verdict.TIE)}
    verdict = Verdict.A if n < 0 else Verdict.B
    note = f"{key} {value}"
    return {fields.source: Given(verdict, 2 if abs(n) == 3 else 1, note)}
