"""What mode B lists: prompts, answers and pairs, a page at a time, as one annotator may see them.

A page is found by the place of its first row (keyset), never by counting rows before it, so that
the last page of 100,000 rows costs what the first one does. Whatever a row tells of others'
verdicts is remembered (:func:`store.judgements.labels.record_shown`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from sqlite_utils import Database

from store import ids, names
from store.db.project_database import immediate
from store.exporting import Reason
from store.items import prompts
from store.judgements import labels
from store.records import Verdict
from store.rounds import presence, queue
from store.views import closed, conditions, findings, out, search_index
from store.views.query import Filter, Query, SearchTarget, Sort

PAGE: Final = 200
"""Rows read at once."""

MOST: Final = 10_000
"""Rows of a search that are counted."""

COUNTED: Final = 2000
"""Places that are looked through for one portion of a count: some hundredths of a second."""

BEGINNING: Final = 400
"""Characters of a prompt or an answer that a row keeps."""

Key = tuple[str | int, ...]
"""The place of a row in the order it is listed in."""


class SideVerdict(NamedTuple):
    """One annotator's verdict on the pair of a row, on the sides as the viewer sees them."""

    annotator: str
    verdict: Verdict
    """``a`` stands for the answer that is upper or left for the viewer."""


@dataclass(frozen=True, slots=True)
class BrowseRow:
    """One line of the list."""

    kind: SearchTarget
    id: str
    key: Key
    number: int
    """Place of the pair or the prompt in the project, from 1."""
    category: str
    beginning: str
    """How the last turn of the user begins; of an answer its own beginning."""
    status: str
    """A name of :data:`store.views.query.STATUSES`; of an answer also its origin."""
    closed: bool
    """Whether others' words on it are kept from this viewer."""
    flagged: bool
    noted: bool
    said: tuple[SideVerdict, ...] = ()
    prompt_id: str = ""


@dataclass(frozen=True, slots=True)
class ResultPage:
    """Rows in order."""

    rows: tuple[BrowseRow, ...]
    more: bool
    """Whether there are rows beyond, in the direction that was asked for."""


class RowCount(NamedTuple):
    """How many rows a query has, as far as they are counted."""

    number: int = 0
    upto: int | None = 0
    """Place in the project up to which; None when there is nothing more to count."""


_FROM: Final = {
    SearchTarget.PAIR: "pair CROSS JOIN prompt_now AS prompt ON prompt.id = pair.prompt_id",
    SearchTarget.PROMPT: "prompt_now AS prompt",
    SearchTarget.ANSWER: (
        "prompt_now AS prompt CROSS JOIN candidate ON candidate.prompt_id = prompt.id"
    ),
}
"""What is read, in which order."""

_PROMPTS_FIRST: Final = {
    **_FROM,
    SearchTarget.PAIR: "prompt_now AS prompt CROSS JOIN pair ON pair.prompt_id = prompt.id",
}
"""The same, where what is sorted by stands in the prompt, and of a pair its place is enough."""

_FROM_TEXTS: Final = {
    **_FROM,
    SearchTarget.PAIR: "pair JOIN prompt_now AS prompt ON prompt.id = prompt_id",
}
"""What is read where SQLite may begin with the texts that hold a word."""

_PLACE: Final[dict[SearchTarget, tuple[str, ...]]] = {
    SearchTarget.PAIR: ("pair.position",),
    SearchTarget.PROMPT: ("prompt.position",),
    # not by place: which answer was written first says which was revised
    SearchTarget.ANSWER: ("prompt.position", "candidate.id"),
}
_COLUMNS: Final = {
    SearchTarget.PAIR: "pair.id, pair.position, prompt.messages",
    SearchTarget.PROMPT: "prompt.id, prompt.position, prompt.messages",
    SearchTarget.ANSWER: (f"candidate.id, prompt.position, substr(candidate.text, 1, {BEGINNING})"),
}
_CLOSED: Final = {
    SearchTarget.PAIR: closed.PAIR,
    SearchTarget.PROMPT: closed.PROMPT,
    SearchTarget.ANSWER: closed.PROMPT,
}
_TOLD = """
SELECT pair.id FROM pair WHERE pair.id IN (SELECT value FROM json_each(:items))
  AND (EXISTS (SELECT 1 FROM label_head WHERE pair_id = pair.id AND annotator <> :viewer)
    OR EXISTS (SELECT 1 FROM head WHERE item = pair.id AND annotator <> :viewer
        AND kind IN ('ruling', 'note', 'flag')))
  AND NOT EXISTS (SELECT 1 FROM head WHERE kind = 'shown' AND item = pair.id
    AND annotator = :viewer AND phase = '')
"""


