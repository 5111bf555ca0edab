"""``pairlab revise``: the second step of ``run`` alone."""

from __future__ import annotations

import click

from tui.cli.context import CliContext, json_option
from tui.cli.making import Making, making_options


@click.command("revise")
@making_options("candidates", "temperature", "teacher")
@json_option
@click.pass_obj
def command(context: CliContext, making: Making, *, as_json: bool) -> None:
    """Criticise and revise the candidates that were proposed; propose none.

    Every finished chain makes its pair. Ctrl-C or a kill loses at most the text being written;
    run it again to go on. Exit status 0: every chain is complete. 1: some texts could not be had
    (each is named with its reason; the others are stored, run it again to try those) or it was
    stopped.
    """
    from tui.cli.unattended import carry_out
    from tui.cli.unattended_jobs import REVISE

    carry_out(context, making, REVISE, as_json=as_json)
