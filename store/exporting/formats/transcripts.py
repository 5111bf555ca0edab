"""Formats that write the conversation as one text."""

from __future__ import annotations

from store.exporting.formats.base import NOT_FOR_TRL, ExportFormat, Line, each
from store.exporting.reasons import Reason
from store.exporting.rows import ExportRow

_SPEAKERS = {"user": "\n\nHuman: ", "assistant": "\n\nAssistant: "}
_MARKS = ("\n\nHuman:", "\n\nAssistant:")


def _refuses(row: ExportRow) -> Reason | None:
    """The format has no way to quote: a speaker's mark inside a text would start a new turn."""
    said = [message.content for message in row.messages]
    for text in (*said, row.chosen.text, row.rejected.text):
        if any(mark in text for mark in _MARKS):
            return Reason.NOT_EXPRESSIBLE
    roles = [message.role for message in row.messages]
    fits = roles and set(roles) <= set(_SPEAKERS) and roles[-1] == "user"
    return None if fits else Reason.NOT_EXPRESSIBLE


def _line(row: ExportRow) -> Line:
    prompt = "".join(_SPEAKERS[message.role] + message.content for message in row.messages)
    return {
        side: f"{prompt}\n\nAssistant: {text}"
        for side, text in (("chosen", row.chosen.text), ("rejected", row.rejected.text))
    }


HH = ExportFormat(
    "hh",
    "Anthropic HH: whole transcripts, Human and Assistant; not for TRL",
    each(_line),
    _refuses,
    warning=NOT_FOR_TRL,
    note="Prompts with a system message, and texts that hold a speaker's mark, are left out.",
)
