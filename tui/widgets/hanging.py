"""Hanging indents: what is wrapped of a list's entry stands under its words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.cells import cell_len
from textual.content import Content

from tui.text import plain

_LEAD = re.compile(r" *(?:(?:[-*•–+]|\(?\d{1,3}[.)]|\(?[A-Za-z][.)]|(?:User|Model|System) )[ ]+)?")
"""Blanks, then a list's mark or the name of who speaks."""


class TwoColumns(Content):
    """Lines of two columns; what is wrapped of the second one stands under its beginning."""

    __slots__ = ("indent",)

    def __init__(self, content: Content, indent: int) -> None:
        super().__init__(content.plain, list(content.spans))
        self.indent = indent


def two_columns(rows: Iterable[tuple[str, str | Content]], *, style: str = "$muted") -> TwoColumns:
    """What, in a style, and the words for it; a row without words is a line by itself."""
    rows = list(rows)
    width = max((cell_len(what) for what, words in rows if words), default=0) + 3
    lines = [
        plain(what, style) + plain(" " * (width - cell_len(what))) + _content(words)
        if words
        else plain(what, style)
        for what, words in rows
    ]
    return TwoColumns(Content("\n").join(lines), width)


def _content(words: str | Content) -> Content:
    return plain(words) if isinstance(words, str) else words


def hang(content: Content, width: int) -> Content:
    """The content with long lines that want an indent broken and indented; others as they are.

    Args:
        content: what is shown.
        width: cells a line may take.
    """
    if isinstance(content, TwoColumns):
        return under(content, content.indent, width)
    if width < 20 or not any(_wants(line, width) for line in content.plain.split("\n")):
        return content
    parts: list[Content] = []
    for line in content.split("\n", allow_blank=True):
        if indent := _wants(line.plain, width):
            head, body = line[:indent], line[indent:]
            wrapped = body.wrap(width - indent)
            parts.append(head + Content(f"\n{' ' * indent}").join(wrapped))
        else:
            parts.append(line)
    return Content("\n").join(parts)


def under(content: Content, indent: int, width: int) -> Content:
    """Lines of two columns: what is wrapped of the second one stands under its beginning.

    Args:
        content: lines whose second column begins at ``indent`` behind two blanks, or
            which have one column.
        indent: cells of the first column.
        width: cells a line may take.
    """
    if width < indent + 20:
        return content
    parts: list[Content] = []
    for line in content.split("\n", allow_blank=True):
        if line.cell_length > width and line.plain[indent - 2 : indent] == "  ":
            wrapped = line[indent:].wrap(width - indent)
            parts.append(line[:indent] + Content(f"\n{' ' * indent}").join(wrapped))
        else:
            parts.append(line)
    return Content("\n").join(parts)


def _wants(line: str, width: int) -> int:
    """Cells of the indent of a line that is too long for the width; 0 where it has none."""
    found = _LEAD.match(line)
    indent = found.end() if found else 0
    if not indent or indent * 3 > width or not line[indent:].strip():
        return 0
    return indent if cell_len(line) > width else 0
