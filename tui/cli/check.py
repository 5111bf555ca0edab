"""``pairlab check``: the data-set checks."""

from __future__ import annotations

import click

from tui.cli.context import CliContext, json_option, put, put_json


@click.command("check")
@click.option(
    "--from",
    "from_",
    default="consensus",
    show_default=True,
    metavar="SOURCE",
    help="What counts as decided: consensus, majority, by:NAME, decisions or ai.",
)
@json_option
@click.pass_obj
def command(context: CliContext, from_: str, *, as_json: bool) -> None:
    """Look for what a model would learn from the decided pairs that nobody meant to teach it."""
    from store.checks import registry
    from store.exporting import UsageProblem
    from tui.cli.progress import counting

    try:
        with context.open() as database, counting("checking", len(registry.CHECKS)) as on_check:
            result = registry.check(database, from_=from_, on_check=on_check)
    except UsageProblem as problem:
        raise click.UsageError(str(problem)) from problem
    if as_json:
        put_json(result.as_json())
        return
    put(f"{result.rows} decided pairs")
    for finding in result.findings:
        put(f"{finding.level.value:5} {finding.check}: {finding.summary}")
        if finding.pairs:
            shown = ", ".join(pair[:12] for pair in finding.pairs[:5])
            more = f" and {len(finding.pairs) - 5} more" if len(finding.pairs) > 5 else ""
            put(f"      {shown}{more}")
