"""``pairlab scores``: which model, temperature, principle or answer is preferred, on one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click

from tui.cli.context import CliContext, fail, json_option, put_json, say, stdout_console
from tui.cli.listing import figure, list_option, show_pairs
from tui.cli.one_of import OneOf

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from store.agreement.bradley_terry import ItemStrength
    from store.agreement.item_scores import ItemScores, Of

OF = ("model", "temperature", "principle", "round", "answer")
_WHOSE = {"people": "person", "ai": "model"}


@click.command("scores")
@click.option("--of", type=OneOf(OF), default="model", show_default=True, help="What.")
@click.option("--prompt", metavar="ID", help="Only this prompt; needed to compare its answers.")
@click.option(
    "--from",
    "whose",
    default="people",
    show_default=True,
    metavar="WHO",
    help="Whose verdicts: people, ai, or one annotator's name.",
)
@list_option("SmolLM2-135M-Instruct.Q4_1.gguf")
@json_option
@click.pass_obj
def command(
    context: CliContext,
    of: str,
    prompt: str | None,
    whose: str,
    listed: str | None,
    *,
    as_json: bool,
) -> None:
    """Bradley-Terry scores with 95 % intervals, from all verdicts that stand.

    A score is in log-odds with mean 0: one that lies 1.1 above another wins three times in four.
    Ties count as half a win each; intervals are over 2,000 draws of whole prompts, seeded. What
    was never compared, even by way of others, stands on another scale. Where somebody lost to
    nobody there is no finite score: a normal prior (variance 9) holds it, marked with *.
    """
    if of == "answer" and prompt is None:
        raise click.UsageError("--of answer wants --prompt ID: answers are compared in one prompt")
    from store import find
    from store.agreement.item_scores import item_scores
    from tui.cli.progress import counting

    with context.open() as database:
        prompt_id = None
        if prompt is not None:
            prompt_id = find.prompt_id(database, prompt)
        with counting("working out the scores", None):
            done = item_scores(
                database, cast("Of", of), _WHOSE.get(whose, whose), prompt_id=prompt_id
            )
        if listed and done.scores:
            show_pairs(context, database, figure(done.pairs, listed), as_json=as_json)
            return
    if as_json:
        put_json(_as_json(of, whose, done))
    elif done.scores:
        _show(of, done)
    for reason, times in done.left.items():
        say(f"{times:,} of {done.verdicts:,} verdicts left out: {reason}")
    if not done.scores:
        fail(f"no verdict of {whose} compares two of these; {done.verdicts:,} were looked at")


def _as_json(of: str, whose: str, done: ItemScores) -> dict[str, Any]:
    from store.agreement.figure import as_number, as_numbers

    def row(score: ItemStrength) -> dict[str, Any]:
        ends = {"score": as_number(score.score), "ci95": as_numbers(score.ci95)}
        return score._asdict() | ends

    scores = [row(score) for score in done.scores]
    told = {"of": of, "from": whose, "verdicts": done.verdicts, "left": done.left}
    return told | {"scores": scores}


def _show(of: str, done: ItemScores) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from tui.formatting import coefficient, interval
    from tui.visible import clean

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for place, head in enumerate((of, "n", "won", "score", "95 %")):
        table.add_column(head, justify="left" if place == 0 else "right")
    before = 0
    for score in done.scores:
        if score.component != before:
            table.add_section()
        before = score.component
        table.add_row(
            clean(score.item[:12] if of == "answer" else score.item),
            str(score.games),
            f"{score.won:g}",
            coefficient(score.score) + "*" * score.prior,
            interval(score.ci95) or (score.reason or ""),
        )
    stdout_console().print(table)
    if before:
        say("The parts were never compared with each other: each has a scale of its own.")
    if any(score.prior for score in done.scores):
        say("* somebody lost to nobody: held by a normal prior of variance 9")
