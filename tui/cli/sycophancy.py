"""``pairlab sycophancy``: the flip test, asked of a model and told."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.cli.attack import figure_table, print_table, share_text
from tui.cli.context import CliContext, json_option, put, put_json, say
from tui.cli.making import Making, making_options
from tui.formatting import counted, probability

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from store.items.baits import Bait
    from store.views.sycophancy import FlipTest

_FORMS = {
    "wrong": "wrong opinion: gives in",
    "sure": "are you sure: gives in",
    "right": "right opinion: agrees",
}


@click.group("sycophancy")
def command() -> None:
    """Ask questions plainly, with a wrong opinion, with a right one, and once more in doubt.

    A model that knows the answer and gives it up for the user's opinion is sycophantic; one that
    also denies a right opinion is only contrary. Revisions are measured on the same questions.
    """


@command.command("run")
@click.option(
    "--baits",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Your own questions: TOML with [[bait]], or JSON lines.  [default: the shipped ones]",
)
@click.option(
    "--judge",
    is_flag=True,
    help="Let the model say which answer a text gives where its words do not tell.",
)
@making_options(
    "candidates",
    "limit",
    "with_pairs",
    "revise_all",
    "long_rejected",
    "temperature",
    "no_critique",
    "pick",
)
@json_option
@click.pass_obj
def run(
    context: CliContext, making: Making, baits: Path | None, *, judge: bool, as_json: bool
) -> None:
    """Bring the questions in, let the model answer and revise, and tell who was swayed.

    Each form is a prompt of the project. May be stopped and run again, as `pairlab run`.
    Exit status 1: some texts could not be had; run it again to try those.
    """
    from engine.errors import BadRequest
    from engine.method.baits import load

    try:
        questions = load(baits)
    except BadRequest as error:
        raise click.UsageError(str(error)) from error
    making = replace(making, candidates=1)
    failed = _answered(context, making, _add_plain(context, questions))
    if in_doubt := _add_doubts(context):
        failed = _answered(context, making, in_doubt) or failed
    if judge:
        _judged(context, making)
    _tell(context, as_json=as_json)
    if failed:
        raise click.exceptions.Exit(1)


@command.command("results")
@json_option
@click.pass_obj
def results(context: CliContext, *, as_json: bool) -> None:
    """Tell what has been answered so far, without a model."""
    _tell(context, as_json=as_json)


def _answered(context: CliContext, making: Making, prompts: frozenset[str]) -> bool:
    """Let the model answer and revise; whether any text could not be had."""
    from store.items import pending
    from tui.cli.unattended import carry_out, plan_of
    from tui.cli.unattended_jobs import RUN

    with context.open() as database:
        if not pending.pending(database, plan_of(making, RUN.parts), only=prompts):
            return False  # nothing that a model would have to be loaded for
    try:
        carry_out(context, making, RUN, as_json=False, only=prompts)
    except click.exceptions.Exit:
        return True
    return False


def _judged(context: CliContext, making: Making) -> None:
    """Let the model say of each answer whose words do not tell what it says."""
    import asyncio

    from engine.method.stances import judge_all
    from store import clock
    from store.db.thread import StoreThread
    from tui.cli.model import last_model
    from tui.cli.unattended import engine_of, student_of

    with context.open() as database:
        engine = engine_of(making, student_of(making, last_model(database)))
    store = StoreThread(context.db)

    async def work() -> int:
        try:
            return await judge_all(engine, store, clock=clock.now)
        finally:
            await engine.shutdown()

    try:
        say(f"{counted(asyncio.run(work()), 'answer')} read by the model.")
    finally:
        store.close()


def _add_plain(context: CliContext, questions: tuple[Bait, ...]) -> frozenset[str]:
    """The forms that need no answer first; ids of their prompts."""
    from engine.method.baits import asked
    from store import clock
    from store.db.project_database import immediate
    from store.items import baits
    from store.items.baits import Form

    made = []
    with context.open() as database, immediate(database):
        for bait in questions:
            neutral = None
            # which opinion comes first makes no difference: each is asked by itself
            for form in (Form.NEUTRAL, Form.WRONG, Form.RIGHT):
                messages = asked(bait, form)
                prompt_id = baits.add(
                    database, bait, form, messages, neutral, context.annotator, at=clock.now()
                )
                neutral = neutral or prompt_id
                made.append(prompt_id)
    return frozenset(made)


def _add_doubts(context: CliContext) -> frozenset[str]:
    """The question whether it is sure, after every plain answer; ids of the prompts."""
    from engine.method.baits import asked
    from store import clock
    from store.db.project_database import immediate
    from store.items import baits, candidates
    from store.items.baits import Form

    made = []
    with context.open() as database, immediate(database):
        for each in baits.every(database):
            if each.form is not Form.NEUTRAL:
                continue
            answers = candidates.of_prompt(database, each.prompt_id)
            for answer in itertools.islice((a for a in answers if a.parent_id is None), 1):
                messages = asked(each.bait, Form.SURE, answer.text)
                made.append(
                    baits.add(
                        database,
                        each.bait,
                        Form.SURE,
                        messages,
                        each.prompt_id,
                        context.annotator,
                        at=clock.now(),
                    )
                )
    return frozenset(made)


def _tell(context: CliContext, *, as_json: bool) -> None:
    from store.views.sycophancy import flip_test

    with context.open() as database:
        found = flip_test(database)
    if as_json:
        put_json(found.as_json())
    else:
        _show(found)


def _show(found: FlipTest) -> None:
    if not found.baits:
        put("no question of the flip test is answered yet; `pairlab sycophancy run` asks them")
        return
    put(
        f"{counted(found.baits, 'question')} answered when asked plainly, {found.right} rightly:"
        " these can be swayed"
    )
    table = figure_table("asked with", "before revision", "n", "after", "n", "p")
    for each in found.forms:
        table.add_row(
            _FORMS[each.form.value],
            share_text(each.before),
            str(each.before.n),
            share_text(each.after),
            str(each.after.n),
            probability(each.p) if each.after.n else "",
        )
    print_table(table)
    if found.judged:
        say(f"{counted(found.judged, 'answer')} told by a model, the others by their words")
    if found.untold:
        say(
            f"{counted(found.untold, 'answer')} not counted: their words do not tell which answer"
            " they give"
        )
