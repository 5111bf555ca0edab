"""``pairlab doctor``: what is wrong here, and what to do about it."""

from __future__ import annotations

import click

from tui.cli.context import CliContext, json_option, put, put_json, say
from tui.cli.output import say_meanwhile
from tui.cli.suggested import working


@click.command("doctor")
@click.option(
    "--repair",
    is_flag=True,
    help="First mend what follows from the events: current labels, indexes, leftovers.",
)
@click.option(
    "--quick",
    is_flag=True,
    help="Look at the newest rows alone; two seconds at most, also on a large project.",
)
@json_option
@click.pass_obj
def command(context: CliContext, *, repair: bool, quick: bool, as_json: bool) -> None:
    """Look at the project file, SQLite, the disk and the model; exit 1 when something is broken.

    Events that cannot be used are named one by one; they are kept, and counted nowhere.
    """
    from dataclasses import asdict

    from store.db.doctor import Severity, examine
    from tui.cli.examine import (
        configuration_findings,
        files_finding,
        model_findings,
        network_finding,
    )

    mended = _repair(context) if repair else []
    findings = [
        *examine(context.db, quick=quick, progress=_tell),
        *model_findings(context.db),
        network_finding(),
        files_finding(),
    ]
    findings += configuration_findings()
    broken = any(finding.severity is Severity.BROKEN for finding in findings)
    if as_json:
        found = {"ok": not broken, "findings": [asdict(finding) for finding in findings]}
        put_json(found | ({"repaired": mended} if repair else {}))
    else:
        for finding in findings:
            put(f"{finding.severity.value:8} {finding.subject}: {finding.words}")
            if finding.remedy:
                put(f"{'':8} {working(finding.remedy)}")
    if broken:
        raise click.exceptions.Exit(1)


def _repair(context: CliContext) -> list[str]:
    from store.db.repair import repair
    from tui.cli.progress import counting

    with counting("comparing and mending", None):
        mended = repair(context.db)
    for words in mended or ["Nothing had to be mended."]:
        say(words)
    return mended


def _tell(words: str) -> None:
    """What is looked at, for somebody who waits."""
    say_meanwhile(f"looking at {words}")
