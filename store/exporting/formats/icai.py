"""``icai``: annotated pairs of Inverse Constitutional AI, with what each annotator said."""

from __future__ import annotations

from collections.abc import Iterable

from store import ids
from store.exporting.facts import AnnotatorVerdict, PairOutline, Side
from store.exporting.formats.base import Document, ExportFormat, Line, each, turns
from store.exporting.rows import ExportRow
from store.records import Verdict

DECIDED = "pairlab"
"""The annotator that stands for what counts as decided."""

_NO_PREFERENCE = {
    Verdict.TIE: "tie",
    Verdict.BOTH_BAD: "both_bad",
    Verdict.SKIP: "skip",
}


def _comparison(row: ExportRow) -> Line:
    pair = row.pair
    said = sorted(pair.words, key=lambda word: word.given_by != "person")
    annotations = {DECIDED: {"pref": "a" if row.chosen is pair.a else "b"}}
    annotations |= {label.annotator: _annotation(label) for label in said}
    return {
        "id": pair.id,
        "prompt": "\n\n".join(message.content for message in row.messages),
        "response_a": _response(pair.a),
        "response_b": _response(pair.b),
        "annotations": annotations,
        "metadata": {
            "category": pair.category,
            "basis": row.standing.basis,
            # the prompt above is one text: a conversation is here whole
            "messages": turns(row.messages),
        },
    }


def _annotation(label: AnnotatorVerdict) -> Line:
    if label.verdict in _NO_PREFERENCE:
        return {"pref": None, "no_pref_reason": _NO_PREFERENCE[label.verdict]}
    return {"pref": label.verdict.value}


def _response(side: Side) -> Line:
    return {"text": side.text, "model": side.author}


def _head(pairs: Iterable[PairOutline]) -> Line:
    names = sorted({word.annotator for pair in pairs for word in pair.words} - {DECIDED})
    people = {
        name: {"name": name, "description": "", "type": "human" if ids.is_person(name) else "ai"}
        for name in names
    }
    decided = {"name": DECIDED, "description": "what counts as decided", "type": "human"}
    return {
        "metadata": {
            "version": "2.0",
            "description": "preference data from pairlab",
            "default_annotator": DECIDED,
        },
        "annotators": {DECIDED: decided, **people},
    }


ICAI = ExportFormat(
    "icai",
    "annotated pairs of Inverse Constitutional AI: one JSON document, every annotator apart",
    each(_comparison),
    document=Document(_head, "comparisons"),
    tabular=False,
    note=f"The annotator `{DECIDED}` stands for what counts as decided; no label is left out."
    " It is read whole: a folder has one file unless --split asks for more.",
)