def page(
    db: Database,
    viewer: str,
    query: Query,
    *,
    start: Key | None = None,
    including: bool = False,
    backwards: bool = False,
    limit: int = PAGE,
    told: bool = True,
    at: str,
) -> ResultPage:
    """The rows behind a place, or before it.

    Args:
        db: the project.
        viewer: who looks.
        query: what is asked for.
        start: the key of the row next to the page; None for the first page, or the last one.
        including: the row of that key too.
        backwards: the rows before the place (before the end), still in order.
        limit: rows at most.
        told: with what people said, which is remembered; without it for rows nobody sees.
        at: UTC time, ISO-8601.

    Raises:
        SealedRound: the query asks what an export would leave out while a round is sealed.
    """
    sql, values = _select(db, viewer, query, start, including, backwards)
    found = db.execute(sql, {**values, "limit": limit + 1}).fetchall()
    more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
    given = defaultdict(tuple)
    if told and query.kind is SearchTarget.PAIR:
        open_ids = [row[0] for row in found if not row[5]]
        given = _said(db, viewer, [row[0] for row in found], set(open_ids))
        record(db, open_ids, viewer, at)
    places = len(_order(query))
    return ResultPage(
        tuple(_row(query.kind, row, places, given[row[0]]) for row in found),
        more,
    )


def key_of(db: Database, viewer: str, query: Query, number: int) -> Key | None:
    """The place, in the order asked for, of the row with a number or of the next one there is.

    Raises:
        SealedRound: as for :func:`page`.
    """
    start: Key = (number, "") if query.kind is SearchTarget.ANSWER else (number,)
    plain = replace(query, sort=Sort.NUMBER, down=False)
    sql, values = _select(db, viewer, plain, start, including=True, backwards=False)
    found = db.execute(sql, {**values, "limit": 1}).fetchone()
    if found is None:
        return None
    item, place = found[0], found[1]
    at = replace(query, number=place)
    sql, values = _select(db, viewer, at, None, including=False, backwards=False)
    rows = db.execute(sql, {**values, "limit": -1}).fetchall()
    return next(tuple(row[-len(_order(query)) :]) for row in rows if row[0] == item)


def count(db: Database, viewer: str, query: Query) -> int:
    """How many rows a query has; of a search no more than :data:`MOST` are counted."""
    counted = RowCount()
    while counted.upto is not None:
        counted = count_on(db, viewer, query, counted)
    return counted.number


def count_on(db: Database, viewer: str, query: Query, counted: RowCount) -> RowCount:
    """Count the next portion, so that whoever waits for the store waits no longer than that.

    A word that very few texts hold leads to its items at once; all else is looked at item by item.
    """
    if query.is_blank:
        rows = {
            SearchTarget.PAIR: "kept_pair",
            SearchTarget.PROMPT: "kept_prompt",
            SearchTarget.ANSWER: "candidate JOIN kept_prompt ON kept_prompt.id = prompt_id",
        }[query.kind]
        return RowCount(int(db.execute(f"SELECT count(*) FROM {rows}").fetchone()[0]), None)
    terms = search_index.look_up(db, query.words, viewer)
    if any(term.rare and not term.without for term in terms):
        where, values = _where(db, viewer, query)
        read, upto = _FROM_TEXTS[query.kind], None
    else:
        where, values = _where(db, viewer, query, by_item=True)
        table = "pair" if query.kind is SearchTarget.PAIR else "prompt"
        read, after = _FROM[query.kind], counted.upto or 0
        last = db.execute(f"SELECT coalesce(max(position), 0) FROM {table}").fetchone()[0]
        upto = after + COUNTED if after + COUNTED < last else None
        where.append(f"{table}.position > :after AND {table}.position <= :upto")
        values |= {"after": after, "upto": after + COUNTED}
    sql = f"SELECT 1 FROM {read} WHERE {' AND '.join(where)} LIMIT {MOST - counted.number}"
    found = db.execute(f"SELECT count(*) FROM ({sql})", values).fetchone()[0]
    number = counted.number + int(found)
    return RowCount(number, None if number >= MOST else upto)


