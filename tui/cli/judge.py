"""``pairlab judge``: a model's verdicts over pairs."""

from __future__ import annotations

import click

from tui.cli.context import CliContext, json_option
from tui.cli.making import Making, making_options


@click.command("judge")
@making_options(
    "candidates",
    "temperature",
    "rounds",
    "teacher",
    "max_tokens",
    "revise_all",
    "with_pairs",
    "think",
    "no_critique",
    "long_rejected",
)
@json_option
@click.pass_obj
def command(context: CliContext, making: Making, *, as_json: bool) -> None:
    """Let the model say which answer of each pair is better under a principle.

    Each pair is asked in both orders; where the orders contradict each other the verdict is a
    tie. The labels stand under ai:MODEL and never count as a person's; `export --from ai`
    writes by them. Ctrl-C or a kill loses at most the verdicts under way; run it again to go on.
    """
    from tui.cli.unattended import JUDGE, carry_out

    carry_out(context, making, JUDGE, as_json=as_json)
