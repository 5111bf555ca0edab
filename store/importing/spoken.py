"""Who said what about a pair: verdicts, strengths and notes, by annotator's name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

from store import ids
from store.importing import jsonl, names
from store.importing.fields import Fields
from store.importing.jsonl import Number, kind
from store.importing.names import Sides
from store.importing.rows import Given, Refused
from store.records import Verdict

Said = tuple[dict[str, Given], dict[str, str]]
"""Labels by annotator, and notes of people who gave no verdict."""

_BY_NAME: Final = ("labels", "strength", "notes")
_ROLES: Final = {"chosen": Verdict.A, "rejected": Verdict.B}
_WORDS: Final = {
    "tie": Verdict.TIE,
    "tied": Verdict.TIE,
    "draw": Verdict.TIE,
    "equal": Verdict.TIE,
    "same": Verdict.TIE,
    "both_bad": Verdict.BOTH_BAD,
    "bothbad": Verdict.BOTH_BAD,
    "tie (bothbad)": Verdict.BOTH_BAD,
    "both bad": Verdict.BOTH_BAD,
    "skip": Verdict.SKIP,
}
_MARKS: Final = {"a": 0, "b": 1, "left": 0, "right": 1, "first": 0, "second": 1}
_FILLERS: Final = frozenset(
    {
        "model",
        "text",
        "response",
        "answer",
        "output",
        "completion",
        "option",
        "candidate",
        "assistant",
        "side",
        "is",
        "better",
    }
)
_PREFERS: Final = frozenset(
    {
        "preferred",
        "preference",
        "winner",
        "better",
        "best",
        "choice",
        "selected",
        "verdict",
        "chosen",
        "comparison",
    }
)
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
    }
)
_MEASURES: Final = frozenset({"strength", "score", "rating", "margin", "confidence", "model", "id"})
_NAMED: Final = (
    "annotator",
    "annotator_id",
    "annotator_name",
    "labeler",
    "labeler_id",
    "worker_id",
)
_RATERS: Final = ("annotator", "labeler", "labeller", "rater", "coder")


def columns(rows: Iterable[Mapping[str, Any]], *, labels_only: bool) -> frozenset[str]:
    """The columns that hold one annotator's verdicts each, judged by the first rows.

    Args:
        rows: the first rows.
        labels_only: whether the file is said to hold labels, perhaps without any answers.
    """
    found: dict[str, bool] = {}
    for row in rows:
        if not (labels_only or names.by_side(tuple(row)) or names.by_role(tuple(row))):
            continue
        for key, value in row.items():
            if value not in (None, ""):
                found[key] = found.get(key, True) and _is_plain_verdict(value)
    return frozenset(
        key for key, fits in found.items() if fits and not _is_known(key) and "." not in key
    )


def _is_plain_verdict(value: Any) -> bool:
    words = {*Verdict, *_ROLES}
    return isinstance(value, str) and not isinstance(value, Number) and value.strip() in words


def _is_known(key: str) -> bool:
    words = names.tokens(key)
    return key.lower() in _NO_ANNOTATOR or "label" in words or bool(_PREFERS & set(words))


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
            except Refused:
                continue
        elif text == "":
            out[field] = None
    for who, number in found.get("strength", {}).items():
        found["strength"][who] = Number(number) if isinstance(number, str) else number
    for field, said in found.items():
        standing = out.get(field)
        out[field] = {**standing, **said} if isinstance(standing, Mapping) else said
    return out


def people(fields: Fields, verdict_of: Callable[[str, Any], Verdict]) -> Said:
    """The verdicts with their strengths and notes, and the notes of people without one.

    Args:
        fields: the row.
        verdict_of: the verdict that a value stands for, given the place it stands in.

    Raises:
        Refused: a label is none.
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
        Refused: the value is none.
    """
    said = str(value) if isinstance(value, str) else kind(value)
    if isinstance(value, Number) or said not in set(Verdict):
        raise Refused(field, f"'{said[:40]}' is no verdict; the verdicts are {', '.join(Verdict)}")
    return Verdict(said)


def by_role(field: str, value: Any) -> Verdict:
    """The verdict of a row that names its answers by role.

    Raises:
        Refused: the value names a side, which such a row does not have, or is none.
    """
    if isinstance(value, str) and value in _ROLES:
        return _ROLES[value]
    if value in ("a", "b"):
        reason = f"is '{value}', but the file names no sides: write chosen or rejected"
        raise Refused(field, reason)
    return by_letter(field, value)


def raters(fields: Fields, sides: Sides) -> dict[str, Given]:
    """The verdicts in columns such as ``annotator1``, which name an answer by its number.

    Raises:
        Refused: such a column holds something else.
    """
    found: dict[str, Given] = {}
    for key, value in fields.data.items():
        words = names.tokens(key)
        if not _is_rater(words) or value in (None, ""):
            continue
        if (verdict := meant(value, sides)) is None:
            raise Refused(fields.column(key), f"'{value}' names neither answer nor a tie")
        fields.take(key, f"label of {key}")
        found[ids.name(key)] = Given(verdict)
    return found


def _is_rater(words: tuple[str, ...]) -> bool:
    """Whether a name is one of several annotators': ``annotator1``, but not ``annotator_id``."""
    return len(words) == 2 and words[0] in _RATERS and (words[1].isdigit() or len(words[1]) == 1)


