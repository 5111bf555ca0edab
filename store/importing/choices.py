"""Fields that say which of two answers is preferred: by name, number, letter or place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from store import ids
from store.importing import names
from store.importing.fields import RowFields
from store.importing.names import Sides
from store.importing.rows import Given, RowRefused
from store.records import Verdict

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
PREFERS: Final = frozenset(
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


def raters(fields: RowFields, sides: Sides) -> dict[str, Given]:
    """The verdicts in columns such as ``annotator1``, which name an answer by its number.

    Raises:
        RowRefused: such a column holds something else.
    """
    found: dict[str, Given] = {}
    for key, value in fields.data.items():
        words = names.tokens(key)
        if not _is_rater(words) or value in (None, ""):
            continue
        if (verdict := meant(value, sides)) is None:
            raise RowRefused(fields.column(key), f"'{value}' names neither answer nor a tie")
        fields.take(key, f"label of {key}")
        found[ids.name(key)] = Given(verdict)
    return found


def _is_rater(words: tuple[str, ...]) -> bool:
    """Whether a name is one of several annotators': ``annotator1``, but not ``annotator_id``."""
    return len(words) == 2 and words[0] in _RATERS and (words[1].isdigit() or len(words[1]) == 1)


def own(fields: RowFields, sides: Sides) -> dict[str, Given]:
    """The one preference of a row, where a field such as ``winner`` names one of the answers.

    It is the file's own, unless the row says whose it is.
    """
    for key, given in fields.data.items():
        words = set(names.tokens(key))
        if not (PREFERS & words or key == "label") or words & _MEASURES or key in fields.unsure:
            continue
        value = given[0] if isinstance(given, list) and len(given) == 1 else given
        if isinstance(value, Mapping) and isinstance(value.get("selected"), str):
            value = value["selected"]
        if isinstance(value, str) and (verdict := meant(value, sides)) is not None:
            fields.take(key, "preference")
            return {_whose(fields): Given(verdict)}
    return {}


def _whose(fields: RowFields) -> str:
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
            if isinstance(value, str) and (PREFERS & set(names.tokens(key)) or key == "label"):
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
