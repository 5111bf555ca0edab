"""``pairlab encrypt``: puts a plain project under a passphrase."""

from __future__ import annotations

import click

from tui.cli.context import CliContext, say


@click.command("encrypt")
@click.pass_obj
def command(context: CliContext) -> None:
    """Encrypt the project; the passphrase is asked for twice, or is in --key-file.

    Without it nothing can be read any more, by nobody. Nobody else may have the project open. The
    old file is overwritten with zeros; copies made before stay plain, and those beside the project
    are named. A disk (an SSD above all) may keep blocks of the old file that no program reaches.
    """
    from store.db import cipher, encrypting
    from tui.cli import passphrase

    encrypting.must_be(context.db, encrypted=False)
    cipher.library()
    key = cipher.new(passphrase.chosen(context.key_file, "--key-file FILE"))
    done = encrypting.change(context.db, key)
    say(f"{context.db} is encrypted. Keep the passphrase: nothing opens the file without it.")
    for path in done.copies:
        say(f"{path} is plain: delete it, or encrypt it with --db")
