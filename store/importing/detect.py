"""How a file is written, and how its rows are to be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import chain, islice
from typing import Any, Final

from store import ids
from store.errors import BadInput
from store.importing import (
    choices,
    columnar,
    context,
    documents,
    jsonl,
    names,
    prompt,
    rated,
    spoken,
    table,
    text,
)
from store.importing.fields import RowFields
from store.importing.registry import (
    FORMATS,
    KINDS,
    LAYOUTS,
    ImportFormat,
    Layout,
    answers_of,
    of_row,
    prompts_of,
)
from store.importing.rows import (
    LabelRow,
    Made,
    PairRow,
    Problem,
    RankingRow,
    Record,
    Row,
    RowRefused,
    shown,
)
from store.importing.source import Line, Source

SAMPLE: Final = 200
"""Lines, and rows, that are looked at before the first is read."""

_TABLES: Final = (".csv", ".tsv", ".tab", ".ssv", ".psv")
_JSON: Final = (".jsonl", ".ndjson", ".json")
_NAME: Final = re.compile(r"[\w.\-]+")
_LISTS: Final = (".md", ".markdown")


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How the user asked for a file to be read."""

    kind: str
    format: str | None
    columns: Mapping[str, str]
    source: str | None
    """Name of the file's own preference; None for the format's."""
    ignored: frozenset[str]
    separator: str | None = None

    def check(self, file: str) -> None:
        """Refuse what does not exist, or does not go together.

        Raises:
            BadInput: with what there is.
        """
        if self.kind not in KINDS:
            raise BadInput(f"there is no kind '{self.kind}'; the kinds are {', '.join(KINDS)}")
        if self.format is None:
            return
        if self.format not in FORMATS:
            raise BadInput(
                f"there is no format '{self.format}'; the formats are {', '.join(FORMATS)}"
            )
        held = FORMATS[self.format].kind
        pairs_wanted = self.kind in ("pairs", "labels")
        if (self.format == "text" and pairs_wanted) or (
            self.format not in LAYOUTS and self.kind == "prompts" and held != "prompts"
        ):
            raise BadInput(f"the format {self.format} holds no {self.kind}", file=file)


