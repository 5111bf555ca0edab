"""Importing one file: open, tell what it is, read, write in bounded transactions, report."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO, Final, TypedDict, Unpack

from sqlite_utils import Database

from store.db.project_database import immediate
from store.errors import BadInput
from store.importing.detect import Reader, ReadingOptions, did_you_mean
from store.importing.preview import PreviewRow, seen
from store.importing.registry import FORMATS, prompts_of
from store.importing.rows import FIELDS, PairRow, Problem, Row
from store.importing.source import open_any
from store.importing.writer import Writer
from store.items import prompts

BATCH: Final = 1000
"""Rows of one transaction: few enough that another process never waits long for the lock."""

_PREVIEWED: Final = 3
_KNOWN: Final = (*FIELDS, "labels", "strength", "notes", "chosen", "rejected", "instruction")


class Options(TypedDict, total=False):
    """How to read a file; everything may be left to be found out."""

    kind: str
    """``auto``, ``prompts``, ``pairs`` or ``labels``."""
    format: str | None
    """A name of :data:`store.importing.registry.FORMATS`."""
    map: Mapping[str, str]
    """Which column holds a field, where it is not the one of its name."""
    category: str | None
    """The category of every prompt of the file."""
    source_name: str | None
    """Name of the source whose word the file's own preference is; None for the format's name."""
    ignore: Collection[str]
    """Fields that are left out without a word."""
    separator: str | None
    """What stands between the cells of a table; None to find it out."""
    dry_run: bool
    """Read and count everything, write nothing."""


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
    unread: dict[str, int] = field(default_factory=dict)
    """How many rows hold a field that was not read, by field."""
    remarks: int = 0
    """Lines of a text file that are remarks or headings."""
    understood: dict[str, str] = field(default_factory=dict)
    """What each column was taken for."""
    formats: dict[str, int] = field(default_factory=dict)
    """How many rows each format had."""
    first: list[PreviewRow] = field(default_factory=list)
    """The first rows as they were understood."""
    split: str = ""
    """The split that a file of a folder is, as its name tells."""

    @property
    def read(self) -> int:
        """Rows in the file; one that makes several prompts or pairs counts once for each."""
        return self.added + self.duplicates + self.rejected

    def hint(self, name: str) -> str:
        """What may have been meant by a field that was not read, or nothing."""
        return did_you_mean([name], [each for each in _KNOWN if each not in self.understood])

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
            "unread": self.unread,
            "remarks": self.remarks,
            "formats": self.formats,
            **({"split": self.split} if self.split else {}),
        }


class _DryRun(Exception):
    """Takes back what a dry run wrote."""


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
    if "a" in columns and columns["a"] == columns.get("b"):
        raise BadInput(f"--map a and --map b both name the column '{columns['a']}'")
    kind = options.get("kind", "auto")
    wanted = ReadingOptions(
        kind,
        options.get("format"),
        columns,
        options.get("source_name"),
        frozenset(options.get("ignore") or ()),
        options.get("separator"),
    )
    with open_any(source) as opened:
        reader = Reader(opened, wanted)
        shown = os.fspath(source) if isinstance(source, str | os.PathLike) else "-"
        report = FileReport(shown, kind, options.get("format") or "")
        category = None if "category" in columns else options.get("category")
        category = category and prompts.known_category(db, category)
        formats: Counter[str] = Counter()
        with _taken_back(db, dry=options.get("dry_run", False)):
            writer = Writer(db, source=opened.name, category=category, at=at)
            _write(db, _counted(reader.rows(), formats, report), writer, report, progress)
    if writer.unusable:
        reason = f"{len(writer.unusable)} are kept and count nowhere: {writer.unusable[0]}"
        report.problems.append(Problem(1, "events", f"{reason}; see doctor", kept=True))
    report.problems = [*writer.categories.told(), *report.problems]
    report.unread, report.remarks = reader.unread, reader.remarks
    report.understood = reader.understood
    _name(report, formats, writer, reader)
    return report


def _name(report: FileReport, formats: Counter[str], writer: Writer, reader: Reader) -> None:
    """Says what the file was: its most frequent format, and the most that its rows hold."""
    report.formats = dict(formats)
    paired = [name for name, _ in formats.most_common() if FORMATS[name].kind != "prompts"]
    if not report.format:
        report.format = paired[0] if paired else prompts_of(reader.layout).name
    if report.kind == "auto":
        report.kind = "labels" if writer.labels_seen else "pairs" if paired else "prompts"


@contextmanager
def _taken_back(db: Database, *, dry: bool) -> Iterator[None]:
    if not dry:
        yield
        return
    try:
        with immediate(db):
            yield
            raise _DryRun
    except _DryRun:
        return


def _counted(
    rows: Iterator[tuple[Row | Problem, str]], formats: Counter[str], report: FileReport
) -> Iterator[Row | Problem]:
    for row, name in rows:
        formats[name] += 1
        if not isinstance(row, Problem) and len(report.first) < _PREVIEWED:
            report.first.append(seen(row))
        yield row


def _write(
    db: Database,
    rows: Iterator[Row | Problem],
    writer: Writer,
    report: FileReport,
    progress: Callable[[int], None] | None,
) -> None:
    while batch := list(islice(rows, BATCH)):
        # Counted apart first: a transaction that fails has imported none of its rows.
        counted = FileReport(report.file, report.kind, report.format)
        with immediate(db):
            sound = [row for row in batch if not isinstance(row, Problem)]
            written = iter(writer.write_all(sound))
            for row in batch:
                if isinstance(row, Problem):
                    counted.rejected += 1
                    counted.problems.append(row)
                    continue
                outcome, problems = next(written)
                lines = row.lines if isinstance(row, PairRow) else 1
                setattr(counted, outcome, getattr(counted, outcome) + lines)
                counted.problems += problems
        report.added += counted.added
        report.duplicates += counted.duplicates
        report.rejected += counted.rejected
        report.problems += counted.problems
        if progress is not None:
            progress(report.read)
