"""What an import brought, or would bring, in words; knows no screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tui.formatting import counted
from tui.visible import one_line

if TYPE_CHECKING:  # sqlite-utils: heavy, and not needed for --help
    from store.importing import FileReport

MOST_TOLD = 20


def numbers(report: FileReport, *, dry_run: bool = False) -> str:
    """How many rows came in, or would, were there, were refused."""
    split = f", split {report.split}" if report.split else ""
    came = "to add" if dry_run else "added"
    return (
        f"{report.read:,} read ({report.kind}, {report.format}{split}), {report.added:,} {came},"
        f" {report.duplicates:,} there already, {report.rejected:,} refused"
    )


def told(report: FileReport, *, dry_run: bool = False) -> Iterator[str]:
    """The numbers, and all that was not taken over, a line each."""
    yield f"{report.file}: {numbers(report, dry_run=dry_run)}"
    for problem in report.problems[:MOST_TOLD]:
        kept = "kept" if problem.kept else "refused"
        field = f"{problem.field}: " if problem.field else ""
        yield f"{report.file}:{problem.line}: {field}{problem.reason} ({kept})"
    if (more := len(report.problems) - MOST_TOLD) > 0:
        yield f"{report.file}: {more} more; `pairlab import --json` lists them all"
    if report.unread:
        names = [
            f"{name}{report.hint(name)} in {counted(n, 'row')}" for name, n in report.unread.items()
        ]
        yield f"{report.file}: not read: {', '.join(names)}; --ignore FIELD leaves one out quietly"
    if len(report.formats) > 1:
        found = ", ".join(f"{name} {n:,}" for name, n in report.formats.items())
        yield f"{report.file}: rows of several shapes, each read as its own: {found}"
    if report.remarks:
        yield f"{report.file}: {report.remarks:,} lines are remarks or headings"


def fields(report: FileReport) -> Iterator[str]:
    """What the file is, and what each field was taken for."""
    yield f"{report.file}: {report.kind}, {report.format}; nothing was written"
    for column, meaning in report.understood.items():
        yield f"  {column}: {meaning}"


def first_rows(report: FileReport) -> Iterator[str]:
    """The first rows as they were understood."""
    for row in report.first:
        yield f"  line {row.line}"
        for name, value in row.as_json().items():
            if name == "labels":
                yield f"    labels: {', '.join(f'{who} {said}' for who, said in value.items())}"
            elif name != "line":
                yield f"    {name}: {one_line(value, 200)}"