class Reader:
    """Reads the rows of one file, each by its own shape, and counts what was not read."""

    def __init__(self, source: Source, wanted: ReadingOptions) -> None:
        """Looks at the first lines.

        Raises:
            BadInput: the file cannot be what the user says, or its header cannot be read.
        """
        wanted.check(source.name)
        self._wanted = wanted
        head = list(islice(source.lines, SAMPLE))
        self.layout = "json" if source.table else _layout(source, head, wanted)
        if wanted.kind in ("pairs", "labels") and self.layout == "text":
            raise BadInput(f"the format text holds no {wanted.kind}", file=source.name)
        records = self._records(source, head)
        sample = list(islice(records, SAMPLE))
        rows = [record.data for record in sample if record.data is not None]
        self._unsure = choices.unsure(rows, whole=len(sample) < SAMPLE)
        self._verdicts = choices.verdicts(rows)
        # the formats of tools have labels in places of their own
        self._annotators = spoken.columns(
            [row for row in rows if not of_row(row, self.layout).strict],
            labels_only=wanted.kind == "labels",
        ) - set(wanted.columns.values())
        self._waiting = chain(sample, records)
        self.unread: dict[str, int] = {}
        """Rows that hold a field which was not read, by field."""
        self.remarks = 0
        """Lines of a text file that are no prompts."""
        self.understood: dict[str, str] = {}
        """What each column was taken for."""

    def rows(self) -> Iterator[tuple[Row | Problem, str]]:
        """Every row with the name of its format; a refused row is its problem."""
        return rated.paired(self._rows())

    def _records(self, source: Source, head: Sequence[Line]) -> Iterator[Record]:
        if source.table:
            return columnar.records(source.table, self._wanted.ignored, source.name)
        if self.layout == "text":
            lines = chain(head, source.lines)
            if source.suffix in _LISTS and text.has_items(head):
                return text.items(lines)
            return text.records(lines)
        if self.layout == "json":
            return documents.by_line_or_whole(head, source.lines)
        separator = self._wanted.separator or table.separator(head, source.suffix)
        body = head[1:] if head and table.is_said(head[0]) else head
        known = () if self._wanted.columns else (*context.KEYS, *_COLUMNS)
        names, records = table.header(chain(body, source.lines), separator, source.name, known)
        _check_columns(names, self._wanted, source.name)
        return records

    def _rows(self) -> Iterator[tuple[Made | Problem, str]]:
        for record in self._waiting:
            if record.data is None and record.fault == text.REMARK:
                self.remarks += 1
                continue
            format_ = prompts_of(self.layout)
            try:
                if record.data is None:
                    raise RowRefused(*record.fault)
                folded = spoken.folded(record.data, self._annotators)
                fields = RowFields(
                    record.line,
                    folded,
                    self._wanted.columns,
                    unsure=self._unsure,
                    verdicts=self._verdicts,
                )
                for name in self._wanted.ignored:
                    fields.data.pop(name, None)
                format_ = self._format(fields.data)
                made = self._read(fields, format_)
            except RowRefused as refused:
                yield Problem(record.line, refused.field, refused.reason, kept=False), format_.name
            else:
                for row in made:
                    yield row, format_.name

    def _read(self, fields: RowFields, format_: ImportFormat) -> list[Made]:
        if format_.strict and not format_.looks_like(fields.data):
            raise RowRefused("", f"is no row of the format {format_.name}: {format_.summary}")
        fields.source = ids.SOURCE + (self._wanted.source or format_.name)
        # A row of several prompts or pairs is read whole before any of it counts.
        made = list(format_.rows(fields))
        if format_.kind == "prompts" and self._wanted.kind == "auto":
            self._refuse_answers(fields)
        if self._wanted.kind == "labels" and not any(map(_is_labelled, made)):
            raise RowRefused("labels", _NO_LABELS)
        for name in map(shown, fields.unread()):
            self.unread[name] = self.unread.get(name, 0) + 1
        for column, meaning in fields.read.items():
            self.understood.setdefault(shown(column), meaning)
        for column in self._annotators:
            self.understood[shown(column)] = f"labels of {column}"
        return [_with_likeness(row) if isinstance(row, PairRow) else row for row in made]

    def _format(self, row: Mapping[str, Any]) -> ImportFormat:
        name, kind = self._wanted.format, self._wanted.kind
        if name is not None and name not in LAYOUTS:
            return FORMATS[name]
        found = of_row(row, self.layout)
        if kind == "prompts":
            return found if found.kind == "prompts" else prompts_of(self.layout)
        mapped = {self._wanted.columns[side] for side in "ab" if side in self._wanted.columns}
        if found.kind == "prompts" and (kind in ("pairs", "labels") or mapped):
            return FORMATS["pairlab"]
        if mapped and not found.strict and not mapped <= set(names.by_role(tuple(row)) or ()):
            return FORMATS["pairlab"]  # the answers are where the user says
        return found

    def _refuse_answers(self, fields: RowFields) -> None:
        """Refuses a prompt that comes with answers which nobody would see again."""
        found = list(answers_of(fields.data)) or prompt.answers_left(fields)
        if len(found) == 1 and _holds_several(fields.data[found[0]]):
            raise RowRefused(
                found[0],
                "is a list of answers that would be lost, and their texts are not found in it:"
                " put them into responses, as texts, or leave them with --kind prompts",
            )
        if len(found) > 1:
            names = ", ".join(found)
            raise RowRefused(
                found[0],
                f"the row holds answers that would be lost ({names}): name two of them with --map"
                f" a={found[0]} --map b={found[1]}, or leave them with --kind prompts",
            )


