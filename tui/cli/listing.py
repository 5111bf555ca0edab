"""``--list FIGURE``: the pairs or answers behind a figure that a command tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tui.cli.context import CliContext, put, put_json, say
from tui.formatting import counted
from tui.visible import one_line

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from store.db.sqlite import Database

Command = Callable[..., Any]
T = TypeVar("T")


def list_option(example: str) -> Callable[[Command], Command]:
    """The option, as ``listed``."""
    return click.option(
        "--list",
        "listed",
        metavar="FIGURE",
        help=f"List what is behind a figure, as in '{example}', and nothing else.",
    )


def figure(figures: Mapping[str, T], wanted: str) -> T:
    """What is behind the figure of this name, found by what is seen of it.

    Raises:
        click.UsageError: there is none.
    """
    from store import names

    found = names.find(wanted, figures)
    if found is None:
        raise click.UsageError(f"there is no figure {wanted}{names.hint(wanted, figures)}")
    return figures[found]


def show_pairs(
    context: CliContext, db: Database, pair_ids: Iterable[str], *, as_json: bool
) -> None:
    """A line a pair, its id and its prompt, of those this annotator has labelled.

    That a pair is behind a figure may tell what another chose there, so the others stay closed,
    as in the app.
    """
    from store import clock
    from store.agreement.underlying_pairs import of_rater

    wanted = list(dict.fromkeys(pair_ids))
    found = of_rater(db, context.annotator, "", wanted, at=clock.now(), most=None)
    if as_json:
        put_json(
            [
                {"item": each.pair_id, "category": each.category, "prompt": each.prompt}
                for each in found.entries
            ]
        )
    for each in found.entries if not as_json else ():
        put(f"{each.pair_id}  {one_line(each.prompt, 100)}")
    tell_closed(context, found.not_yet, "pair", "labelled")


def tell_closed(context: CliContext, closed: int, noun: str, done: str) -> None:
    """How many are not listed, and why; nothing where none is closed."""
    if closed:
        are = "is" if closed == 1 else "are"
        say(
            f"{counted(closed, noun)} that {one_line(context.annotator, 24)} has not {done} yet"
            f" {are} closed until then, so that it can be done blind."
        )
