"""``pairlab doctor``: what is wrong here, and what to do about it."""

from __future__ import annotations

import click

from tui.cli.context import CliContext, json_option, put, put_json


@click.command("doctor")
@json_option
@click.pass_obj
def command(context: CliContext, *, as_json: bool) -> None:
    """Look at the project file, SQLite, the disk and the model; exit 1 when something is broken."""
    from dataclasses import asdict

    from store.doctor import Severity, examine
    from tui.cli.examine import model_findings, network_finding

    findings = [*examine(context.db), *model_findings(context.db), network_finding()]
    broken = any(finding.severity is Severity.BROKEN for finding in findings)
    if as_json:
        put_json({"ok": not broken, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            put(f"{finding.severity.value:8} {finding.subject}: {finding.words}")
            if finding.remedy:
                put(f"{'':8} {finding.remedy}")
    if broken:
        raise click.exceptions.Exit(1)
