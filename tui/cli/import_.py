"""``pairlab import``: prompts, pairs and labels from files."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tui.cli.context import CliContext, json_option, put_json, say

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from store.importing import FileReport

REFUSED_ROWS = 3
"""Exit status when the work was done, but some input rows were refused."""

_MOST_TOLD = 20


@click.command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--kind",
    type=click.Choice(["auto", "prompts", "pairs", "labels"]),
    default="auto",
    show_default=True,
)
@click.option("--format", "format_", metavar="NAME", help="[default: found out from the file]")
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="Take FIELD (prompt, a, b, category ...) from this column or key; may be given again.",
)
@click.option("--category", metavar="C", help="Category of every prompt of these files.")
@json_option
@click.pass_obj
def command(
    context: CliContext,
    files: tuple[str, ...],
    kind: str,
    format_: str | None,
    mapping: tuple[str, ...],
    category: str | None,
    *,
    as_json: bool,
) -> None:
    """Bring in prompts, pairs or labels; - is stdin, .gz is read; doing it again adds nothing."""
    from store import clock, importing
    from tui.cli.progress import counting

    if format_ is not None and format_ not in importing.FORMATS:
        raise click.UsageError(
            f"--format '{format_}' is none of {', '.join(sorted(importing.FORMATS))}"
        )
    columns = _columns(mapping)
    if unknown := sorted(set(columns) - set(importing.FIELDS)):
        raise click.UsageError(
            f"--map: there is no field '{unknown[0]}'; the fields are {', '.join(importing.FIELDS)}"
        )
    reports = []
    with context.open() as database:
        for file in files:
            with counting(f"reading {file}", None) as progress:
                report = importing.run(
                    database,
                    sys.stdin.buffer if file == "-" else file,
                    at=clock.now(),
                    progress=progress,
                    kind=kind,
                    format=format_,
                    map=columns,
                    category=category,
                )
            reports.append(report)
            _tell(report)
    if as_json:
        put_json({"files": [report.as_json() for report in reports]})
    if any(report.rejected for report in reports):
        raise click.exceptions.Exit(REFUSED_ROWS)


def _columns(mapping: tuple[str, ...]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for pair in mapping:
        field, equals, column = pair.partition("=")
        if not (field and equals and column):
            raise click.UsageError(f"--map wants FIELD=COLUMN, not '{pair}'")
        columns[field] = column
    return columns


def _tell(report: FileReport) -> None:
    from tui.visible import clean

    say(
        clean(
            f"{report.file}: {report.read} read ({report.kind}, {report.format}),"
            f" {report.added} added, {report.duplicates} there already,"
            f" {report.rejected} refused"
        )
    )
    for problem in report.problems[:_MOST_TOLD]:
        kept = "kept" if problem.kept else "refused"
        field = f"{problem.field}: " if problem.field else ""
        say(clean(f"{report.file}:{problem.line}: {field}{problem.reason} ({kept})"))
    if (more := len(report.problems) - _MOST_TOLD) > 0:
        say(f"{report.file}: {more} more; --json lists them all")
