"""The statements that list prompts, answers and pairs for a search: what, where, in which order."""

from __future__ import annotations

from typing import Any, Final

from sqlite_utils import Database

from store.views import closed, conditions, filter_values, findings, out, search_index
from store.views.query import Filter, Query, SearchTarget, Sort

BEGINNING: Final = 400
"""Characters of a prompt or an answer that a row keeps."""

Key = tuple[str | int, ...]
"""The place of a row in the order it is listed in."""


FROM: Final = {
    SearchTarget.PAIR: "pair CROSS JOIN prompt_now AS prompt ON prompt.id = pair.prompt_id",
    SearchTarget.PROMPT: "prompt_now AS prompt",
    SearchTarget.ANSWER: (
        "prompt_now AS prompt CROSS JOIN candidate ON candidate.prompt_id = prompt.id"
    ),
}
"""What is read, in which order."""

_PROMPTS_FIRST: Final = {
    **FROM,
    SearchTarget.PAIR: "prompt_now AS prompt CROSS JOIN pair ON pair.prompt_id = prompt.id",
}
"""The same, where what is sorted by stands in the prompt, and of a pair its place is enough."""

FROM_TEXTS: Final = {
    **FROM,
    SearchTarget.PAIR: "pair JOIN prompt_now AS prompt ON prompt.id = prompt_id",
}
"""What is read where SQLite may begin with the texts that hold a word."""

PLACE: Final[dict[SearchTarget, tuple[str, ...]]] = {
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


def page_statement(
    db: Database, viewer: str, query: Query, start: Key | None, including: bool, backwards: bool
) -> tuple[str, dict[str, Any]]:
    """The statement that reads a page, and its values but for ``:limit``.

    Its columns are an item's id, number, text, category, status, whether it is closed, flagged and
    noted, its prompt's id, its origin, and then its key.

    Raises:
        SealedRound: as for :func:`where_clause`.
    """
    where, values = where_clause(db, viewer, query)
    order = order_columns(query)
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
        + f" FROM {(_PROMPTS_FIRST if query.sort in {Sort.CATEGORY, Sort.TEXT} else FROM)[kind]}"
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


def where_clause(
    db: Database, viewer: str, query: Query, *, all_of_it: bool = False, by_item: bool = False
) -> tuple[list[str], dict[str, Any]]:
    """The conditions of a search, all of which must hold, and their values.

    Args:
        db: the project.
        viewer: who looks.
        query: what is asked for.
        all_of_it: every row will be read: a common word leads to its items too.
        by_item: rows are looked at one by one, whatever words are asked for.

    Raises:
        SealedRound: the query asks what an export would leave out while a round is sealed.
    """
    values: dict[str, Any] = dict(closed.parameters(db, viewer))
    if any(each.name == "out" for each in query.filters):
        out.work_out(db)
    checks = [each for each in query.filters if each.name == "finding"]
    findings.work_out(db, [filter_values.value(db, each) for each in checks])
    terms = search_index.look_up(db, query.words, viewer)
    where = [
        conditions.word(query.kind, term, by_item=by_item or (term.common and not all_of_it))
        for term in sorted(terms, key=lambda each: each.common)
    ]
    if Filter("status", "removed") not in query.filters:
        where.append(f"NOT {conditions.REMOVED[query.kind]}")
    for place, each in enumerate(query.filters):
        where.append(conditions.condition(query.kind, each, f":v{place}"))
        values[f"v{place}"] = filter_values.value(db, each)
    if query.number is not None:
        where.append(
            f"{'pair' if query.kind is SearchTarget.PAIR else 'prompt'}.position = :number"
        )
        values["number"] = query.number
    return where, values


def order_columns(query: Query) -> tuple[str, ...]:
    """What rows are ordered by; where rows are equal in that, as in the project."""
    by = {
        Sort.STATUS: conditions.STATUS,
        Sort.LABELS: dict.fromkeys(SearchTarget, conditions.LABELS),  # asked of pairs only
        Sort.CATEGORY: dict.fromkeys(SearchTarget, "prompt.category"),
        Sort.TEXT: conditions.TEXT,
    }.get(query.sort)
    return (*([by[query.kind]] if by else []), *PLACE[query.kind])
