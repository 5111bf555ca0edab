"""What a file is: which of the formats, judged by its name and its first rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, Literal, NamedTuple

from store.errors import BadInput
from store.importing import hh, jsonl, labelled, prompt, trl
from store.importing.fields import Fields
from store.importing.rows import Refused, Row
from store.importing.source import Line, Source

Kind = Literal["prompts", "pairs", "labels"]

KINDS: Final = ("auto", "prompts", "pairs", "labels")
SAMPLE: Final = 50
"""Lines looked at."""


class Format(NamedTuple):
    """One way to read a file."""

    name: str
    layout: Literal["text", "json", "csv"]
    kind: Kind
    rows: Callable[[Fields], Iterator[Row]]


FORMATS: Final = {
    each.name: each
    for each in (
        Format("text", "text", "prompts", prompt.rows),
        Format("jsonl", "json", "prompts", prompt.rows),
        Format("csv", "csv", "prompts", prompt.rows),
        Format("pairlab", "json", "pairs", labelled.rows),
        Format("hh", "json", "pairs", hh.rows),
        Format("trl", "json", "pairs", trl.rows),
    )
}
"""All formats by name, as `--format` takes them."""

_CSV_PAIRS: Final = Format("csv", "csv", "pairs", labelled.rows)
_TABLES: Final = (".csv", ".tsv", ".tab")


def sample(lines: Iterator[Line]) -> list[Line]:
    """The first lines, taken off."""
    return list(islice(lines, SAMPLE))


def format_of(
    source: Source, head: Sequence[Line], kind: str, name: str | None, columns: Iterable[str]
) -> Format:
    """The format of a file.

    Args:
        source: the file.
        head: its first lines.
        kind: what the user says it holds, or ``auto``.
        name: the format's name, where the user gives it.
        columns: the fields the user mapped.

    Raises:
        BadInput: kind or format do not exist, or do not go together.
    """
    if kind not in KINDS:
        raise BadInput(f"there is no kind '{kind}'; the kinds are {', '.join(KINDS)}")
    if name is not None and name not in FORMATS:
        raise BadInput(f"there is no format '{name}'; the formats are {', '.join(FORMATS)}")
    found = _guessed(source, head, kind) if name is None else FORMATS[name]
    wanted = kind if kind != "auto" else ("pairs" if {"a", "b"} & set(columns) else None)
    if wanted is None or (wanted == "prompts") == (found.kind == "prompts"):
        return found
    # jsonl and csv say how rows are written; the kind then says what they are.
    if found.layout == "json":
        return FORMATS["jsonl"] if wanted == "prompts" else FORMATS["pairlab"]
    if found.layout == "csv" and wanted != "prompts":
        return _CSV_PAIRS
    raise BadInput(f"the format {found.name} holds no {wanted}", file=source.name)


def _guessed(source: Source, head: Sequence[Line], kind: str) -> Format:
    if source.suffix in _TABLES:
        return FORMATS["csv"]
    if source.suffix == ".txt":
        return FORMATS["text"]
    first = next((line.text.lstrip()[:1] for line in head if line.text.strip()), "")
    if first == "[":
        raise BadInput(
            "is one JSON list; write one object a line instead (jq -c '.[]' does)",
            file=source.name,
        )
    if first == "{" or source.suffix in (".jsonl", ".ndjson", ".json"):
        return FORMATS["jsonl"] if kind == "prompts" else _guessed_json(head)
    return FORMATS["text"]


def _guessed_json(head: Sequence[Line]) -> Format:
    for line in head:
        try:
            data: dict[str, Any] = jsonl.parse(line.text)
        except Refused:
            continue
        if "chosen" in data and "rejected" in data:
            is_transcript = hh.looks_like(data["chosen"]) and not data.get("prompt")
            return FORMATS["hh" if is_transcript else "trl"]
        if {"a", "b"} <= set(data) or ("labels" in data and "id" in data):
            return FORMATS["pairlab"]
        if any(key in data for key in prompt.KEYS):
            return FORMATS["jsonl"]
    return FORMATS["jsonl"]