def own(fields: Fields, sides: Sides) -> dict[str, Given]:
    """The one preference of a row, where a field such as ``winner`` names one of the answers.

    It is the file's own, unless the row says whose it is.
    """
    for key, given in fields.data.items():
        words = set(names.tokens(key))
        if not (_PREFERS & words or key == "label") or words & _MEASURES or key in fields.unsure:
            continue
        value = given[0] if isinstance(given, list) and len(given) == 1 else given
        if isinstance(value, Mapping) and isinstance(value.get("selected"), str):
            value = value["selected"]
        if isinstance(value, str) and (verdict := meant(value, sides)) is not None:
            fields.take(key, "preference")
            return {_whose(fields): Given(verdict)}
    return {}


def _whose(fields: Fields) -> str:
    for key in _NAMED:
        value = fields.data.get(key)
        if isinstance(value, str) and (name := ids.name(fields.text(key, str(value)))):
            fields.take(key, "annotator")
            return name
    return fields.source


def unsure(rows: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The fields with a preference in numbers that may count from nought or from one.

    Args:
        rows: the first rows.
    """
    found: dict[str, set[str]] = {}
    for row in rows:
        sides = names.by_side(tuple(row))
        if sides is None or names.tokens(sides.a)[-1] == "0":
            continue
        for key, value in row.items():
            if isinstance(value, str) and (_PREFERS & set(names.tokens(key)) or key == "label"):
                found.setdefault(key, set()).add(_plain(value))
    return frozenset(key for key, said in found.items() if "0" in said and "2" not in said)


def meant(value: Any, sides: Sides) -> Verdict | None:
    """The verdict a value stands for where it names an answer, a number of one, or a tie."""
    if isinstance(value, bool) or not isinstance(value, str):
        return None
    text = _plain(value)
    if text in _WORDS:
        return _WORDS[text]
    for verdict, side in ((Verdict.A, sides.a), (Verdict.B, sides.b)):
        if text == side.lower():
            return verdict
    words = [word for word in names.tokens(text) if word not in _FILLERS]
    if len(words) != 1 or text.startswith("-"):
        return None
    numbers = [names.tokens(side)[-1] for side in sides]
    if all(number.isdigit() for number in numbers):
        if words[0] in numbers:
            return (Verdict.A, Verdict.B)[numbers.index(words[0])]
        if words[0] == "0" and numbers == ["1", "2"]:
            return Verdict.TIE
    place = _MARKS.get(words[0])
    return None if place is None else (Verdict.A, Verdict.B)[place]


def _plain(text: str) -> str:
    """A value as it is compared: 2.0, as tables with gaps write 2, is 2."""
    plain = text.strip().lower()
    return plain.removesuffix(".0") if plain[:-2].isdigit() else plain


def _by_name(fields: Fields, field: str) -> dict[str, Any]:
    """What stands under each annotator's name; null means nothing."""
    value = fields.take(field)
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


def _strength(field: str, value: Any, verdict: Verdict | None) -> int:
    if not isinstance(value, Number) or value not in ("1", "2"):
        raise Refused(field, f"is {kind(value)}; a strength is 1 (better) or 2 (much better)")
    if verdict not in (Verdict.A, Verdict.B):
        raise Refused(field, "stands without a verdict a or b")
    return int(value)


def _cell(value: Any) -> Any:
    """What a cell says; an empty one says nothing."""
    return (value.strip() or None) if isinstance(value, str) else value
