"""``pairlab decrypt``: makes an encrypted project a plain one."""

from __future__ import annotations

import click

from tui.cli.context import CliContext, say


@click.command("decrypt")
@click.pass_obj
def command(context: CliContext) -> None:
    """Make the project a plain file again, which any program that knows SQLite can read.

    Nobody else may have the project open. Encrypted copies of it stay as they are.
    """
    from store.db import encrypting

    encrypting.must_be(context.db, encrypted=True)
    encrypting.change(context.db, None)
    say(f"{context.db} is plain: whoever can read the file can read its texts.")