def every_id(db: Database, viewer: str, query: Query) -> list[str]:
    """The ids of all rows of a query in their order, all texts read into the index first.

    Raises:
        SealedRound: as for :func:`page`.
    """
    while not search_index.read_in(db).complete:
        pass
    where, values = _where(db, viewer, query, all_of_it=True)
    kind = query.kind
    sql = (
        f"SELECT {kind if kind is not SearchTarget.ANSWER else 'candidate'}.id"
        f" FROM {_FROM[kind]} WHERE {' AND '.join(where)} ORDER BY {', '.join(_PLACE[kind])}"
    )
    return [str(row[0]) for row in db.execute(sql, values)]


def problem(db: Database, query: Query) -> str:
    """Why the query cannot find anything: a value nothing has, with the nearest one that is."""
    for each in query.filters:
        if each.name in _NAMED:
            known = _NAMED[each.name](db)
            said = _wanted(each)
            if names.find(said, known) is None:
                what = {"by": "annotator", "finding": "check", "out": "reason"}.get(each.name)
                return f'no {what or each.name} "{each.value}"{names.hint(said, known)}'
    return ""


def record(db: Database, open_ids: Iterable[str], viewer: str, at: str) -> None:
    """Remember which pairs' verdicts of others were told, where that is new."""
    items = json.dumps(list(open_ids))
    told = db.execute(_TOLD, {"items": items, "viewer": ids.name(viewer)}).fetchall()
    if told:
        with immediate(db):
            for (pair_id,) in told:
                labels.record_shown(db, pair_id, viewer, at)


def _select(
    db: Database, viewer: str, query: Query, start: Key | None, including: bool, backwards: bool
) -> tuple[str, dict[str, Any]]:
    where, values = _where(db, viewer, query)
    order = _order(query)
    down = query.down != backwards
    if start is not None:
        names = ", ".join(f":k{place}" for place in range(len(start)))
        beyond = ("<" if down else ">") + ("=" if including else "")
        where.append(f"({', '.join(order)}) {beyond} ({names})")
        values |= {f"k{place}": part for place, part in enumerate(start)}
    kind = query.kind
    origin = "candidate.origin" if kind is SearchTarget.ANSWER else "NULL"
    table = "candidate" if kind is SearchTarget.ANSWER else str(kind)
    row = "rowid" if kind is SearchTarget.ANSWER else "position"
    keys = [f"key{place}" for place in range(len(order))]
    # the rows of the page first: what is told of a row is not asked of all that are sorted
    chosen = (
        f"SELECT {table}.{row} AS row, "
        + ", ".join(f"{each} AS {key}" for each, key in zip(order, keys, strict=True))
        + f" FROM {(_PROMPTS_FIRST if query.sort in {Sort.CATEGORY, Sort.TEXT} else _FROM)[kind]}"
        f"{' WHERE ' + ' AND '.join(where) if where else ''}"
        f" ORDER BY {', '.join(key + (' DESC' if down else '') for key in keys)} LIMIT :limit"
    )
    joined = (
        "prompt_now AS prompt ON prompt.position = chosen.row"
        if kind is SearchTarget.PROMPT
        else f"{table} ON {table}.{row} = chosen.row"
        f" JOIN prompt_now AS prompt ON prompt.id = {table}.prompt_id"
    )
    sql = (
        f"SELECT {_COLUMNS[kind]}, prompt.category, {conditions.STATUS[kind]}, {_CLOSED[kind]},"
        f" {conditions.FLAGGED[kind]}, {conditions.NOTED[kind]}, prompt.id, {origin},"
        f" {', '.join(keys)} FROM ({chosen}) AS chosen JOIN {joined}"
        f" ORDER BY {', '.join(key + (' DESC' if down else '') for key in keys)}"
    )
    return sql, values


def _where(
    db: Database, viewer: str, query: Query, *, all_of_it: bool = False, by_item: bool = False
) -> tuple[list[str], dict[str, Any]]:
    values: dict[str, Any] = dict(closed.parameters(db, viewer))
    if any(each.name == "out" for each in query.filters):
        out.work_out(db)
    findings.work_out(db, [_value(db, each) for each in query.filters if each.name == "finding"])
    terms = search_index.look_up(db, query.words, viewer)
    where = [
        conditions.word(query.kind, term, by_item=by_item or (term.common and not all_of_it))
        for term in sorted(terms, key=lambda each: each.common)
    ]
    if Filter("status", "removed") not in query.filters:
        where.append(f"NOT {conditions.REMOVED[query.kind]}")
    for place, each in enumerate(query.filters):
        where.append(conditions.condition(query.kind, each, f":v{place}"))
        values[f"v{place}"] = _value(db, each)
    if query.number is not None:
        where.append(
            f"{'pair' if query.kind is SearchTarget.PAIR else 'prompt'}.position = :number"
        )
        values["number"] = query.number
    return where, values


