"""What `pairlab export` writes beside trainers' formats: ``audit`` and ``icai``, read back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from store import ids
from store.importing import history, turns
from store.importing.fields import RowFields
from store.importing.jsonl import Number, kind
from store.importing.rows import Given, PairRow, RowRefused
from store.merging.checked import Tampered
from store.records import Message, Phase, Verdict

_NO_PREFERENCE: Final = {
    "tie": Verdict.TIE,
    "both_bad": Verdict.BOTH_BAD,
    "skip": Verdict.SKIP,
}


def is_comparison(row: Mapping[str, Any]) -> bool:
    """Whether a row is a comparison of an annotated-pairs document."""
    sides = row.get("response_a"), row.get("response_b")
    return isinstance(row.get("annotations"), Mapping) and all(
        isinstance(side, Mapping) and "text" in side for side in sides
    )


def comparison(fields: RowFields) -> Iterator[PairRow]:
    """The pair of a comparison, with what each annotator said.

    What the default annotator of a document of ours says is what counted as decided, and nobody's
    own label: it becomes the file's own preference.

    Raises:
        RowRefused: a text is missing, or a preference is none.
    """
    document = _object(fields.take("_document", "document"))
    about = _object(fields.take("metadata", "prompt and category"))
    is_ours = bool(_object(document.get("metadata")).get("description"))
    texts = [_side(fields, name) for name in ("response_a", "response_b")]
    said = fields.take("annotations", "labels")
    labels: dict[str, Given] = {}
    for name, each in said.items():
        if not isinstance(each, Mapping):
            raise RowRefused(f"annotations.{name}", f"is {kind(each)}, not an object")
        if (verdict := _preference(f"annotations.{name}", each)) is not None:
            decided = name == "pairlab" and is_ours
            who = fields.source if decided else _name(name, document)
            labels[who] = Given(verdict)
    for name, each in about.items():
        if name not in ("category", "basis", "messages") and each not in (None, "", [], {}):
            fields.leave(f"metadata.{name}")
    if isinstance(about.get("messages"), list):
        messages = turns.messages(fields, "metadata.messages", about["messages"])
        fields.take("prompt", "prompt")
    else:
        if "prompt" not in fields.data:
            raise fields.missing("prompt")
        messages = (Message("user", fields.text("prompt", fields.take("prompt"))),)
    category = about.get("category")
    # the id of one of our pairs is the hash of what it holds, and no name that was given to it
    name = None if is_ours else fields.identity()
    fields.take("id", "id")
    yield PairRow(
        line=fields.line,
        messages=messages,
        a=texts[0],
        b=texts[1],
        category=category if isinstance(category, str) else None,
        external_id=name,
        labels=labels,
        problems=tuple(fields.problems),
    )


def _name(name: str, document: Mapping[str, Any]) -> str:
    """An annotator's name, marked where the document says that it is no person."""
    about = _object(document.get("annotators")).get(name)
    sort = about.get("type", "human") if isinstance(about, Mapping) else "human"
    plain = ids.name(name)
    if sort == "human" or not ids.is_person(plain):
        return plain
    return f"{ids.AI if sort == 'ai' else ids.SOURCE}{plain}"


def _side(fields: RowFields, name: str) -> str:
    value = fields.take(name, name[-1])
    for key, each in value.items():
        if key != "text" and each not in (None, "", [], {}):
            fields.leave(f"{name}.{key}")
    return fields.answer(f"{name}.text", value["text"])


def _preference(field: str, said: Mapping[str, Any]) -> Verdict | None:
    """The verdict of an annotation; None where it says that there is none."""
    value = said.get("pref")
    if value is None:
        return _NO_PREFERENCE.get(str(said.get("no_pref_reason")))
    if value not in ("a", "b"):
        raise RowRefused(field, f"prefers {str(value)[:40]!r}, neither a nor b")
    return Verdict(value)


def is_audit(row: Mapping[str, Any]) -> bool:
    """Whether a row is a line of the export format ``audit``."""
    keys = ("pair", "prompt", "a", "b")
    return all(isinstance(row.get(key), Mapping) for key in keys) and isinstance(
        row.get("labels"), list
    )


def audit(fields: RowFields) -> Iterator[PairRow]:
    """The pair of a line with everybody's label that stands, in all phases, and its history.

    Raises:
        RowRefused: a text is missing, or a label is none.
    """
    whole = _history(fields)
    pair, prompt = fields.take("pair", "pair"), fields.take("prompt", "prompt")
    turns_ = prompt.get("messages")
    if not isinstance(turns_, list):
        raise RowRefused("prompt.messages", "is missing")
    texts = []
    for side in "ab":
        value = fields.take(side)
        if "text" not in value:
            raise RowRefused(f"{side}.text", "is missing")
        texts.append(fields.answer(f"{side}.text", value["text"]))
        for part in ("critique", "generation"):
            if value.get(part) and whole is None:
                fields.leave(f"{side}.{part}")
    for key in ("decided", "excluded", "soft_labels", "label_history"):
        fields.take(key, "worked out again")
    for key in (*history.EVENT_LISTS, "askings", "chain", "other"):
        if whole is not None or not fields.data.get(key):
            fields.take(key, "as it is")
    tags = prompt.get("tags")
    labels = [_audited(i, each) for i, each in enumerate(fields.take("labels"))]
    yield PairRow(
        line=fields.line,
        messages=turns.messages(fields, "prompt.messages", turns_),
        a=texts[0],
        b=texts[1],
        category=_text(prompt.get("category")),
        external_id=_text(pair.get("external_id")),
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        labels={who: said for who, said in labels if said.phase is Phase.FIRST},
        later=tuple((who, said) for who, said in labels if said.phase is not Phase.FIRST),
        problems=tuple(fields.problems),
        roles=(_text(pair.get("a_role")), _text(pair.get("b_role"))),
        history=whole,
    )


def _history(fields: RowFields) -> history.History | None:
    """All that the line holds; None where it is not what its ids say."""
    try:
        found = history.of_line(fields.data)
        if found.changed:
            reason = f"{found.changed} of the events are not what their ids say and were left out"
            fields.kept("label_history", reason)
        return found
    except Tampered as error:
        fields.kept("label_history", f"{history.NOT_TAKEN}: {error}")
        return None


def _audited(i: int, label: Any) -> tuple[str, Given]:
    field = f"labels[{i}]"
    if not isinstance(label, Mapping) or not isinstance(label.get("annotator"), str):
        raise RowRefused(field, "names no annotator")
    try:
        verdict, phase = Verdict(label["verdict"]), Phase(label.get("phase", "first"))
    except (ValueError, KeyError):
        raise RowRefused(field, "holds no verdict, or a phase that does not exist") from None
    strength, seconds, left = (label.get(key) for key in ("strength", "seconds", "left_side"))
    return ids.name(label["annotator"]), Given(
        verdict,
        int(strength) if strength in ("1", "2") and verdict in (Verdict.A, Verdict.B) else None,
        _text(label.get("note")),
        phase,
        _seconds(seconds),
        left if left in ("a", "b") else None,
    )


def _seconds(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, Number) else None
    except ValueError:
        return None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
