"""SHP, the Stanford Human Preferences: a post and two comments on it, one of them liked better."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from store.importing import context
from store.importing.fields import RowFields
from store.importing.jsonl import kind
from store.importing.rows import Given, PairRow, RowRefused
from store.records import Verdict

_ANSWERS: Final = ("human_ref_A", "human_ref_B")
_VERDICTS: Final = {"1": Verdict.A, "0": Verdict.B}


def looks_like(row: Mapping[str, Any]) -> bool:
    """Whether a row has the two comments under the names of SHP."""
    return all(row.get(side) is not None for side in _ANSWERS)


def rows(fields: RowFields) -> Iterator[PairRow]:
    """The pair of a row, A as ``a``; what readers liked better is the file's own preference.

    Raises:
        RowRefused: a text is missing, or ``labels`` is neither 1 nor 0.
    """
    key = context.key_of(fields) or "history"
    if not fields.has(key):
        raise fields.missing("history")
    messages = context.read(fields, key)
    a, b = (
        fields.answer(name, fields.take(name, side))
        for name, side in zip(_ANSWERS, "ab", strict=True)
    )
    said = fields.take("labels", "preference")
    verdict = _VERDICTS.get(str(said).removesuffix(".0"))
    if verdict is None and said not in (None, ""):
        told = str(said)[:40] if isinstance(said, str) else kind(said)
        raise RowRefused("labels", f"is {told}, neither 1 (A is better) nor 0 (B is)")
    scores = [str(fields.take(f"score_{side}", "note of the preference")) for side in "AB"]
    note = f"score {scores[0]} against {scores[1]}" if fields.has("score_A") else None
    yield PairRow(
        line=fields.line,
        messages=messages,
        a=a,
        b=b,
        category=fields.word("category"),
        external_id=fields.identity(),
        tags=fields.tags(),
        labels={} if verdict is None else {fields.source: Given(verdict, note=note)},
        problems=tuple(fields.problems),
    )
