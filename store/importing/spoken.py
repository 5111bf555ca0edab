"""Who said what about a pair: verdicts, strengths and notes, by annotator's name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

from store import ids
from store.importing import choices, jsonl, names
from store.importing.fields import RowFields
from store.importing.jsonl import Number, kind
from store.importing.rows import Given, RowRefused
from store.records import Verdict

Said = tuple[dict[str, Given], dict[str, str]]
"""Labels by annotator, and notes of people who gave no verdict."""

_BY_NAME: Final = ("labels", "strength", "notes")
_WITHOUT: Final = "--ignore FIELD takes the pairs without it"
_ROLES: Final = {"chosen": Verdict.A, "rejected": Verdict.B}
_NO_ANNOTATOR: Final = frozenset(
    {
        "id",
        "idx",
        "category",
        "split",
        "group",
        "source",
        "language",
        "lang",
        "type",
        "prompt",
        "question",
        "a",
        "b",
        "grade",
        "arm",
        "variant",
        "condition",
        "bucket",
        "form",
        "order",
        "position",
        "correct",
    }
)


def columns(rows: Iterable[Mapping[str, Any]], *, labels_only: bool) -> frozenset[str]:
    """The columns that hold one annotator's verdicts each, judged by the first rows.

    Args:
        rows: the first rows.
        labels_only: whether the file is said to hold labels, perhaps without any answers.
    """
    found: dict[str, bool] = {}
    answers: set[str] = set()
    for row in rows:
        keys = tuple(row)
        here = {*(names.by_side(keys) or ()), *(names.by_role(keys) or ()), *names.many(keys)}
        if not (labels_only or here):
            continue
        answers |= here  # which may read "a" and "b" themselves
        for key, value in row.items():
            if value not in (None, ""):
                found[key] = found.get(key, True) and _is_plain_verdict(value)
    return frozenset(
        key
        for key, fits in found.items()
        if fits and key not in answers and not _is_known(key) and "." not in key
    )


def _is_plain_verdict(value: Any) -> bool:
    words = {*Verdict, *_ROLES}
    return isinstance(value, str) and not isinstance(value, Number) and _word(value) in words


def _word(value: str) -> str:
    """A verdict as it is compared: ``Both bad``, as tables have it, is ``both_bad``."""
    return value.strip().lower().replace(" ", "_")


def _is_known(key: str) -> bool:
    words = {word.removesuffix("s") for word in names.tokens(key)}
    spoken_for = choices.PREFERS | choices.MEASURES | names.ROLES | {"label"}
    return key.lower() in _NO_ANNOTATOR or bool(spoken_for & words)


def folded(row: Mapping[str, Any], annotators: Collection[str]) -> dict[str, Any]:
    """A row with its columns of one annotator each put together under ``labels``.

    ``labels.anna`` is anna's column, as are those that :func:`columns` found; ``strength.anna``
    and ``notes.anna`` likewise.
    """
    out: dict[str, Any] = {}
    found: dict[str, dict[str, Any]] = {}
    for key, value in row.items():
        field, dot, who = key.partition(".")
        if dot and who and field in _BY_NAME:
            found.setdefault(field, {})[who] = None if value == "" else value
        elif key in annotators:
            found.setdefault("labels", {})[key] = _cell(value)
        else:
            out[key] = value
    for field in _BY_NAME:
        text = out.get(field)
        if isinstance(text, str) and text.lstrip().startswith("{"):
            try:
                out[field] = jsonl.parse(text)  # a cell of a table that holds JSON
            except RowRefused:
                continue
        elif text == "":
            out[field] = None
    for who, number in found.get("strength", {}).items():
        found["strength"][who] = Number(number) if isinstance(number, str) else number
    for field, said in found.items():
        standing = out.get(field)
        out[field] = {**standing, **said} if isinstance(standing, Mapping) else said
    return out


def people(fields: RowFields, verdict_of: Callable[[str, Any], Verdict]) -> Said:
    """The verdicts with their strengths and notes, and the notes of people without one.

    Args:
        fields: the row.
        verdict_of: the verdict that a value stands for, given the place it stands in.

    Raises:
        RowRefused: a label is none.
    """
    verdicts = {
        who: verdict_of(f"labels.{who}", value) for who, value in _by_name(fields, "labels").items()
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


def by_letter(field: str, value: Any) -> Verdict:
    """The verdict of a row that names its sides ``a`` and ``b``.

    Raises:
        RowRefused: the value is none.
    """
    said = str(value) if isinstance(value, str) else kind(value)
    word = _word(said)
    if isinstance(value, Number) or word not in set(Verdict):
        raise RowRefused(
            field, f"'{said[:40]}' is no verdict; the verdicts are {', '.join(Verdict)}"
        )
    return Verdict(word)


def by_role(field: str, value: Any) -> Verdict:
    """The verdict of a row that names its answers by role.

    Raises:
        RowRefused: the value names a side, which such a row does not have, or is none.
    """
    word = _word(value) if isinstance(value, str) else None
    if word in _ROLES:
        return _ROLES[word]
    if word in ("a", "b"):
        reason = f"is '{value}', but the file names no sides: write chosen or rejected"
        raise RowRefused(field, reason)
    return by_letter(field, value)


def _by_name(fields: RowFields, field: str) -> dict[str, Any]:
    """What stands under each annotator's name; null means nothing."""
    value = fields.take(field)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise RowRefused(field, f"is {kind(value)}, not an object of annotators' names; {_WITHOUT}")
    found: dict[str, Any] = {}
    for name, each in value.items():
        who = ids.name(fields.text(field, name))
        if not who:
            raise RowRefused(field, "has an annotator without a name")
        if who in found:
            raise RowRefused(f"{field}.{who}", "the name stands twice")
        found[who] = each
    return {who: each for who, each in found.items() if each is not None}


def _strength(field: str, value: Any, verdict: Verdict | None) -> int:
    if not isinstance(value, Number) or value not in ("1", "2"):
        raise RowRefused(field, f"is {kind(value)}; a strength is 1 (better) or 2 (much better)")
    if verdict not in (Verdict.A, Verdict.B):
        raise RowRefused(field, "stands without a verdict a or b")
    return int(value)


def _cell(value: Any) -> Any:
    """What a cell says; an empty one says nothing."""
    return (value.strip() or None) if isinstance(value, str) else value
