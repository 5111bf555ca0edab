"""What a file was understood as, before anything of it is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tui.dialogs import import_text
from tui.formatting import counted
from tui.text import one_line
from tui.widgets.hanging import TwoColumns, two_columns

if TYPE_CHECKING:
    from store.importing import FileReport
    from store.importing.rows import Problem

Line = tuple[str, str]


def preview(report: FileReport, asked: Sequence[str]) -> TwoColumns:
    """The numbers, the columns, what is not read, the first rows.

    Args:
        report: of a dry run.
        asked: how it was asked to be read, where that was said.
    """
    numbers = f"{report.added:,} to add, {report.duplicates:,} there already"
    lines: list[Line] = [
        ("file", f"{report.file}: {counted(report.read, 'row')}, read as {_shape(report)}"),
        *(("you asked", words) for words in asked),
        ("rows", f"{numbers}, {report.rejected:,} refused; nothing was written"),
    ]
    if not report.added:
        lines.append(("", "There is nothing in it that is not here already."))
    named = [(name, about) for name, about in report.understood.items() if name != about]
    lines += _group("columns", named, " is ")
    lines += _group("not read", [(name, _rows(report, name)) for name in report.unread], " in ")
    if report.unread:
        lines.append(("", "c says what a column is, x leaves it out without a word"))
    lines += _problems(report)
    for row in report.first:
        lines += [("", ""), (f"line {row.line:,}", one_line(row.prompt, 200))]
        parts = (("category", row.category), ("a", row.a), ("b", row.b))
        lines += [(f"  {name}", one_line(words, 200)) for name, words in parts if words]
        if row.labels:
            said = ", ".join(f"{who} {verdict}" for who, verdict in row.labels.items())
            lines.append(("  labels", one_line(said, 200)))
    return two_columns(lines)


def done(report: FileReport, next_keys: str) -> TwoColumns:
    """What came in, what did not, and what one does with it.

    Args:
        report: of the import.
        next_keys: words for where it goes on.
    """
    numbers = f"{report.added:,} added, {report.duplicates:,} there already"
    return two_columns(
        [
            ("file", f"{report.file}: {counted(report.read, 'row')}, read as {_shape(report)}"),
            ("rows", f"{numbers}, {report.rejected:,} refused"),
            *_problems(report),
            ("", ""),
            ("next", next_keys),
        ]
    )


def _shape(report: FileReport) -> str:
    formats = ", ".join(f"{name} {n:,}" for name, n in report.formats.items())
    return f"{report.kind} ({formats if len(report.formats) > 1 else report.format})"


def _rows(report: FileReport, name: str) -> str:
    return f"{counted(report.unread[name], 'row')}{report.hint(name)}"


def _group(what: str, pairs: Iterable[Line], between: str) -> list[Line]:
    """One line each, the first with what they are."""
    words = [f"{one_line(name, 60)}{between}{about}" for name, about in pairs]
    return list(zip([what, *[""] * len(words)], words, strict=False))


def _problem(problem: Problem) -> str:
    field = f"{problem.field}: " if problem.field else ""
    return f"{field}{problem.reason} ({'kept' if problem.kept else 'refused'})"


def _problems(report: FileReport) -> list[Line]:
    lines = [
        (f"line {each.line:,}", _problem(each)) for each in report.problems[: import_text.MOST_TOLD]
    ]
    if (more := len(report.problems) - import_text.MOST_TOLD) > 0:
        lines.append(("", f"and {more:,} more; pairlab import --json lists them all"))
    return lines
