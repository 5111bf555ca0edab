"""Writing an export: beside its place first, then renamed, so that a failure leaves nothing."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import IO, Any, NamedTuple

from store import arrow, ids
from store.content.near_duplicates import NearDuplicates
from store.db import leftovers
from store.errors import Damaged, StoreError
from store.exporting.card import card
from store.exporting.entries import Entries
from store.exporting.formats.base import Document, Line
from store.exporting.options import UsageProblem, is_file_target
from store.exporting.plan import ExportPlan
from store.exporting.rows import ExportRow
from store.items.content_hashes import pair_belongs

MANIFEST = "manifest.json"

OnLine = Callable[[int], None]
"""Told how many lines have been written."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of an export."""

    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class WrittenExport:
    """What an export left on the disk."""

    out: Path
    files: dict[str, File]
    """By name: the one file, or the splits of the folder."""
    near: NearDuplicates | None = None
    """Which prompts the splits keep together; None where there are no splits."""

    @property
    def rows(self) -> int:
        """Lines in all files."""
        return sum(file.rows for file in self.files.values())


def write(plan: ExportPlan, out: Path, on_line: OnLine | None = None) -> WrittenExport:
    """Write what was planned; the same project and options give the same bytes.

    A name ending in .jsonl gets one object a line, .json a list of them, .parquet a table; anything
    else is a folder with train, validation and test (those that have rows), a card (README.md) and
    ``manifest.json``. Files are readable by their owner alone, like the project itself.

    Args:
        plan: from :func:`store.exporting.plan.plan`.
        out: where.
        on_line: called after each line with the number of lines so far, for a progress bar.

    Raises:
        UsageProblem: a split was asked for and OUT is a file.
        Damaged: an item that would go out is not what its id says; nothing was written.
        StoreError: OUT exists and ``force`` was not given, or it cannot be written; what was
            there before is still there.
    """
    plan.options.check_target(out)
    format_ = plan.format
    if format_.document and out.suffix.lower() == ".jsonl":
        raise UsageProblem(f"--format {format_.name} is one JSON document: name OUT .json")
    if plan.options.is_parquet(out) and not format_.tabular:
        raise UsageProblem(
            f"--format {format_.name} fits no table: leave --parquet out, or name OUT .json"
        )
    if format_.every_pair:
        for row in plan.rows:
            _must_be_unchanged(row)
    else:
        plan = replace(plan, entries=plan.entries.checked(_must_be_unchanged))
    progress = _Progress(on_line)
    try:
        if is_file_target(out):
            return _write_file(plan, out, progress)
        return _write_folder(plan, out, progress)
    except OSError as error:
        raise StoreError(
            f"{out} could not be written ({error.strerror or error}); nothing was left there"
        ) from error


def _must_be_unchanged(row: ExportRow) -> None:
    """Prompts and answers that go out are what their ids say; a pair's id covers its answers."""
    pair = row.original or row.pair
    if pair.prompt_id != ids.prompt_id(pair.messages):
        raise _changed(f"prompt {pair.prompt_id[:12]}")
    if not pair_belongs(pair.id, pair.prompt_id, pair.a.text, pair.b.text, pair.external_id):
        raise _changed(f"an answer of pair {pair.id[:12]}")


def _changed(item: str) -> Damaged:
    return Damaged(
        f"The content of {item} does not belong to its id: changed outside pairlab; nothing was"
        " written: see doctor"
    )


class _Progress:
    def __init__(self, on_line: OnLine | None) -> None:
        self._on_line = on_line
        self.done = 0

    def of(self, lines: Iterable[Line]) -> Iterator[Line]:
        """The lines, each counted when the next is asked for."""
        for line in lines:
            yield line
            self.done += 1
            if self._on_line is not None:
                self._on_line(self.done)


def _write_file(plan: ExportPlan, out: Path, progress: _Progress) -> WrittenExport:
    if out.is_dir():
        raise StoreError(f"{out} is a folder; name a file, or a folder without its ending")
    if out.exists() and not plan.options.force:
        raise StoreError(f"{out} exists already and was left as it is; --force replaces it")
    leftovers.sweep(out.absolute().parent)
    beside = leftovers.beside(out)
    os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        file = _write_lines(beside, plan, plan.entries, progress, _shape(plan, out))
        beside.replace(out)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _sync_folder(out.parent)
    return WrittenExport(out, {out.name: file})


def _write_folder(plan: ExportPlan, out: Path, progress: _Progress) -> WrittenExport:
    leftovers.sweep(out.absolute().parent)  # may put a folder back that a kill had set aside
    _may_replace(out, force=plan.options.force)
    beside = leftovers.beside(out)
    beside.mkdir(mode=0o700)
    try:
        splits = plan.splits()
        shape = _shape(plan, out, splits.entries.values())
        ending = ".parquet" if shape.columns else ".json" if shape.document else ".jsonl"
        files = {
            f"{name}{ending}": _write_lines(
                beside / f"{name}{ending}", plan, entries, progress, shape
            )
            for name, entries in splits.entries.items()
            # datasets.load_dataset stops at a file without rows; train is always there
            if entries or name == "train"
        }
        rows = {name: file.rows for name, file in files.items()}
        _write_text(beside / "README.md", card(plan, rows, splits.near))
        told = manifest(plan, files) | {"near_duplicates": splits.near.as_json()}
        _write_text(beside / MANIFEST, json_text(told, indent=1) + "\n")
        _sync_folder(beside)
        with _set_aside(out):
            beside.rename(out)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    _sync_folder(out.parent)
    return WrittenExport(out, files, splits.near)


