"""Labelled pairs, one a row: ``prompt``, ``a``, ``b`` and who said what about them.

A row with labels and an id but no texts names a pair that the project has already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from store import ids
from store.importing.fields import Fields
from store.importing.jsonl import Number, kind
from store.importing.rows import Given, LabelRow, PairRow, Refused
from store.records import Verdict


def rows(fields: Fields) -> Iterator[PairRow | LabelRow]:
    """The pair of a row.

    Raises:
        Refused: a text is missing, or a label is none.
    """
    external_id = fields.identity()
    texts = [field for field in ("prompt", "messages", "a", "b") if field in fields.data]
    if not texts and external_id is not None and fields.has("labels"):
        labels, notes = _labels(fields)
        yield LabelRow(fields.line, external_id, labels, notes, tuple(fields.problems))
        return
    messages = fields.conversation("messages" if "messages" in texts else "prompt")
    a, b = fields.answer("a"), fields.answer("b")
    labels, notes = _labels(fields)
    yield PairRow(
        line=fields.line,
        messages=messages,
        a=a,
        b=b,
        category=fields.word("category"),
        external_id=external_id,
        labels=labels,
        notes=notes,
        problems=tuple(fields.problems),
    )


def _labels(fields: Fields) -> tuple[dict[str, Given], dict[str, str]]:
    """The verdicts with their strengths and notes, and the notes of people without one."""
    verdicts = {
        who: _verdict(f"labels.{who}", value) for who, value in _by_name(fields, "labels").items()
    }
    strengths = {
        who: _strength(f"strength.{who}", value, verdicts.get(who))
        for who, value in _by_name(fields, "strength").items()
    }
    notes = {
        who: fields.text(f"notes.{who}", value) for who, value in _by_name(fields, "notes").items()
    }
    given = {
        who: Given(verdict, strengths.get(who), notes.pop(who, "").strip() or None)
        for who, verdict in verdicts.items()
    }
    return given, {who: note.strip() for who, note in notes.items() if note.strip()}


def _by_name(fields: Fields, field: str) -> dict[str, Any]:
    """What stands under each annotator's name; null means nothing."""
    value = fields.data.get(field)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Refused(field, f"is {kind(value)}, not an object of annotators' names")
    found: dict[str, Any] = {}
    for name, each in value.items():
        who = ids.name(fields.text(field, name))
        if not who:
            raise Refused(field, "has an annotator without a name")
        if who in found:
            raise Refused(f"{field}.{who}", "the name stands twice")
        found[who] = each
    return {who: each for who, each in found.items() if each is not None}


def _verdict(field: str, value: Any) -> Verdict:
    said = str(value) if isinstance(value, str) else kind(value)
    if isinstance(value, Number) or said not in set(Verdict):
        raise Refused(field, f"'{said[:40]}' is no verdict; the verdicts are {', '.join(Verdict)}")
    return Verdict(said)


def _strength(field: str, value: Any, verdict: Verdict | None) -> int:
    if not isinstance(value, Number) or value not in ("1", "2"):
        raise Refused(field, f"is {kind(value)}; a strength is 1 (better) or 2 (much better)")
    if verdict not in (Verdict.A, Verdict.B):
        raise Refused(field, "stands without a verdict a or b")
    return int(value)
