"""``--list FIGURE``: the pairs or answers behind a figure that a command tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tui.cli.context import put, put_json
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
    """What is behind the figure of this name, large and small letters alike.

    Raises:
        click.UsageError: there is none.
    """
    known = {name.casefold(): each for name, each in figures.items()}
    found = known.get(wanted.strip().casefold())
    if found is None:
        names = "; ".join(figures) or "none yet"
        raise click.UsageError(f"there is no figure {wanted}; the figures are {names}")
    return found


def show_pairs(db: Database, pair_ids: Iterable[str], *, as_json: bool) -> None:
    """A line a pair: its id and its prompt; no verdict, so that it can still be labelled blind."""
    from store.items import pairs

    texts = [pairs.text(db, each) for each in dict.fromkeys(pair_ids)]
    if as_json:
        put_json(
            [
                {"item": each.id, "category": each.category, "prompt": each.prompt_text}
                for each in texts
            ]
        )
    for each in texts if not as_json else ():
        put(f"{each.id}  {one_line(each.prompt_text, 100)}")
