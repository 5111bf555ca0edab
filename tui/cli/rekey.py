"""``pairlab rekey``: changes the passphrase of an encrypted project."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli.context import CliContext, say


@click.command("rekey")
@click.option(
    "--new-key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Holds the new passphrase; readable by you alone.  [default: asked for, twice]",
)
@click.pass_obj
def command(context: CliContext, *, new_key_file: Path | None) -> None:
    """Change the passphrase; the file is written anew, and the old one overwritten with zeros.

    Nobody else may have the project open. Copies made before still open with the old passphrase;
    those beside the project are named.
    """
    from store.db import cipher, encrypting
    from tui.cli import passphrase

    encrypting.must_be(context.db, encrypted=True)
    cipher.key_of(context.db)  # the old one first
    key = cipher.new(passphrase.chosen(new_key_file, "--new-key-file FILE"))
    done = encrypting.change(context.db, key)
    say(f"{context.db} has the new passphrase.")
    for path in done.copies:
        say(f"{path} opens with the old one: delete it, or rekey it with --db")
