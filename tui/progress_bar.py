"""How much of something is done, as a line of cells."""

from __future__ import annotations

from textual.content import Content


def bar(done: int, total: int, cells: int = 30) -> Content:
    """A progress bar in text: it moves and is then the sentence that says what was written."""
    full = cells * done // total if total else cells
    return Content.assemble(
        ("━" * full, "$accent"), ("━" * (cells - full), "$rule"), f"  {done:,} of {total:,}"
    )
