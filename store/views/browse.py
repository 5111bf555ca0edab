"""What mode B lists: prompts, answers and pairs, a page at a time, as one annotator may see them.

A page is found by the place of its first row (keyset), never by counting rows before it, so that
the last page of 100,000 rows costs what the first one does. Whatever a row tells of others'
verdicts is remembered (:func:`store.judgements.labels.record_shown`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from sqlite_utils import Database

from store import ids
from store.db.project_database import immediate
from store.judgements import labels
from store.records import Verdict
from store.rounds import queue
from store.views import search_index, sides
from store.views.listing import (
    BEGINNING,
    FROM,
    FROM_TEXTS,
    PLACE,
    Key,
    order_columns,
    page_statement,
    where_clause,
)
from store.views.query import Query, SearchTarget, Sort

PAGE: Final = 200
"""Rows read at once."""

MOST: Final = 10_000
"""Rows of a search that are counted."""

COUNTED: Final = 2000
"""Places that are looked through for one portion of a count: some hundredths of a second."""


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
    sql, values = page_statement(db, viewer, query, start, including, backwards)
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
    places = len(order_columns(query))
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
    sql, values = page_statement(db, viewer, plain, start, including=True, backwards=False)
    found = db.execute(sql, {**values, "limit": 1}).fetchone()
    if found is None:
        return None
    item, place = found[0], found[1]
    at = replace(query, number=place)
    sql, values = page_statement(db, viewer, at, None, including=False, backwards=False)
    rows = db.execute(sql, {**values, "limit": -1}).fetchall()
    return next(tuple(row[-len(order_columns(query)) :]) for row in rows if row[0] == item)


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
        where, values = where_clause(db, viewer, query)
        read, upto = FROM_TEXTS[query.kind], None
    else:
        where, values = where_clause(db, viewer, query, by_item=True)
        table = "pair" if query.kind is SearchTarget.PAIR else "prompt"
        read, after = FROM[query.kind], counted.upto or 0
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
    where, values = where_clause(db, viewer, query, all_of_it=True)
    kind = query.kind
    sql = (
        f"SELECT {kind if kind is not SearchTarget.ANSWER else 'candidate'}.id"
        f" FROM {FROM[kind]} WHERE {' AND '.join(where)} ORDER BY {', '.join(PLACE[kind])}"
    )
    return [str(row[0]) for row in db.execute(sql, values)]


def record(db: Database, open_ids: Iterable[str], viewer: str, at: str) -> None:
    """Remember which pairs' verdicts of others were told, where that is new."""
    items = json.dumps(list(open_ids))
    told = db.execute(_TOLD, {"items": items, "viewer": ids.name(viewer)}).fetchall()
    if told:
        with immediate(db):
            for (pair_id,) in told:
                labels.record_shown(db, pair_id, viewer, at)


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
            seen = sides.swapped(Verdict(verdict), queue.left_side(db, viewer, pair_id))
            found[pair_id] += (SideVerdict(annotator, seen),)
    return found
