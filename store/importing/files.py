"""Importing one file: open, tell what it is, read, write in bounded transactions, report."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, BinaryIO, Final, TypedDict, Unpack

from sqlite_utils import Database

from store.errors import BadInput
from store.importing import jsonl, prompt, table, text
from store.importing.detect import Format, format_of, sample
from store.importing.fields import Fields
from store.importing.rows import FIELDS, Problem, Record, Refused, Rows, shown
from store.importing.source import Line, Source, open_any
from store.importing.writer import Writer
from store.sqlite import immediate

BATCH: Final = 500
"""Rows of one transaction: few enough that another process never waits long for the lock."""


class Options(TypedDict, total=False):
    """How to read a file; everything may be left to be found out."""

    kind: str
    """``auto``, ``prompts``, ``pairs`` or ``labels``."""
    format: str | None
    """A name of :data:`store.importing.detect.FORMATS`."""
    map: Mapping[str, str]
    """Which column holds a field, where it is not the one of its name."""
    category: str | None
    """The category of every prompt of the file."""


@dataclass(slots=True)
class FileReport:
    """What came of one file; ``read`` is the sum of the three others."""

    file: str
    kind: str
    format: str
    added: int = 0
    """Rows that brought something new: an item, a label or a note."""
    duplicates: int = 0
    rejected: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def read(self) -> int:
        """Rows in the file."""
        return self.added + self.duplicates + self.rejected

    def as_json(self) -> dict[str, Any]:
        """The file's entry in `import --json`."""
        return {
            "file": self.file,
            "kind": self.kind,
            "format": self.format,
            "read": self.read,
            "added": self.added,
            "duplicates": self.duplicates,
            "rejected": self.rejected,
            "problems": [problem.as_json() for problem in self.problems],
        }


def run(
    db: Database,
    source: str | os.PathLike[str] | BinaryIO,
    *,
    at: str,
    progress: Callable[[int], None] | None = None,
    **options: Unpack[Options],
) -> FileReport:
    """Imports a file; doing it again adds nothing.

    A kill loses at most the rows of one transaction, which the next import of the file brings.

    Args:
        db: the project.
        source: a path, or a binary stream such as ``sys.stdin.buffer``.
        at: UTC time of the import, ISO-8601.
        progress: told the number of rows read, after each transaction.
        **options: see :class:`Options`.

    Raises:
        BadInput: the file cannot be read at all, or the options do not fit it.
    """
    columns = options.get("map") or {}
    if unknown := sorted(set(columns) - set(FIELDS)):
        raise BadInput(f"there is no field '{unknown[0]}'; the fields are {', '.join(FIELDS)}")
    category = options.get("category")
    kind = options.get("kind", "auto")
    with open_any(source) as opened:
        head = sample(opened.lines)
        found = format_of(opened, head, kind, options.get("format"), columns)
        shown = os.fspath(source) if isinstance(source, str | os.PathLike) else "-"
        report = FileReport(shown, found.kind if kind == "auto" else kind, found.name)
        writer = Writer(
            db,
            source=opened.name,
            category=None if "category" in columns else category,
            at=at,
        )
        records = _records(opened, chain(head, opened.lines), found, columns)
        _write(db, _rows(records, found, columns), writer, report, progress)
    if kind == "auto" and writer.labels_seen:
        report.kind = "labels"
    return report


def _write(
    db: Database,
    rows: Rows,
    writer: Writer,
    report: FileReport,
    progress: Callable[[int], None] | None,
) -> None:
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        # Counted apart first: a transaction that fails has imported none of its rows.
        counted = FileReport(report.file, report.kind, report.format)
        with immediate(db):
            for row in batch:
                if isinstance(row, Problem):
                    counted.rejected += 1
                    counted.problems.append(row)
                    continue
                outcome, problems = writer.write(row)
                setattr(counted, outcome, getattr(counted, outcome) + 1)
                counted.problems += problems
        report.added += counted.added
        report.duplicates += counted.duplicates
        report.rejected += counted.rejected
        report.problems += counted.problems
        if progress is not None:
            progress(report.read)


def _records(
    source: Source, lines: Iterable[Line], found: Format, columns: Mapping[str, str]
) -> Iterator[Record]:
    if found.layout == "text":
        return text.records(lines)
    if found.layout == "json":
        return jsonl.records(lines)
    separator = "," if source.suffix not in (".tsv", ".tab") else "\t"
    names, records = table.header(lines, separator, source.name)
    if absent := [column for column in columns.values() if column not in names]:
        reason = f"there is no column '{absent[0]}'; the columns are {shown(', '.join(names))}"
        raise BadInput(reason, file=source.name, line=1)
    if found.kind == "prompts" and not {*names, *columns} & set(prompt.KEYS):
        reason = (
            f"say which column holds the prompt, --map prompt=COLUMN: {shown(', '.join(names))}"
        )
        raise BadInput(reason, file=source.name, line=1)
    return records


def _rows(records: Iterable[Record], found: Format, columns: Mapping[str, str]) -> Rows:
    for record in records:
        try:
            if record.data is None:
                raise Refused(*record.fault)
            # A row of several prompts is read whole before any of it counts.
            made = list(found.rows(Fields(record.line, record.data, columns)))
        except Refused as refused:
            yield Problem(record.line, refused.field, refused.reason, kept=False)
        else:
            yield from made