def manifest(plan: ExportPlan, files: dict[str, File]) -> dict[str, Any]:
    """Everything about an export that a program may want to check."""
    options = plan.options
    return {
        "format": plan.format.name,
        "from": options.from_,
        "split": list(plan.shares),
        "seed": options.seed,
        "allow": sorted(options.allow),
        "min_annotators": options.min_annotators,
        "max_length": options.max_length,
        "length_matched": options.length_matched,
        "redacted": plan.redacted,
        "pairs": plan.pairs,
        **({} if options.only is None else {"selection": True}),
        "exported": len(plan.entries),
        "rows": sum(file.rows for file in files.values()),
        "files": {
            name: {"rows": file.rows, "bytes": file.bytes, "sha256": file.sha256}
            for name, file in files.items()
        },
        "excluded": plan.counts,
        "excluded_pairs": plan.excluded,
        "length_not_checked": list(plan.length_not_checked),
        **_of_models(plan),
        "by_category": plan.by_category,
        "by_basis": plan.by_basis,
        **plan.background.as_json(),
    }


def _of_models(plan: ExportPlan) -> dict[str, Any]:
    """What a manifest has beside the rest where models decided."""
    if not plan.options.by_models:
        return {}
    return {
        "min_confidence": plan.options.min_confidence,
        "label_smoothing": plan.label_smoothing,
        "judges": [
            {"judge": each.judge, "certified": each.certified, "sentence": each.sentence}
            for each in plan.certificates
        ],
    }


_ENCODER = json.JSONEncoder(ensure_ascii=False)


def _indented(value: Any, indent: int) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def json_text(value: Any, indent: int | None = None) -> str:
    """JSON as it goes into files: readable UTF-8, safe for readers that split at any newline."""
    text = _ENCODER.encode(value) if indent is None else _indented(value, indent)
    if text.isascii():
        return text
    for code in ("\u0085", "\u2028", "\u2029"):
        text = text.replace(code, f"\\u{ord(code):04x}")
    return text


class _Hashed(io.RawIOBase):
    """A file that knows its SHA-256 and its size."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()
        self._size = 0

    def writable(self) -> bool:
        """It is for writing alone."""
        return True

    def write_text(self, text: str) -> None:
        """Write characters, as UTF-8."""
        self.write(text.encode())

    def write(self, data: Any) -> int:
        """Write bytes."""
        self._stream.write(data)
        self._digest.update(data)
        self._size += len(data)
        return len(data)

    def tell(self) -> int:
        """Bytes so far."""
        return self._size

    def finish(self, rows: int) -> File:
        """Have all of it on the disk."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        return File(rows, self._size, self._digest.hexdigest())


class _Shape(NamedTuple):
    """How the lines stand in their file."""

    as_list: bool
    document: Document | None
    columns: Any
    """Of Parquet, the same in all splits; None in other files."""


def _shape(plan: ExportPlan, out: Path, parts: Iterable[Entries[Any]] | None = None) -> _Shape:
    columns = None
    if plan.options.is_parquet(out):
        lines = map(plan.lines, [plan.entries] if parts is None else parts)
        columns = arrow.columns(chain.from_iterable(lines))
    return _Shape(out.suffix.lower() == ".json", plan.format.document, columns)


def _write_lines(
    path: Path, plan: ExportPlan, entries: Entries[Any], progress: _Progress, shape: _Shape
) -> File:
    lines = progress.of(plan.lines(entries))
    before = progress.done
    with path.open("wb") as stream:
        out = _Hashed(stream)
        if shape.columns is not None:
            arrow.write_parquet(out, lines, shape.columns)
        elif shape.document is not None:
            head = shape.document.head(entries.pairs) | {shape.document.key: []}
            out.write_text(json_text(head, indent=1).removesuffix(_EMPTY) + "[")
            _write_list(out, (_within(line) for line in lines), "\n ]\n}\n", "]\n}\n")
        elif shape.as_list:
            out.write_text("[")
            _write_list(out, map(json_text, lines), "\n]\n", "\n]\n")
        else:
            for line in lines:
                out.write_text(json_text(line) + "\n")
        return out.finish(progress.done - before)


_EMPTY = "[]\n}"
"""How a document ends whose last list has nothing in it."""


def _within(line: Line) -> str:
    """A line as it stands in the list of a document."""
    return "  " + json_text(line, indent=1).replace("\n", "\n  ")


def _write_list(out: _Hashed, texts: Iterable[str], end: str, end_of_none: str) -> None:
    between = "\n"
    for text in texts:
        out.write_text(between + text)
        between = ",\n"
    out.write_text(end_of_none if between == "\n" else end)


def _write_text(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _may_replace(out: Path, *, force: bool) -> None:
    if not out.exists() and not out.is_symlink():
        return
    if not force:
        raise StoreError(f"{out} exists already and was left as it is; --force replaces it")
    if not out.is_dir() or out.is_symlink():
        raise StoreError(f"{out} is no folder and was left as it is; choose another name")
    if any(out.iterdir()) and not (out / MANIFEST).is_file():
        raise StoreError(
            f"{out} holds something else than an export (no {MANIFEST}) and was left as it is;"
            " choose another name"
        )


@contextmanager
def _set_aside(out: Path) -> Iterator[None]:
    """Make room for the new folder; the old one goes when the new one is in place."""
    if not out.exists():
        yield
        return
    old = leftovers.beside(out, "old") / "was"
    old.parent.mkdir(mode=0o700)
    out.rename(old)
    try:
        yield
    except BaseException:
        old.rename(out)
        raise
    finally:
        shutil.rmtree(old.parent, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    """Make the new names last; some systems cannot open a folder, and need not."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
