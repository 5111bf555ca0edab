"""``pairlab run``: unattended, proposes, criticises and revises whatever is pending."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli.attack import attack_options, told, wrap
from tui.cli.context import CliContext, json_option, say
from tui.cli.making import Making, making_options


@click.command("run")
@making_options()
@attack_options
@json_option
@click.pass_obj
def command(
    context: CliContext,
    making: Making,
    attack: tuple[str, ...],
    attacks: Path | None,
    *,
    as_json: bool,
) -> None:
    """Propose, criticise and revise whatever is pending.

    With --attack the harmful prompts are first wrapped in attack styles; each wrapped prompt is
    one of its own beside its base (see `pairlab attack`).

    Ctrl-C or a kill loses at most the text being written; run it again to go on.

    Exit status 0: every prompt is complete. 1: some texts could not be had (each prompt is named
    with its reason; the others are stored, run it again to try those) or it was stopped.
    """
    from tui.cli.unattended import RUN, carry_out

    if attack or attacks:
        say(told(wrap(context, attack, attacks, making.limit)))
    carry_out(context, making, RUN, as_json=as_json)
