"""``pairlab backup``: a safe copy of the project file, also while the app is open."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli.context import CliContext, say
from tui.formatting import counted


@click.command("backup")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option(
    "--rolling",
    "rolls",
    is_flag=True,
    help="In place of OUT: one of the latest N (pairlab setting --backups N), where there is"
    " something new.",
)
@click.pass_obj
def command(context: CliContext, out: Path | None, *, rolls: bool) -> None:
    """Copy the project to OUT; a plain cp of a file in use would miss the latest labels."""
    from store import clock
    from store.db import rolling
    from store.db.backup import backup
    from tui.cli.progress import counting

    if (out is None) != rolls:
        raise click.UsageError("name OUT, or give --rolling (one of them)")
    with context.open() as database, counting("copying and comparing", None):
        if out is not None:
            backup(database, out)
            say(f"{out} written and checked.")
            return
        if not rolling.wanted(database):
            raise click.UsageError("first say how many are kept: pairlab setting --backups N")
        done = rolling.roll(database, context.db, clock.now())
    kept = f"{counted(done.kept, 'backup')} in {rolling.folder(context.db)}"
    if done.written is None:
        say(f"Nothing is new since the last one; {kept}.")
    else:
        say(f"{done.written.name} written and checked; {kept}.")
