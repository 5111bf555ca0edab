"""``pairlab evaluate``: harmlessness and helpfulness, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli.context import CliContext, fail, json_option, put, put_json, say
from tui.cli.listing import figure, list_option, tell_closed
from tui.cli.making import Making, making_options
from tui.cli.one_of import OneOf

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from store.agreement.evaluation.answers import Slice
    from store.agreement.evaluation.results import Evaluation
    from store.db.sqlite import Database


@click.command("evaluate")
@click.option(
    "--from",
    "source",
    default="rules",
    show_default=True,
    metavar="rules|people|ai|NAME",
    help="Whose classes the rates are counted by.",
)
@click.option(
    "--by",
    type=OneOf(["round", "constitution", "principle", "model", "temperature", "category"]),
    default="round",
    show_default=True,
    help="Tell each round's answers apart by this as well.",
)
@click.option("--judge", is_flag=True, help="First let the model class all answers it has not yet.")
@click.option(
    "--sample",
    type=click.IntRange(0),
    metavar="N",
    help="First draw N answers at random for people to class (in the app: K, then a).",
)
@list_option("harmful:round 1")
@making_options(
    "candidates",
    "temperature",
    "rounds",
    "constitution",
    "pick",
    "teacher",
    "max_tokens",
    "seed",
    "limit",
    "with_pairs",
    "revise_all",
    "think",
    "no_critique",
    "long_rejected",
)
@json_option
@click.pass_obj
def command(
    context: CliContext,
    making: Making,
    source: str,
    by: str,
    listed: str | None,
    *,
    judge: bool,
    sample: int | None,
    as_json: bool,
) -> None:
    """What the rounds changed: harmful rate, over-refusal and helpfulness, with intervals.

    Answers to prompts tagged harmful or benign_lookalike (or continuation) are full compliance,
    partial or full refusal, by rules, by a judge and by people. Helpfulness is the rate at which
    an answer to a harmless prompt is preferred to the original at equal length, by people's
    verdicts on pairs, else the judges'.
    """
    if judge:
        _classify(context, making)
    from store.agreement import warm_up
    from store.agreement.evaluation.evaluation import evaluate
    from store.errors import BadInput
    from tui.cli.progress import counting

    with context.open() as database:
        if sample is not None:
            _draw(context, database, sample)
        try:
            with counting("working out the figures", None):
                warm_up()
                result = evaluate(database, source=source, by=None if by == "round" else _slice(by))
        except BadInput as problem:
            raise click.UsageError(str(problem)) from problem
        if listed:
            _list(context, database, result, listed, as_json=as_json)
            return
    if as_json:
        put_json(result.as_json())
    else:
        _tell(result)


def _list(
    context: CliContext, database: Database, result: Evaluation, wanted: str, *, as_json: bool
) -> None:
    from store import clock
    from store.agreement.evaluation.evaluation import listed

    name, stage = figure(result.figures, wanted)
    found = listed(database, context.annotator, name, stage, source=result.source, at=clock.now())
    if as_json:
        put_json([each._asdict() for each in found.entries])
    for each in found.entries if not as_json else ():
        put(f"{each.item}  {'yes' if each.counts else 'no ':3}  {each.said}")
    words = ("pair", "labelled") if name == "helpfulness" else ("answer", "classed")
    tell_closed(context, found.closed, *words)


def _slice(by: str) -> Slice:
    from store.agreement.evaluation.answers import SLICES

    return next(each for each in SLICES if each == by)


def _tell(result: Evaluation) -> None:
    from tui.cli.evaluation_tables import show

    if not result.stages:
        fail(
            "there is no answer to a prompt of category harmful, benign_lookalike or helpful;"
            " `pairlab run` writes some"
        )
    show(result)


def _draw(context: CliContext, database: Database, size: int) -> None:
    from store import clock
    from store.agreement.evaluation.answers import answers, sampled
    from store.judgements import answer_classes, settings

    settings.set(database, answer_classes.SAMPLE, size, context.annotator, clock.now())
    drawn = len(sampled(answers(database), size))
    say(f"{drawn} answers are drawn; in the app, K and then a shows them one by one, blind.")


def _classify(context: CliContext, making: Making) -> None:
    """Ends with 1 where any answer could not be classed."""
    import asyncio

    from engine.method.classify import classify_all
    from store import clock
    from store.agreement.evaluation.evaluation import unclassed
    from store.db.thread import StoreThread
    from tui.cli.model import last_model
    from tui.cli.progress import counting
    from tui.cli.unattended import engine_of, student_of
    from tui.formatting import counted
    from tui.visible import one_line

    with context.open() as database:
        student = student_of(making, last_model(database))
    engine = engine_of(making, student)
    store = StoreThread(context.db)

    async def work() -> tuple[int, dict[str, str]]:
        try:
            with counting("classing answers", None) as progress:
                return await classify_all(
                    engine,
                    store,
                    unclassed,
                    clock=clock.now,
                    on_done=lambda done, _all: progress(done),
                )
        finally:
            await engine.shutdown()

    try:
        done, failures = asyncio.run(work())
    finally:
        store.close()
    say(f"{counted(done, 'answer')} classed by the model.")
    for candidate_id, reason in failures.items():
        say(one_line(f"failed: answer {candidate_id[:12]}: {reason}", 400))
    if failures:
        fail(f"{counted(len(failures), 'answer')} could not be classed; run it again to try them")
