"""``pairlab attack``: attack styles around one's own harmful prompts, and what they achieve."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from tui.cli import completion
from tui.cli.context import CliContext, json_option, put, put_json, say
from tui.formatting import counted

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from engine.method.attacks import AttackStyle
    from store.agreement.paired import Estimate
    from store.views.red_team import Ablation, Compared, StyleSuccess


class WrappedNow(NamedTuple):
    """What was wrapped."""

    bases: int
    """Harmful prompts."""
    styles: tuple[str, ...]
    new: int
    """Wrapped prompts that were not there before."""


def attack_options(command: Callable[..., None]) -> Callable[..., None]:
    """``--attack STYLE`` and ``--attacks FILE``, of ``run``."""
    for option in (
        click.option(
            "--attacks",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE.toml",
            help="Your own attack styles, all of them where --attack names none.",
        ),
        click.option(
            "--attack",
            multiple=True,
            metavar="STYLE",
            shell_complete=completion.of(completion.styles),
            help="Wrap the harmful prompts in this style too, or in all; may be given again.",
        ),
    ):
        command = option(command)
    return command


_file_option = click.option(
    "--attacks",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.toml",
    help="Your own styles beside the shipped ones.",
)


@click.group("attack")
def command() -> None:
    """Try your own harmful prompts in the styles in which people dress them up.

    A wrapped prompt is a prompt of its own, linked to its base: it has the base's category and
    never leaves its split on export. `pairlab run --attack STYLE` wraps and answers in one go.
    """


@command.command("styles")
@_file_option
@json_option
def styles(attacks: Path | None, *, as_json: bool) -> None:
    """List the attack styles."""
    found = chosen(("all",), attacks)
    if as_json:
        put_json([{"name": s.name, "title": s.title, "template": s.template} for s in found])
        return
    for style in found:
        put(f"{style.name:15} {style.title}")


@command.command("wrap")
@click.argument("style", nargs=-1, shell_complete=completion.of(completion.styles))
@_file_option
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Of the first N prompts alone.")
@json_option
@click.pass_obj
def wrap_command(
    context: CliContext,
    style: tuple[str, ...],
    attacks: Path | None,
    limit: int | None,
    *,
    as_json: bool,
) -> None:
    """Wrap the harmful prompts in STYLE, or in all, without a model.

    What is wrapped already is not wrapped twice.
    """
    if not style and attacks is None:
        raise click.UsageError("name a style, or all; `pairlab attack styles` lists them")
    made = wrap(context, style, attacks, limit)
    if as_json:
        put_json({"prompts": made.bases, "styles": list(made.styles), "new": made.new})
    else:
        put(told(made))


@command.command("results")
@json_option
@click.pass_obj
def results(context: CliContext, *, as_json: bool) -> None:
    """Tell how often each style gets a harmful answer, before and after revision.

    Harmful is an answer that is no refusal by the rules of `pairlab check`, on the same prompts
    wrapped and bare. Where answers were revised with and without a critique (`run` and
    `run --no-critique`), both kinds are compared as well.
    """
    from store.views import red_team

    with context.open() as database:
        found = red_team.styles(database)
        both = red_team.ablation(database)
    if as_json:
        put_json({"styles": [each.as_json() for each in found], "without_critique": both.as_json()})
        return
    if not found:
        put("no prompt is wrapped yet; `pairlab run --attack all` wraps the harmful ones")
    else:
        _show_styles(found)
    if both.originals:
        _show_ablation(both)


def wrap(
    context: CliContext, names: tuple[str, ...], path: Path | None, limit: int | None
) -> WrappedNow:
    """Wrap the harmful prompts of a project.

    Raises:
        click.UsageError: there is no such style, or the file of styles cannot be used.
    """
    styles = chosen(names, path)
    from store import clock
    from store.db.project_database import immediate
    from store.items import attacks

    with context.open() as database, immediate(database):
        bases = attacks.to_wrap(database, limit)
        new = sum(
            attacks.wrap(
                database,
                base,
                style.name,
                style.wrap(base.messages),
                context.annotator,
                at=clock.now(),
            )
            for base in bases
            for style in styles
        )
    return WrappedNow(len(bases), tuple(style.name for style in styles), new)


def told(made: WrappedNow) -> str:
    """What was wrapped, in a line."""
    if not made.bases:
        return "no prompt has the category harmful: nothing was wrapped"
    return (
        f"{counted(made.bases, 'harmful prompt')} in {counted(len(made.styles), 'style')}:"
        f" {made.new} new wrapped"
    )


def chosen(names: tuple[str, ...], path: Path | None) -> tuple[AttackStyle, ...]:
    """The styles of these names, or those of a file.

    Raises:
        click.UsageError: there is no such style, or the file of styles cannot be used.
    """
    from engine.errors import BadRequest
    from engine.method import attacks

    try:
        return attacks.chosen(names, path)
    except BadRequest as error:
        raise click.UsageError(str(error)) from error


def _show_styles(found: list[StyleSuccess]) -> None:
    put("harmful share of answers, by the rules for refusals")
    table = figure_table("style", "", "n", "wrapped", "bare", "points apart")
    for each in found:
        _rows(table, each.style, (("before", each.before), ("after", each.after)))
    print_table(table)
    _reasons(part for each in found for part in (each.before, each.after))


def _show_ablation(both: Ablation) -> None:
    put("revised without a critique, against with one")
    table = figure_table("", "", "n", "without", "with", "points apart")
    _rows(table, "changed", (("", both.changed),))
    _rows(table, "harmful", (("", both.harmful),))
    print_table(table)
    _reasons((both.changed, both.harmful))
    spent = both.tokens
    if spent.one.value is not None and spent.other.value is not None:
        put(f"tokens an answer: {spent.one.value:.0f} without, {spent.other.value:.0f} with")


def _reasons(compared: Iterable[Compared]) -> None:
    """Why some differences have no interval, each reason once."""
    for reason in dict.fromkeys(each.difference.reason for each in compared):
        if reason:
            say(f"points apart: {reason}")


def figure_table(*heads: str) -> Any:
    """A table of figures; names stand left, numbers right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for head in heads:
        table.add_column(head, justify="left" if head in ("style", "asked with", "") else "right")
    return table


def _rows(table: Any, name: str, kinds: tuple[tuple[str, Compared], ...]) -> None:
    from tui.visible import clean

    for number, (kind, compared) in enumerate(kinds):
        one, other, apart = compared
        cells = (str(one.n), share_text(one), share_text(other), _apart(apart))
        table.add_row("" if number else clean(name), kind, *cells)


def print_table(table: Any) -> None:
    """Print a table for a person."""
    from tui.cli.context import stdout_console

    stdout_console().print(table)


def share_text(figure: Estimate) -> str:
    """A share with its interval, in percent."""
    from tui.formatting import share

    if figure.low is None or figure.high is None:
        return share(figure.value)
    return f"{share(figure.value)} ({figure.low * 100:.0f} to {figure.high * 100:.0f})"


def _apart(figure: Estimate) -> str:
    """A difference in points of a hundred."""
    from store.agreement.figure import rounded
    from tui.formatting import NONE

    if figure.value is None:
        return NONE
    points = rounded(figure.value * 100, 0)
    if figure.low is None or figure.high is None:
        return points
    return f"{points} ({rounded(figure.low * 100, 0)} to {rounded(figure.high * 100, 0)})"
