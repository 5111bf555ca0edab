"""``pairlab restore``: goes back to a backup, and keeps what was there."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli.context import CliContext, json_option, put_json, say


@click.command("restore")
@click.argument("backup", type=click.Path(path_type=Path, dir_okay=False))
@json_option
@click.pass_obj
def command(context: CliContext, backup: Path, *, as_json: bool) -> None:
    """Put BACKUP in the place of the project, once it has been checked; BACKUP stays.

    The present file and what SQLite keeps beside it are put aside under one name, and are a
    project of their own there. Nobody else may have the project open. A plain cp over a project
    would ruin it: what lies in its -wal file would be taken for the backup's.
    """
    from store import clock
    from store.db import cipher
    from store.db.restore import restore
    from tui.cli.progress import counting
    from tui.visible import clean

    was = cipher.is_encrypted(context.db)
    if cipher.key_of(backup) is None:  # a passphrase is asked for before there is a bar
        cipher.key_of(context.db)
    with counting("copying and comparing", None):
        done = restore(context.db, backup, clock.now())
    if as_json:
        put_json(done.as_json())
        return
    say(clean(f"{done.path} is {done.backup} again: checked, {done.events} events."))
    if cipher.is_encrypted(context.db) and not was:
        say("It is encrypted, as the backup is.")
    if done.set_aside:
        say(clean(f"What was there lies in {done.set_aside[0]}, and opens with --db."))
    say("Work that is only there comes back with: pairlab merge")
