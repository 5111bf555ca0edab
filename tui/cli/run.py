"""``pairlab run``: unattended, proposes, criticises and revises whatever is pending."""

from __future__ import annotations

import math
from pathlib import Path

import click

from engine import netlock
from tui.cli.attack import attack_options, chosen, told, wrap
from tui.cli.context import CliContext, json_option, say
from tui.cli.making import Making, making_options
from tui.cli.one_of import FiniteRange
from tui.cli.policy import Policy, given, policy_option


def _price(
    _ctx: click.Context, _param: click.Parameter, text: str | None
) -> tuple[float, float] | None:
    if text is None:
        return None
    prompt, _, written = text.partition(":")
    try:
        price = float(prompt), float(written)
    except ValueError:
        price = (-1.0, -1.0)
    if not all(0 <= part < math.inf for part in price):
        raise click.BadParameter(f"want PROMPT:WRITTEN, as in 0.15:0.6, not '{text}'")
    return price


@click.command("run")
@making_options()
@attack_options
@click.option(
    "--price",
    callback=_price,
    metavar="PROMPT:WRITTEN",
    help="What a server takes for a million tokens of prompts and written, to tell the cost.",
)
@click.option(
    "--max-cost",
    type=FiniteRange(0, min_open=True),
    metavar="AMOUNT",
    help="Stop before --endpoint has taken more than this, by --price.",
)
@policy_option
@click.option("--dry-run", is_flag=True, help="Tell the plan; load no model and write nothing.")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    making: Making,
    attack: tuple[str, ...],
    attacks: Path | None,
    price: tuple[float, float] | None,
    max_cost: float | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Propose, criticise and revise whatever is pending.

    It first tells its plan: prompts, texts, tokens and, once the model has written here, the hours
    it takes. With --attack the harmful prompts are first wrapped in attack styles; each wrapped
    prompt is one of its own beside its base (see `pairlab attack`).

    What --seed promises: the same principles and the same drawing of each text, whatever the order
    and however often the run was stopped. The same texts come only where the same numbers come out
    of the model: texts that are written together share their arithmetic, whose rounding depends on
    how many they are, so that two runs may part at a word that was nearly a tie. A template that
    writes the date says something else each day. Every text is kept as it came.

    Ctrl-C or a kill loses at most the texts being written; run it again to go on.

    Exit status 0: every prompt is complete. 1: some texts could not be had (each prompt is named
    with its reason; the others are stored, run it again to try those) or it was stopped.
    """
    from tui.cli.judge import command as judge
    from tui.cli.judge import judging_of
    from tui.cli.outlook import Price
    from tui.cli.unattended import carry_out
    from tui.cli.unattended_jobs import RUN, Stopped

    context: CliContext = ctx.obj
    policy = given(ctx)
    if max_cost is not None and price is None:
        raise click.UsageError("--max-cost needs --price: what does a million tokens cost?")
    wanted = policy.judge if policy else None
    # read now: a wrong word must not end the night in the morning
    judging = None if wanted is None else judge.make_context("judge", list(wanted), parent=ctx)
    if judging is not None:
        judging_of(**judging.params)
    if netlock.postponed():
        netlock.expect(bool(making.endpoint) + bool(judging and judging.params["endpoint"]))
    if dry_run and (attack or attacks):
        chosen(attack, attacks)
        say("The prompts that --attack would wrap are not counted here.")
    if not dry_run:
        if policy and policy.pairs is not None:
            _pair_by(context, policy)
        if attack or attacks:
            say(told(wrap(context, attack, attacks, making.limit)))
    failed = False
    try:
        carry_out(
            context,
            making,
            RUN,
            as_json=as_json,
            policy=policy.source if policy else None,
            price=Price(*price) if price else None,
            max_cost=max_cost,
            dry_run=dry_run,
        )
    except Stopped:
        if judging is not None:
            say("Nothing was judged; the next run goes on with both.")
        raise
    except click.exceptions.Exit:
        failed = True
    if judging is not None and not dry_run:
        with judging:
            judge.invoke(judging)
    elif judging is not None:
        say("Then the pairs are judged.")
    if failed:
        raise click.exceptions.Exit(1)


def _pair_by(context: CliContext, policy: Policy) -> None:
    """What is paired holds for the project, and who has set it is recorded."""
    from store import clock
    from store.judgements import settings
    from tui.cli.setting import rules

    wanted = rules(policy.pairs or "none")
    with context.open() as db:
        now = [rule for rule in settings.RULES if settings.pairs_by_run(db, rule)]
        if sorted(now) != sorted(wanted):
            settings.set(db, settings.RUN_PAIRS, wanted, context.annotator, clock.now())
            say(f"From now on `run` pairs: {', '.join(wanted) or 'none'}.")
