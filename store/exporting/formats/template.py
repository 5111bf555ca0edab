"""A format of one's own: a TOML file that says which field holds what.

::

    name = "mine"               # where it is left out, the file's name

    [fields]                    # key of the line = what it holds, one of VALUES
    question = "prompt"
    good = "chosen"
    bad = "rejected"

    [texts]                     # key of the line = the same text in every line
    source = "our study"
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from store import names
from store.exporting.formats.base import (
    ExportFormat,
    Line,
    answer,
    anything,
    each,
    one_message,
    turns,
)
from store.exporting.margins import margin
from store.exporting.options import UsageProblem
from store.exporting.rows import ExportRow
from store.records import Message

ENDING: Final = ".toml"


def _talk(messages: tuple[Message, ...], text: str) -> list[dict[str, str]]:
    return [*turns(messages), answer(text)]


VALUES: Final[Mapping[str, Callable[[ExportRow], Any]]] = {
    "prompt": lambda row: row.messages[0].content,
    "messages": lambda row: turns(row.messages),
    "chosen": lambda row: row.chosen.text,
    "rejected": lambda row: row.rejected.text,
    "chosen_messages": lambda row: [answer(row.chosen.text)],
    "rejected_messages": lambda row: [answer(row.rejected.text)],
    "chosen_conversation": lambda row: _talk(row.messages, row.chosen.text),
    "rejected_conversation": lambda row: _talk(row.messages, row.rejected.text),
    "id": lambda row: row.pair.id,
    "external_id": lambda row: row.pair.external_id,
    "prompt_id": lambda row: row.pair.prompt_id,
    "category": lambda row: row.pair.category,
    "basis": lambda row: row.standing.basis,
    "annotators": lambda row: list(row.standing.annotators),
    "strength": lambda row: row.strength,
    "margin": margin,
    "rationale": lambda row: row.rationale.text,
    "probability": lambda row: None if row.soft is None else row.soft.p,
    "chosen_model": lambda row: row.chosen.author,
    "rejected_model": lambda row: row.rejected.author,
}
"""What a field may hold."""

_ANSWERS: Final = frozenset(name for name in VALUES if name.startswith(("chosen", "rejected")))
_TABLES: Final = ("name", "fields", "texts")


class _Template(NamedTuple):
    name: str
    fields: dict[str, str]
    texts: dict[str, str]


def read(path: Path) -> ExportFormat[ExportRow]:
    """The format that a file describes.

    Raises:
        UsageProblem: it cannot be read, or is wrong; with a line for every mistake in it.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageProblem(f"--format {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise UsageProblem(f"--format {path}: is no TOML: {error}") from error
    if mistakes := _mistakes(found):
        raise UsageProblem("\n".join(f"{path}: {each}" for each in mistakes))
    made = _Template(found.get("name", path.stem), found["fields"], found.get("texts", {}))
    told = ", ".join(f"{key} ({value})" for key, value in made.fields.items())
    return ExportFormat(
        made.name,
        f"a format of its own: {told}",
        each(lambda row: _line(made, row)),
        one_message if "prompt" in made.fields.values() else anything,
        notes="rationale" in made.fields.values(),
    )


def _line(template: _Template, row: ExportRow) -> Line:
    return {key: VALUES[name](row) for key, name in template.fields.items()} | template.texts


def _mistakes(found: Mapping[str, Any]) -> list[str]:
    """Everything that is wrong with a template, a line each."""
    said = [f"{key}: is none of {', '.join(_TABLES)}" for key in found if key not in _TABLES]
    name = found.get("name", "")
    if not isinstance(name, str) or not name.isprintable():
        said.append("name: is no text on one line")
    fields, texts = found.get("fields", {}), found.get("texts", {})
    if not isinstance(fields, dict) or not isinstance(texts, dict):
        return [*said, "[fields] and [texts] are tables: KEY = VALUE, a line each"]
    for key, value in fields.items():
        if not isinstance(value, str) or value not in VALUES:
            near = names.nearest(str(value), VALUES)
            hint = f"; did you mean {near}?" if near else ""
            said.append(f"fields.{key}: '{value}' is none of {', '.join(VALUES)}{hint}")
    for key, value in texts.items():
        if not isinstance(value, str):
            said.append(f"texts.{key}: is no text; put it between quotation marks")
        if key in fields:
            said.append(f"texts.{key}: is a field as well; one key holds one thing")
    if not _ANSWERS & {value for value in fields.values() if isinstance(value, str)}:
        said.append("fields: none holds an answer, such as chosen or rejected")
    return said
