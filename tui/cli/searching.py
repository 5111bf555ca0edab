"""``--filter SEARCH``: what a search of mode B finds, for commands that act on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli.context import fail

if TYPE_CHECKING:
    from store.db.sqlite import Database
    from store.views.query import Query


def searched(database: Database, annotator: str, search: str) -> tuple[Query, list[str]]:
    """The search understood, and the ids it finds; one that asks for nothing ends the command."""
    from store.views import browse, filter_values
    from store.views.query import parse

    query = parse(search)
    problem = query.problem or filter_values.problem(database, query)
    if problem:
        fail(f"--filter: {problem}")
    if query.is_blank:
        fail("--filter: a search that asks for nothing would find everything")
    return query, browse.every_id(database, annotator, query)
