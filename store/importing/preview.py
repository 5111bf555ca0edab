"""What the first rows of a file were understood as, for a look before anything is written."""

from __future__ import annotations

from typing import Any, NamedTuple

from store.importing.rows import LabelRow, PairRow, PromptRow, Row


class PreviewRow(NamedTuple):
    """One row as it was understood; a part that it does not have is empty."""

    line: int
    prompt: str
    a: str
    b: str
    labels: dict[str, str]
    category: str = ""

    def as_json(self) -> dict[str, Any]:
        """The row as `import --dry-run --json` gives it."""
        return {name: value for name, value in self._asdict().items() if value}


def seen(row: Row) -> PreviewRow:
    """A row's texts before sides are drawn, and who said what."""
    prompt = a = b = ""
    labels: dict[str, str] = {}
    if not isinstance(row, LabelRow):
        prompt = "\n\n".join(
            m.content if len(row.messages) == 1 else f"{m.role}: {m.content}" for m in row.messages
        )
    if isinstance(row, PairRow):
        a, b = row.a, row.b
    if not isinstance(row, PromptRow) and isinstance(row, PairRow | LabelRow):
        labels = {who: given.verdict.value for who, given in row.labels.items()}
    category = "" if isinstance(row, LabelRow) else row.category or ""
    return PreviewRow(row.line, prompt, a, b, labels, category)
