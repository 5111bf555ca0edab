"""``pairlab merge``: brings the work in another project file into this one."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli.context import CliContext, json_option, put, put_json, say


@click.command("merge")
@click.argument("other", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Say what would come in, and write nothing.")
@click.option(
    "--adopt-fork",
    is_flag=True,
    help="Where OTHER is a copy of this file that was worked on: take its work over all the same.",
)
@json_option
@click.pass_obj
def command(
    context: CliContext, other: Path, *, dry_run: bool, adopt_fork: bool, as_json: bool
) -> None:
    """Bring the work in OTHER into this project; OTHER is not changed.

    Nothing is dropped: where the two files say different things both are kept in the log, and
    what stands is told. Merging again, or the other way round, changes nothing more. A category,
    tag or role that each file imported with the same item stays in each as it is, and is told:
    `pairlab category` settles a category in both.
    """
    from store.db import cipher
    from store.merging.merge import merge
    from tui.cli.progress import counting
    from tui.dialogs import merge_text
    from tui.visible import clean

    cipher.key_of(other)  # a passphrase is asked for before there is a bar
    with context.open() as database, counting("merging", None) as on_row:
        merged = merge(database, other, dry_run=dry_run, adopt_fork=adopt_fork, on_row=on_row)
    if as_json:
        put_json(merged.as_json())
        return
    for line in merge_text.told(merged):
        say(clean(line))
    for line in merge_text.conflicts(merged):
        put(line)
