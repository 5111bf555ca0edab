"""``pairlab new``: creates the project file."""

from __future__ import annotations

import shlex

import click

from tui.cli.context import CliContext, say


@click.command("new")
@click.option(
    "--starter", is_flag=True, help="Add the shipped prompts, constitutions and guideline."
)
@click.pass_obj
def command(context: CliContext, *, starter: bool) -> None:
    """Create the project file; a file that is there already is left untouched."""
    from store import clock
    from store.db.connection import create

    database = create(context.db)
    try:
        say(f"{context.db} created.")
        if starter:
            from tui.cli.starter import add_starter

            added = add_starter(database, author=context.annotator, at=clock.now())
            say(
                f"Added {added.prompts} prompts, {added.constitutions} constitutions"
                " and the guideline."
            )
    finally:
        database.close()
    say(f"Open it with: pairlab --db {shlex.quote(str(context.db))}")
