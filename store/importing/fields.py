"""Taking fields out of a row: text stays to the letter, and what is odd about it is reported."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from store.importing.jsonl import Number, kind
from store.importing.rows import Problem, Refused, shown
from store.records import Message

ROLES: Final = ("system", "user", "assistant")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
NEEDED: Final = ("prompt", "messages", "a", "b")


class Fields:
    """The fields of one row, and the problems found while taking them."""

    def __init__(self, line: int, data: Mapping[str, Any], columns: Mapping[str, str]) -> None:
        """Renames mapped columns.

        Args:
            line: where the row begins.
            data: the row.
            columns: which column holds a field, where it is not the one of its name.

        Raises:
            Refused: a mapped column that is needed is missing.
        """
        self.line = line
        self.data = dict(data)
        self.problems: list[Problem] = []
        self.mapped = frozenset(columns)
        for field, column in columns.items():
            if column in data:
                self.data[field] = data[column]
            elif field in NEEDED:
                raise Refused(field, f"there is no column '{column}'")
            else:
                self.data.pop(field, None)

    def has(self, field: str) -> bool:
        """Whether the field is there and not null."""
        return self.data.get(field) is not None

    def kept(self, field: str, reason: str) -> None:
        """Reports something about a row that is imported all the same."""
        self.problems.append(Problem(self.line, shown(field), shown(reason), kept=True))

    def answer(self, field: str) -> str:
        """An answer: text, perhaps empty; a number or truth value as it is spelt.

        Raises:
            Refused: it is missing, or nothing that can be spelt.
        """
        text = self.text(field, self._value(field))
        if not text.strip():
            self.kept(field, "is blank" if text else "is empty")
        return text

    def text(self, field: str, value: Any) -> str:
        """A value as text.

        Raises:
            Refused: it is no text, number or truth value, or no UTF-8 file could hold it.
        """
        if isinstance(value, bool | Number):
            self.kept(field, f"is {kind(value)}, kept as text")
            return str(value) if isinstance(value, Number) else str(value).lower()
        if not isinstance(value, str):
            raise Refused(field, f"is {kind(value)}, not text")
        if _SURROGATE.search(value):
            raise Refused(field, "has half of a surrogate pair in it, which no UTF-8 can hold")
        if "\0" in value:
            self.kept(field, "has a NUL character in it")
        return value

    def word(self, field: str) -> str | None:
        """A short optional text such as a category; None when absent or blank."""
        if not self.has(field):
            return None
        return self.text(field, self.data[field]).strip() or None

    def identity(self) -> str | None:
        """The imported id, text or number; None when absent or blank.

        Raises:
            Refused: it is neither.
        """
        value = self.data.get("id")
        if value is None or isinstance(value, Number):
            return None if value is None else str(value)
        if isinstance(value, bool):
            raise Refused("id", f"is {kind(value)}, not text")
        return self.text("id", value).strip() or None

    def tags(self) -> tuple[str, ...]:
        """The words under ``tags``.

        Raises:
            Refused: it is no list of texts.
        """
        value = self.data.get("tags") or []
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list):
            raise Refused("tags", f"is {kind(value)}, not a list")
        return tuple(self.text("tags", each) for each in value)

    def conversation(self, field: str) -> tuple[Message, ...]:
        """A prompt: a text, which is one message of the user, or a list of messages.

        Raises:
            Refused: it is neither, or a message has no role or content.
        """
        value = self._value(field)
        if isinstance(value, list):
            return self.messages(field, value)
        text = self.text(field, value)
        if not text.strip():
            self.kept(field, "is blank" if text else "is empty")
        return (Message("user", text),)

    def messages(self, field: str, value: Sequence[Any]) -> tuple[Message, ...]:
        """A list of messages.

        Raises:
            Refused: it is empty, or a message has no role or content.
        """
        if not value:
            raise Refused(field, "is an empty list")
        return tuple(self._message(f"{field}[{i}]", each) for i, each in enumerate(value))

    def _message(self, field: str, value: Any) -> Message:
        if not isinstance(value, dict):
            raise Refused(field, f"is {kind(value)}, not a message")
        role, content = value.get("role"), value.get("content")
        if role not in ROLES:
            raise Refused(f"{field}.role", f"is none of {', '.join(ROLES)}")
        if "content" not in value:
            raise Refused(f"{field}.content", "is missing")
        return Message(role, self.text(f"{field}.content", content))

    def _value(self, field: str) -> Any:
        if field not in self.data:
            raise Refused(field, "is missing")
        return self.data[field]
