"""``pairlab category``: changes the category of prompts."""

from __future__ import annotations

import click

from tui.cli.context import CliContext, fail, json_option, put_json, say
from tui.formatting import category as in_words
from tui.formatting import counted


@click.command("category")
@click.argument("category", metavar="CATEGORY")
@click.argument("identifiers", metavar="[ID]...", nargs=-1)
@click.option(
    "--filter", "search", metavar="SEARCH", help="The prompts of all that a search of mode B finds."
)
@json_option
@click.pass_obj
def command(
    context: CliContext,
    category: str,
    identifiers: tuple[str, ...],
    search: str | None,
    *,
    as_json: bool,
) -> None:
    """Put prompts into CATEGORY: by ID of a prompt, a pair or an answer, or by a search.

    The project remembers who said it, when, and what stood before; the last word counts. `show`
    tells all of them, `u` in Browse takes back your last one. Importing the same file again does
    not change it back.
    """
    from store import clock
    from store.items import categories, removal
    from tui.cli.searching import searched

    if bool(identifiers) == (search is not None):
        raise click.UsageError("say which: IDs or --filter SEARCH (one of them)")
    with context.open() as database:
        if search is not None:
            identifiers = tuple(searched(database, context.annotator, search)[1])
        found = removal.prompts_of(database, identifiers)
        if not found:
            fail("nothing answers to that; the project stays as it is")
        category = categories.meant(database, category)
        changed = categories.change(database, found, category, context.annotator, at=clock.now())
    if as_json:
        put_json({"category": category, "prompts": changed, "same": len(found) - len(changed)})
        return
    same = f"; {len(found) - len(changed):,} had it already" if len(changed) < len(found) else ""
    say(f"{counted(len(changed), 'prompt')} now in {in_words(category)}{same}.")