def _order(query: Query) -> tuple[str, ...]:
    """What rows are ordered by; where rows are equal in that, as in the project."""
    by = {
        Sort.STATUS: conditions.STATUS,
        Sort.LABELS: dict.fromkeys(SearchTarget, conditions.LABELS),  # asked of pairs only
        Sort.CATEGORY: dict.fromkeys(SearchTarget, "prompt.category"),
        Sort.TEXT: conditions.TEXT,
    }.get(query.sort)
    return (*([by[query.kind]] if by else []), *_PLACE[query.kind])


def _value(db: Database, asked: Filter) -> str:
    """A filter's value as the store spells it."""
    said = _wanted(asked)
    return (names.find(said, _NAMED[asked.name](db)) if asked.name in _NAMED else None) or said


def _wanted(asked: Filter) -> str:
    """A filter's value, with the other words there are for some."""
    if asked.name == "category":
        return _CATEGORY.get(asked.value.casefold(), asked.value.replace(" ", "_"))
    return asked.value.replace("-", "_") if asked.name in {"out", "finding"} else asked.value


_CATEGORY: Final = dict.fromkeys(("look-alike", "benign look-alike"), "benign_lookalike")


def _annotators(db: Database) -> list[str]:
    """Everybody who has worked here, and the models that wrote."""
    rows = db.execute("SELECT DISTINCT author FROM candidate WHERE author IS NOT NULL ORDER BY 1")
    return list(dict.fromkeys([*presence.names(db), *(str(row[0]) for row in rows)]))


def _principles(db: Database) -> list[str]:
    rows = db.execute("SELECT DISTINCT principle_id FROM critique ORDER BY 1")
    return [str(row[0]) for row in rows]


_NAMED: Final[dict[str, Callable[[Database], Sequence[str]]]] = {
    "category": prompts.categories,
    "by": _annotators,
    "principle": _principles,
    "finding": lambda _db: findings.names(),
    "out": lambda _db: list(Reason),
}
"""The filters whose value is the name of something, and what there is."""


def _row(
    kind: SearchTarget, found: tuple[Any, ...], places: int, said: tuple[SideVerdict, ...]
) -> BrowseRow:
    item, number, text, category, status, is_closed, flagged, noted, prompt_id, origin, *rest = (
        found
    )
    if kind is SearchTarget.ANSWER and not is_closed:
        status = f"{origin} {status}".strip()
    return BrowseRow(
        kind=kind,
        id=item,
        key=tuple(rest[:places]),
        number=number,
        category=category,
        beginning=text if kind is SearchTarget.ANSWER else _asked(text),
        status=status,
        closed=bool(is_closed),
        flagged=bool(flagged),
        noted=bool(noted),
        said=said,
        prompt_id=prompt_id,
    )


def _asked(messages: str) -> str:
    """How the last turn of the user begins: what is being answered."""
    turns = json.loads(messages)
    last = next((turn for turn in reversed(turns) if turn["role"] == "user"), turns[-1])
    return str(last["content"][:BEGINNING])


def _said(
    db: Database, viewer: str, pair_ids: list[str], open_ids: set[str]
) -> defaultdict[str, tuple[SideVerdict, ...]]:
    who = ids.name(viewer)
    rows = db.execute(
        "SELECT pair_id, annotator, verdict FROM label_head WHERE phase = 'first'"
        " AND pair_id IN (SELECT value FROM json_each(?)) ORDER BY pair_id, annotator",
        [json.dumps(pair_ids)],
    ).fetchall()
    found: defaultdict[str, tuple[SideVerdict, ...]] = defaultdict(tuple)
    for pair_id, annotator, verdict in rows:
        if annotator == who or pair_id in open_ids:
            seen = swapped(Verdict(verdict), queue.left_side(db, viewer, pair_id))
            found[pair_id] += (SideVerdict(annotator, seen),)
    return found


def swapped(verdict: Verdict, left: str) -> Verdict:
    """A verdict on the pair as one on the sides that its viewer sees, and back."""
    if left == "a" or verdict not in {Verdict.A, Verdict.B}:
        return verdict
    return Verdict.B if verdict is Verdict.A else Verdict.A
