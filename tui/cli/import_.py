"""``pairlab import``: prompts, pairs and labels from files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.cli import completion
from tui.cli.context import CliContext, json_option, put, put_json, say
from tui.cli.help_tables import TabledCommand
from tui.cli.one_of import OneOf
from tui.cli.output import standard_input

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from store.errors import BadInput
    from store.importing import FileReport

REFUSED_ROWS = 3
"""Exit status when the work was done, but some input rows were refused."""


def _formats() -> dict[str, str]:
    from store.importing import summaries

    return summaries()


@click.command("import", cls=TabledCommand, tables=(("Formats (found out row by row)", _formats),))
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--kind",
    type=OneOf(["auto", "prompts", "pairs", "labels"]),
    default="auto",
    show_default=True,
)
@click.option(
    "--format",
    "format_",
    metavar="NAME",
    shell_complete=completion.of(completion.import_formats),
    help="[default: found out from the file]",
)
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="Take FIELD (prompt, a, b, category ...) from this column or key; may be given again.",
)
@click.option("--category", metavar="C", help="Category of every prompt of these files.")
@click.option(
    "--source",
    "source_name",
    metavar="NAME",
    help="Keep the files' own preference (chosen, ranks, scores) as the label of source:NAME."
    "  [default: the format's name]",
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="FIELD",
    help="Leave this field out without a word; may be given again.",
)
@click.option("--delimiter", metavar="C", help="What separates the cells of a table.")
@click.option("--dry-run", is_flag=True, help="Show what would come in, and write nothing.")
@json_option
@click.pass_obj
def command(
    context: CliContext,
    /,
    files: tuple[str, ...],
    mapping: tuple[str, ...],
    delimiter: str | None,
    *,
    dry_run: bool,
    as_json: bool,
    format_: str | None,
    **options: Any,
) -> None:
    """Bring in prompts, pairs or labels; doing it again adds nothing.

    - is stdin; a folder is read file by file; .gz, .bz2 and .xz are unpacked; Parquet, Arrow and
    .zst need the extra pairlab[parquet]. Each row is read by its own shape.

    A row that holds more than can be kept is refused with its reason; fields that were not read
    are named with their number.
    """
    from store import clock, importing, names
    from store.errors import BadInput
    from tui.cli.progress import counting
    from tui.dialogs import import_text

    if format_ is not None:
        known = names.find(format_, importing.FORMATS)
        if known is None:
            told = names.hint(format_, sorted(importing.FORMATS))
            raise click.UsageError(f"--format: there is no format '{format_}'{told}")
        format_ = known
    columns = _columns(mapping)
    if unknown := sorted(set(columns) - set(importing.FIELDS)):
        raise click.UsageError(
            f"--map: there is no field '{unknown[0]}'{names.hint(unknown[0], importing.FIELDS)}"
        )
    options |= {"map": columns, "format": format_, "separator": _separator(delimiter)}
    reports = []
    failed: list[BadInput] = []
    found = _found(files, failed)
    with context.open() as database:
        for file, split in found:
            try:
                with counting(f"reading {file}", None) as progress:
                    report = importing.run(
                        database,
                        standard_input() if file == "-" else file,
                        at=clock.now(),
                        progress=progress,
                        dry_run=dry_run,
                        **options,
                    )
            except BadInput as error:
                failed.append(error)
                continue
            report.split = split
            reports.append(report)
            for line in import_text.told(report):
                _say(line)
            if dry_run and not as_json:
                for line in (*import_text.fields(report), *import_text.first_rows(report)):
                    put(line)
    if as_json and (reports or not failed):
        put_json({"files": [_as_json(report, dry_run=dry_run) for report in reports]})
    if len(failed) == 1 and not reports:
        raise failed[0]
    for each in failed:
        _say(f"pairlab: {each}")
    if failed:
        raise click.exceptions.Exit(1)
    if any(report.rejected for report in reports):
        raise click.exceptions.Exit(REFUSED_ROWS)


def _found(files: tuple[str, ...], failed: list[BadInput]) -> list[tuple[str, str]]:
    """The files to read, those of folders among them, with their splits."""
    from store import importing
    from store.errors import BadInput

    found: list[tuple[str, str]] = []
    for file in files:
        if not Path(file).is_dir():
            found.append((file, ""))
            continue
        try:
            inside = importing.files_of(Path(file))
        except BadInput as error:
            failed.append(error)
            continue
        found += [(str(path), split) for path, split in inside.files]
        if inside.passed_over:
            _say(f"{file}: files that were not read: {', '.join(inside.passed_over)}")
    return found


def _columns(mapping: tuple[str, ...]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for pair in mapping:
        field, equals, column = pair.partition("=")
        if not (field and equals and column):
            raise click.UsageError(f"--map wants FIELD=COLUMN, not '{pair}'")
        columns[field] = column
    return columns


def _separator(delimiter: str | None) -> str | None:
    found = "\t" if delimiter in ("tab", "\\t") else delimiter
    if found is not None and (len(found) != 1 or found in '"\r\n'):
        raise click.UsageError(f"--delimiter wants one character, or tab, not '{delimiter}'")
    return found


def _as_json(report: FileReport, *, dry_run: bool) -> dict[str, Any]:
    if not dry_run:
        return report.as_json()
    return report.as_json() | {
        "dry_run": True,
        "understood": report.understood,
        "first": [row.as_json() for row in report.first],
    }


def _say(line: str) -> None:
    from tui.visible import clean

    say(clean(line))
