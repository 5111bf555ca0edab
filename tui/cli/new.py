"""``pairlab new``: creates the project file."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import click

from store.errors import ProjectExists
from tui.cli.context import CliContext, say

if TYPE_CHECKING:
    from store.db.cipher import Key


@click.command("new")
@click.option(
    "--starter", is_flag=True, help="Add the shipped prompts, constitutions and guideline."
)
@click.option(
    "--encrypt",
    is_flag=True,
    help="Under a passphrase, asked for twice or in --key-file: without it nothing opens the file.",
)
@click.pass_obj
def command(context: CliContext, *, starter: bool, encrypt: bool) -> None:
    """Create the project file; a file that is there already is left untouched."""
    from store import clock
    from store.db.connection import create

    database = create(context.db, key=_new_key(context) if encrypt else None)
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


def _new_key(context: CliContext) -> Key:
    from store.db import cipher
    from tui.cli import passphrase

    if os.path.lexists(context.db):
        raise ProjectExists(context.db)
    cipher.library()  # before anything is typed
    return cipher.new(passphrase.chosen(context.key_file, "--key-file FILE"))
