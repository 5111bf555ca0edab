"""``pairlab propose``: the first step of ``run`` alone."""

from __future__ import annotations

import click

from tui.cli.context import CliContext, json_option
from tui.cli.making import Making, making_options


@click.command("propose")
@making_options("rounds", "constitution", "pick", "teacher", "revise_all", "no_critique")
@json_option
@click.pass_obj
def command(context: CliContext, making: Making, *, as_json: bool) -> None:
    """Propose the candidates that prompts still lack; revise none.

    Ctrl-C or a kill loses at most the text being written; run it again to go on.

    Exit status 0: every prompt is complete. 1: some texts could not be had (each prompt is named
    with its reason; the others are stored, run it again to try those) or it was stopped.
    """
    from tui.cli.unattended import carry_out
    from tui.cli.unattended_jobs import PROPOSE

    carry_out(context, making, PROPOSE, as_json=as_json)
