"""``pairlab check``: the data-set checks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.cli import completion
from tui.cli.context import CliContext, json_option, put, put_json
from tui.cli.help_tables import TabledCommand

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from store.checks.registry import Checks, Told

_MOST_PAIRS = 5


def _checks() -> dict[str, str]:
    from store.checks.registry import summaries

    return summaries()


@click.command("check", cls=TabledCommand, tables=(("Checks", _checks),))
@click.option(
    "--from",
    "from_",
    default="consensus",
    show_default=True,
    metavar="SOURCE",
    shell_complete=completion.of(completion.sources),
    help="What counts as decided: consensus, majority, by:NAME, source:NAME, decisions, ai or"
    " ai:NAME.",
)
@click.option(
    "--against",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="An evaluation set (text, JSON, JSON lines) whose texts must not be trained on; may be"
    " given again.",
)
@json_option
@click.pass_obj
def command(context: CliContext, from_: str, against: tuple[Path, ...], *, as_json: bool) -> None:
    """Look for what a model would learn from the decided pairs that nobody meant to teach it.

    Nothing is changed or left out because of what is found. JSON has every threshold with its
    source, and the ids of all pairs.
    """
    from store.checks import registry
    from store.checks.contamination import EvaluationSet
    from store.exporting import UsageProblem
    from tui.cli.progress import counting

    try:
        with context.open() as database, counting("checking", len(registry.CHECKS)) as on_check:
            evaluation = EvaluationSet(against) if against else None
            result = registry.check(database, from_=from_, against=evaluation, on_check=on_check)
    except UsageProblem as problem:
        raise click.UsageError(str(problem)) from problem
    if as_json:
        put_json(result.as_json())
    else:
        _tell(result)


def _tell(result: Checks) -> None:
    from store.checks.finding import Level

    put(f"{result.rows} decided pairs")
    if not result.rows:
        left_out = ", ".join(f"{reason} {n}" for reason, n in result.excluded.items())
        put(
            f"nothing is decided yet{f' ({left_out})' if left_out else ''}: most checks wait for it"
        )
    waiting = []
    for told in result.findings:
        if told.finding.level is Level.UNKNOWN:
            waiting.append(told.check.id)
        else:
            _tell_finding(told)
    if waiting:
        put(f"nothing to look at yet: {', '.join(waiting)}")


def _tell_finding(told: Told) -> None:
    from store.checks.finding import Level

    found = told.finding
    put(f"{found.level.value:5} {told.check.id}: {found.summary}")
    if found.level is not Level.FINE:
        put(f"      told from: {told.check.threshold} ({told.check.source})")
    if found.pairs:
        shown = ", ".join(pair[:12] for pair in found.pairs[:_MOST_PAIRS])
        more = len(found.pairs) - _MOST_PAIRS
        put(f"      {shown}{f' and {more} more' if more > 0 else ''}")
