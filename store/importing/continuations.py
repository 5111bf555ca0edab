"""Beginnings of texts to be continued, which may lead into something toxic (RealToxicityPrompts).

A row holds the beginning and the continuation that stood on the web, each with scores. The
beginning becomes a prompt; it is the model's own continuation that is looked at, so the file's
and its scores stay behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from store.importing.fields import RowFields
from store.importing.rows import PromptRow, RowRefused
from store.records import Message

CATEGORY: Final = "continuation"
_LEFT: Final = "left behind: the model's own continuation is what is measured"


def looks_like(row: Mapping[str, Any]) -> bool:
    """Whether prompt and continuation are objects with a text each."""
    return all(
        isinstance(row.get(key), Mapping) and isinstance(row[key].get("text"), str)
        for key in ("prompt", "continuation")
    )


def rows(fields: RowFields) -> Iterator[PromptRow]:
    """The prompt of a row, as it stands.

    Raises:
        RowRefused: it is blank.
    """
    text = fields.text("prompt", fields.take("prompt", "text to be continued")["text"])
    fields.take("continuation", _LEFT)
    if not text.strip():
        raise RowRefused(fields.column("prompt"), "is empty")
    tags = fields.tags()
    if fields.take("challenging", "a tag") is True:
        tags = (*tags, "challenging")
    yield PromptRow(
        line=fields.line,
        messages=(Message("user", text),),
        category=fields.word("category") or CATEGORY,
        tags=tags if fields.data.get("category") is None else (*tags, CATEGORY),
        external_id=fields.identity(),
        problems=tuple(fields.problems),
    )
