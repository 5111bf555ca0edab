"""``pairlab judge``: a model's verdicts over pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli.context import CliContext, json_option
from tui.cli.making import Making, ThinkingOptions, making_options
from tui.cli.one_of import FiniteRange, OneOf

if TYPE_CHECKING:
    from engine.method.judging_options import JudgingOptions


def _principles(_ctx: click.Context, _param: click.Parameter, text: str) -> int | None:
    if text == "all":
        return None
    return _number(text, "1, another number or all")


def _few_shot(_ctx: click.Context, _param: click.Parameter, text: str) -> tuple[int, bool]:
    number = text.removeprefix("rulings:")
    return _number(number, "K or rulings:K", least=0), number != text


def _number(text: str, wanted: str, *, least: int = 1) -> int:
    if not text.isdecimal() or len(text) > 4 or int(text) < least:
        raise click.BadParameter(f"want {wanted}, not '{text}'")
    return int(text)


def _judge_name(_ctx: click.Context, _param: click.Parameter, text: str | None) -> str | None:
    from store.ids import AI
    from store.log.event_values import name_problem
    from store.names import reserved

    if text is None:
        return None
    bare = text.strip().removeprefix(AI)
    if (problem := name_problem(bare)) or reserved(bare):
        raise click.BadParameter(f"nobody can judge as '{text}': it {problem or 'is reserved'}")
    return bare


@click.command("judge")
@click.option(
    "--principles",
    callback=_principles,
    default="1",
    show_default=True,
    metavar="1|K|all",
    help="How many of the principles that apply each pair is asked under, drawn by --seed.",
)
@click.option(
    "--template",
    type=OneOf(["letters", "places"]),
    default="letters",
    show_default=True,
    help="The wording: letters puts the principle last and calls the answers A and B, places puts"
    " it first and calls them first and second.",
)
@click.option(
    "--reasoned",
    is_flag=False,
    flag_value="1",
    default="0",
    metavar="[N]",
    callback=lambda _ctx, _param, text: _number(text, "a number of samples", least=0),
    help="Let the model reason before it names a label, N times in each order (1: greedy, more:"
    " drawn); the mean is cut off at 40 and 60 %, since a model that has reasoned is too sure.",
)
@click.option(
    "--few-shot",
    callback=_few_shot,
    default="0",
    metavar="K|rulings:K",
    help="Show K worked comparisons first: the constitution's, or people's rulings. A ruling is"
    " shown only with pairs of the other half of the prompts, so that none teaches itself.",
)
@click.option(
    "--margin",
    type=FiniteRange(0, 0.5, max_open=True),
    metavar="M",
    help="From now on a probability within M of one half is a tie, for all judges; the project"
    " keeps it.  [default: what it keeps, else 0]",
)
@click.option(
    "--as-judge",
    callback=_judge_name,
    metavar="NAME",
    help="Judge as ai:NAME, not ai:MODEL. Another file of a name that has judged already is"
    " ai:MODEL# and the start of its SHA-256 by itself.",
)
@making_options(
    "candidates",
    "temperature",
    "rounds",
    "teacher",
    "max_tokens",
    "revise_all",
    "with_pairs",
    "no_critique",
    "long_rejected",
)
@json_option
@click.pass_obj
def command(
    context: CliContext,
    making: Making,
    *,
    principles: int | None,
    few_shot: tuple[int, bool],
    reasoned: int,
    margin: float | None,
    template: str,
    as_judge: str | None,
    as_json: bool,
) -> None:
    """Let the model say which answer of each pair is better under a principle.

    Each pair is asked in both orders, by the log-probabilities of the two labels; where the orders
    contradict each other the verdict is a tie. Every asking is kept: another --principles, --pick,
    --seed, --constitution, --template, --few-shot, --reasoned or --think on asks again and adds,
    and the verdict follows from the mean over all that this judge was asked. With --think on the
    model thinks in each order, and the labels are weighed behind its closed thoughts; else it does
    not think. Withdrawn, identical and empty pairs are not judged.

    The labels stand under ai:MODEL and never count as a person's; `export --from ai` writes by
    them. Several models judge side by side, each under its name. Ctrl-C or a kill loses at most
    the verdicts under way; run it again to go on.
    """
    from tui.cli.unattended import carry_out
    from tui.cli.unattended_jobs import JUDGE

    judging = judging_of(
        principles=principles,
        few_shot=few_shot,
        reasoned=reasoned,
        template=template,
        as_judge=as_judge,
        think=making.think,
    )
    if margin is not None:
        _keep_margin(context, margin)
    carry_out(context, making, JUDGE, judging=judging, as_json=as_json)


def judging_of(
    *,
    principles: int | None,
    few_shot: tuple[int, bool],
    reasoned: int,
    template: str,
    as_judge: str | None,
    think: ThinkingOptions,
    **_others: object,
) -> JudgingOptions:
    """How a judge is asked, by the options of the command.

    Raises:
        click.UsageError: they do not go together.
    """
    from engine.errors import BadRequest
    from engine.method.judging_options import JudgingOptions

    try:
        return JudgingOptions(
            principles, template, reasoned, *few_shot, as_judge, think=think.wanted is True
        )
    except BadRequest as error:
        raise click.UsageError(str(error)) from error


def _keep_margin(context: CliContext, margin: float) -> None:
    from store import clock
    from store.judgements import settings

    with context.open() as database:
        if settings.judge_margin(database) != margin:
            settings.set(database, settings.JUDGE_MARGIN, margin, context.annotator, clock.now())
