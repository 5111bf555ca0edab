"""Taking fields out of a row: text stays to the letter, and what is left behind is known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from store.importing.jsonl import Number, kind
from store.importing.rows import Problem, RowRefused, shown

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_INDEX: Final = re.compile(r"\[\d+\]")
NEEDED: Final = ("prompt", "messages", "a", "b")


class RowFields:
    """The fields of one row, which of them were taken, and the problems found on the way."""

    def __init__(
        self,
        line: int,
        data: Mapping[str, Any],
        columns: Mapping[str, str],
        *,
        source: str = "",
        unsure: frozenset[str] = frozenset(),
        verdicts: frozenset[str] = frozenset(),
    ) -> None:
        """Renames mapped columns.

        Args:
            line: where the row begins.
            data: the row.
            columns: which column holds a field, where it is not the one of its name.
            source: the annotator who stands for the file's own preference.
            unsure: fields whose numbers may count the answers from nought or from one.
            verdicts: fields that name one of the answers in other rows.

        Raises:
            RowRefused: a mapped column that is needed is missing.
        """
        self.line = line
        self.data = dict(data)
        self.problems: list[Problem] = []
        self.columns = columns
        self.source = source
        self.unsure = unsure
        self.verdicts = verdicts
        self.read: dict[str, str] = {}
        """What was taken, by column: what it was taken for."""
        self._inner: set[str] = set()
        self._texts: set[str] = set()
        for field, column in columns.items():
            if column in data:
                self.data[field] = data[column]
                if column != field:
                    self.read[column] = field
            elif field in NEEDED:
                raise RowRefused(field, f"there is no column '{column}'")
            else:
                self.data.pop(field, None)

    def column(self, field: str) -> str:
        """The file's own name of a field."""
        return self.columns.get(field, field)

    def has(self, field: str) -> bool:
        """Whether the field is there and not null."""
        return self.data.get(field) is not None

    def take(self, field: str, meaning: str = "") -> Any:
        """The value of a field, which counts as read from now on; None when it is absent."""
        if field in self.data:
            self.read[self.column(field)] = meaning or field
        return self.data.get(field)

    def leave(self, path: str) -> None:
        """Notes a part of a field that is not read, such as ``messages[3].name``."""
        self._inner.add(_INDEX.sub("[]", path))

    def unread(self) -> Iterator[str]:
        """The fields and parts of fields that hold something and were not taken."""
        inner = self._inner - self.read.keys()
        for key, value in self.data.items():
            read = self.column(key) in self.read or key in self.read
            if value in (None, "", [], {}) or read or key in inner:
                continue
            # the same text under a second name is not left behind
            if not (isinstance(value, str) and value.strip() in self._texts):
                yield key
        yield from sorted(inner)

    def kept(self, field: str, reason: str) -> None:
        """Reports something about a row that is imported all the same."""
        name = self.column(field)
        self.problems.append(Problem(self.line, shown(name), shown(reason), kept=True))

    def missing(self, field: str) -> RowRefused:
        """The refusal of a row that lacks a field, with the names it has."""
        names = ", ".join(key for key in self.data if key != field) or "nothing"
        return RowRefused(self.column(field), f"is missing; the row has {names}")

    def answer(self, field: str, value: Any) -> str:
        """An answer: text, perhaps empty; a number or truth value as it is spelt.

        Raises:
            RowRefused: it is nothing that can be spelt.
        """
        text = self.text(field, value)
        if not text.strip():
            self.kept(field, "is blank" if text else "is empty")
        return text

    def text(self, field: str, value: Any) -> str:
        """A value as text, which counts as read wherever else it stands.

        Raises:
            RowRefused: it is no text, number or truth value, or no UTF-8 file could hold it.
        """
        text = self._spelt(field, value)
        if isinstance(value, str) and not isinstance(value, Number):
            self._texts.add(text.strip())
        return text

    def _spelt(self, field: str, value: Any) -> str:
        if isinstance(value, bool | Number):
            self.kept(field, f"is {kind(value)}, kept as text")
            return str(value) if isinstance(value, Number) else str(value).lower()
        if not isinstance(value, str):
            inside = f" of {', '.join(value)}" if isinstance(value, dict) and value else ""
            remedy = "; give its text alone" if inside else ""
            raise RowRefused(self.column(field), f"is {kind(value)}{inside}, not text{remedy}")
        if _SURROGATE.search(value):
            raise RowRefused(
                self.column(field), "has half of a surrogate pair in it, which no UTF-8 can hold"
            )
        if "\0" in value:
            self.kept(field, "has a NUL character in it")
        return value

    def word(self, field: str) -> str | None:
        """A short optional text such as a category; None when absent or blank."""
        value = self.take(field)
        return None if value is None else self._spelt(field, value).strip() or None

    def identity(self, *names: str) -> str | None:
        """The imported id, text or number; None when absent or blank.

        Args:
            *names: other names under which it may stand.

        Raises:
            RowRefused: it is neither.
        """
        name = next((each for each in ("id", *names) if self.has(each)), None)
        if name is None:
            return None
        value = self.take(name, "id")
        if isinstance(value, Number):
            return str(value)
        if isinstance(value, bool):
            raise RowRefused(self.column(name), f"is {kind(value)}, not text")
        return self._spelt(name, value).strip() or None

    def tags(self) -> tuple[str, ...]:
        """The words under ``tags``.

        Raises:
            RowRefused: it is no list of texts.
        """
        value = self.take("tags") or []
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list):
            raise RowRefused(self.column("tags"), f"is {kind(value)}, not a list")
        return tuple(self._spelt("tags", each) for each in value)
