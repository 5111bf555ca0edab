"""``pairlab backup``: a safe copy of the project file, also while the app is open."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli.context import CliContext, say


@click.command("backup")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def command(context: CliContext, out: Path) -> None:
    """Copy the project to OUT; a plain cp of a file in use would miss the latest labels."""
    from store.db.backup import backup

    with context.open() as database:
        backup(database, out)
    say(f"{out} written and checked.")
