"""``pairlab rescue``: what can be read of a damaged project file, in a new one."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from tui.cli.context import CliContext, json_option, put_json, put_text, say


@click.command("rescue")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option(
    "--texts",
    is_flag=True,
    help="In place of OUT: print the texts that were kept when an encrypted project was lost while"
    " it was open (--db NAME.rescue-TIME.texts.db).",
)
@json_option
@click.pass_obj
def command(context: CliContext, out: Path | None, *, texts: bool, as_json: bool) -> None:
    """Write what can be read of the project, and is what its id says, to the new project OUT.

    The damaged file is not changed. Ends with 3 where something was lost; what others have of it
    comes back with merge.
    """
    from store import clock
    from store.db import kept_text
    from store.db.salvage import salvage
    from tui.visible import clean

    if (out is None) != texts:
        raise click.UsageError("name OUT, or give --texts (one of them)")
    if out is None:
        for text in kept_text.texts(context.db):
            put_text(text)
        return
    done = salvage(context.db, out, clock.now())
    if as_json:
        put_json(done.as_json())
    else:
        for table, taken in done.taken.items():
            lost = done.lost.get(table, 0)
            say(f"{table:13} {taken:8} taken" + (f", {lost} could not be used" if lost else ""))
        if done.unread:
            say(f"Part of the tables {', '.join(done.unread)} could not be read.")
        say(clean(f"{out} written; open it with: pairlab --db {shlex.quote(str(out))}"))
    if not done.whole:
        raise click.exceptions.Exit(3)
