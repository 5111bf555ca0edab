"""Markdown for documents made of data: tables that no name or note can break."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from store.agreement.figure import NONE, Figure, rounded
from store.agreement.intervals import Interval

_MARKS = "\\|`*_<>[]#"


def cell(text: object) -> str:
    """A text on one line that breaks no table or heading and is nowhere taken as markup."""
    flat = " ".join(str(text).split())
    for mark in _MARKS:
        flat = flat.replace(mark, f"\\{mark}")
    return flat


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the cells are written as they are, so that data goes through :func:`cell`."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def figure(value: Figure, digits: int = 3) -> str:
    """A figure, or a dash where there is none."""
    return NONE if value.value is None else rounded(value.value, digits)


def interval(ends: Interval | None, digits: int = 2) -> str:
    """A 95 % interval, or a dash where there is none."""
    return NONE if ends is None else " to ".join(rounded(end, digits) for end in ends)


def quoted(text: str) -> str:
    """A text of several lines as a block that keeps them."""
    longest = max((len(run) for run in _fences(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text.strip()}\n{fence}"


def _fences(text: str) -> list[str]:
    runs, run = [], ""
    for sign in text + " ":
        if sign == "`":
            run += sign
        elif run:
            runs.append(run)
            run = ""
    return runs