def _with_likeness(row: PairRow) -> PairRow:
    """The row with a word about answers that are one text."""
    if row.a != row.b:
        return row
    one, other = row.roles if None not in row.roles else ("a", "b")
    reason = f"is the same text as {one}: an export leaves such a pair out"
    told = Problem(row.line, shown(other or "b"), reason, kept=True)
    return replace(row, problems=(*row.problems, told))


def _holds_several(value: Any) -> bool:
    inner = value.values() if isinstance(value, Mapping) else (value,)
    return any(isinstance(each, list) and len(each) > 1 for each in inner)


_COLUMNS: Final = ("chosen", "rejected", "a", "b", "id", "category", "tags", "labels", "label")
"""What tables call their columns beside those of the prompt, in any case of letters."""
_NO_LABELS: Final = (
    "are missing: a column of verdicts (a, b, tie, both_bad, skip) for each annotator, or"
    ' {"NAME": "a"} under labels'
)


def _is_labelled(row: Made) -> bool:
    if isinstance(row, PairRow):
        return bool(row.labels or row.notes or row.later)
    return isinstance(row, LabelRow | RankingRow)


_MARKUP: Final = (".html", ".htm", ".xml", ".yaml", ".yml", ".toml", ".rtf", ".tex", ".ipynb")
"""Texts whose lines are no prompts."""


def _layout(source: Source, head: Sequence[Line], wanted: ReadingOptions) -> Layout:
    if wanted.format is not None and wanted.format in LAYOUTS:
        return LAYOUTS[wanted.format]
    filled = [line.text.strip("\r\n") for line in head if line.text.strip()]
    first = filled[0].strip() if filled else ""
    if first[:1] == "{" and _is_object(first):
        return "json"  # whatever the name says
    if source.suffix in _TABLES:
        return "csv"
    if source.suffix in _JSON or (source.suffix != ".txt" and first[:1] in ("{", "[")):
        return "json"
    if head and (table.is_said(head[0]) or _is_header(filled)):
        return "csv"
    if source.suffix in _MARKUP and wanted.format is None:
        raise BadInput(
            f"a {source.suffix} file is not read line by line: write its prompts one a line into"
            " a .txt, or as JSON lines; --format text reads it as it is",
            file=source.name,
        )
    return "json" if wanted.format is not None and source.suffix != ".txt" else "text"


def _is_object(line: str) -> bool:
    try:
        jsonl.parse(line)
    except RowRefused:
        return False
    return True


def _is_header(lines: Sequence[str]) -> bool:
    """Whether the first line is a table's header that names a prompt, and the second fits it."""
    for separator in table.SEPARATORS:
        names = [name.strip('"') for name in lines[0].split(separator)] if lines else []
        plain = len(names) > 1 and all(_NAME.fullmatch(name) for name in names)
        if plain and {"prompt", "instruction", "question"} & {name.lower() for name in names}:
            enough = len(lines) > 1 and lines[1].count(separator) >= len(names) - 1
            return enough or (len(lines) > 1 and lines[1].count('"') % 2 == 1)
    return False


def _check_columns(names: Sequence[str], wanted: ReadingOptions, file: str) -> None:
    told = shown(", ".join(names))
    if absent := [column for column in wanted.columns.values() if column not in names]:
        reason = f"there is no column '{absent[0]}'; the columns are {told}"
        raise BadInput(reason, file=file, line=1)
    named = {name.partition(".")[0] for name in names} | set(wanted.columns)
    if names and not named & {*context.KEYS, "id", "labels"}:
        hint = did_you_mean(names, context.KEYS)
        reason = f"say which column holds the prompt, --map prompt=COLUMN: {told}{hint}"
        raise BadInput(reason, file=file, line=1)


def did_you_mean(names: Iterable[str], known: Iterable[str]) -> str:
    """A hint at the first name that is nearly one of ours, or nothing."""
    for name in names:
        if near := get_close_matches(name.lower(), list(known), n=1, cutoff=0.75):
            return f" (did you mean {near[0]}?)"
    return ""
