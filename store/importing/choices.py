"""Fields that say which of two answers is preferred: by name, number, letter or place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from store import ids
from store.importing import names
from store.importing.fields import RowFields
from store.importing.jsonl import kind
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
_MODELS: Final = (("model_a", "model_b"), ("generator_1", "generator_2"))
_AMOUNT: Final = re.compile(r"-\d+|[-+]?\d*\.\d+")
"""A number that tells no answer by itself, but how much one is better."""
MEASURES: Final = frozenset({"strength", "score", "rating", "margin", "confidence", "model", "id"})
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

    Raises:
        RowRefused: such a field, which names answers in other rows, names none here.
    """
    for key, value in fields.data.items():
        if not _prefers(key) or value in (None, "", [], {}):
            continue
        verdict = None if key in fields.unsure else _named(value, fields.data, sides)
        if verdict is None and key in fields.verdicts - fields.unsure:
            told = value if isinstance(value, str) else kind(value)
            raise RowRefused(
                fields.column(key),
                f"'{told[:40]}' names neither answer nor a tie, as it does in other rows;"
                " --ignore takes the pairs without it",
            )
        if verdict is not None:
            fields.take(key, "preference")
            return {_whose(fields): Given(verdict)}
        fields.leave(key)
    return _one_hot(fields, sides)


def _prefers(key: str) -> bool:
    words = set(names.tokens(key))
    said = bool(PREFERS & words) or key == "label"
    return said and not words & (MEASURES | names.AGAINST)


def _named(value: Any, row: Mapping[str, Any], sides: Sides) -> Verdict | None:
    """The verdict of a value that names an answer, repeats its text or names its model."""
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    if isinstance(value, Mapping) and isinstance(value.get("selected"), str):
        value = value["selected"]
    if not isinstance(value, str):
        return None
    found = {meant(value, sides)} - {None}
    for one, other in (sides, *_MODELS):
        same = [row.get(each) == value for each in (one, other)]
        if same[0] != same[1]:
            found.add(Verdict.A if same[0] else Verdict.B)
    return found.pop() if len(found) == 1 else None


def _one_hot(fields: RowFields, sides: Sides) -> dict[str, Given]:
    """The verdict of columns such as ``winner_model_a`` and ``winner_tie``, of which one is 1."""
    row = fields.data
    found = {
        key: verdict
        for key in row
        if key.startswith("winner_") and (verdict := meant(key[len("winner_") :], sides))
    }
    said = [key for key in found if _plain(str(row[key])) in ("1", "true")]
    if len(found) < 2 or len(said) != 1:
        return {}
    for key in found:
        fields.take(key, "preference")
    return {_whose(fields): Given(found[said[0]])}


def _whose(fields: RowFields) -> str:
    for key in _NAMED:
        value = fields.data.get(key)
        if isinstance(value, str) and (name := ids.name(fields.text(key, str(value)))):
            fields.take(key, "annotator")
            return name
    return fields.source


def verdicts(rows: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The fields whose value names one of the answers in some of the first rows."""
    return frozenset(
        key
        for row in rows
        if (sides := names.by_side(tuple(row))) is not None
        for key, value in row.items()
        if _prefers(key) and _named(value, row, sides) is not None
    )


def unsure(rows: Sequence[Mapping[str, Any]], *, whole: bool) -> frozenset[str]:
    """The fields with a preference in numbers of which it cannot be told what they mean.

    They may count from nought or from one, or say how much.

    Args:
        rows: the first rows.
        whole: whether they are all there are: a longer file may be sorted by what it prefers.
    """
    found: dict[str, set[str]] = {}
    from_nought: set[str] = set()
    for row in rows:
        sides = names.by_side(tuple(row))
        for key, value in row.items() if sides else ():
            if isinstance(value, str) and _prefers(key):
                found.setdefault(key, set()).add(_plain(value))
                if sides and names.tokens(sides.a)[-1] == "0":
                    from_nought.add(key)
    return frozenset(
        key
        for key, said in found.items()
        if any(_AMOUNT.fullmatch(each) for each in said)
        or (
            key not in from_nought
            and "2" not in said
            and ("0" in said or (said == {"1"} and not whole))
        )
    )


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
