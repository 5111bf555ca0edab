"""What the filters of a search may name: annotators, categories, principles, checks, reasons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from sqlite_utils import Database

from store import names
from store.exporting import Reason
from store.items import prompts
from store.rounds import presence
from store.views import findings
from store.views.query import Filter, Query


def problem(db: Database, query: Query) -> str:
    """Why the query cannot find anything: a value that nothing has, with the nearest that is."""
    for each in query.filters:
        if each.name in _NAMED:
            known = _NAMED[each.name](db)
            said = _wanted(each)
            if names.find(said, known) is None:
                what = {"by": "annotator", "finding": "check", "out": "reason"}.get(each.name)
                return f'no {what or each.name} "{each.value}"{names.hint(said, known)}'
    return ""


def value(db: Database, asked: Filter) -> str:
    """A filter's value as the store spells it."""
    said = _wanted(asked)
    return (names.find(said, _NAMED[asked.name](db)) if asked.name in _NAMED else None) or said


def _wanted(asked: Filter) -> str:
    """A filter's value, with the other words there are for some."""
    if asked.name == "category":
        return _CATEGORY.get(asked.value.casefold(), asked.value.replace(" ", "_"))
    return asked.value.replace("-", "_") if asked.name in {"out", "finding"} else asked.value


def _annotators(db: Database) -> list[str]:
    """Everybody who has worked here, and the models that wrote."""
    rows = db.execute("SELECT DISTINCT author FROM candidate WHERE author IS NOT NULL ORDER BY 1")
    return list(dict.fromkeys([*presence.names(db), *(str(row[0]) for row in rows)]))


def _principles(db: Database) -> list[str]:
    rows = db.execute("SELECT DISTINCT principle_id FROM critique ORDER BY 1")
    return [str(row[0]) for row in rows]


_CATEGORY: Final = dict.fromkeys(("look-alike", "benign look-alike"), "benign_lookalike")
_NAMED: Final[dict[str, Callable[[Database], Sequence[str]]]] = {
    "category": prompts.categories,
    "by": _annotators,
    "principle": _principles,
    "finding": lambda _db: findings.names(),
    "out": lambda _db: list(Reason),
}
"""The filters whose value is the name of something, and what there is."""
