"""Markdown as it is meant: headings, lists, code, tables; nothing in it is markup of ours.

The text is parsed by markdown-it; every piece of it then passes the door of :mod:`tui.text`, so
that a character reference brings no control byte in. Links show where they lead and are not
followed, pictures show their words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from textual.content import Content

from tui.text import clean, plain

_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
_STYLES = {"strong": "bold", "em": "italic", "code_inline": "$accent", "link": "underline"}
Lines = list[Content]


def rendered(text: str, width: int, *, joined: bool = False) -> Content:
    """The text with its Markdown drawn.

    Args:
        text: text from anywhere.
        width: cells a line may take; a wider table becomes a list of its rows.
        joined: a line break inside a paragraph is a space, as in a document; else it stays, as
            the writer of an answer may have meant it.
    """
    tokens = _PARSER.parse(clean(text))
    for piece in (piece for token in tokens for piece in token.children or () if joined):
        if piece.type == "softbreak":
            piece.type, piece.content = "text", " "
    tree = SyntaxTreeNode(tokens)
    return Content("\n").join(_blocks(tree.children, width))


def _blocks(nodes: Iterable[SyntaxTreeNode], width: int, *, tight: bool = False) -> Lines:
    lines: Lines = []
    for node in nodes:
        if lines and not tight:
            lines.append(Content(""))
        lines += _block(node, width)
    return lines


def _block(node: SyntaxTreeNode, width: int) -> Lines:
    match node.type:
        case "heading":
            style = "bold $accent" if node.tag in {"h1", "h2"} else "bold"
            return [line.stylize_before(style) for line in _inline(node)]
        case "bullet_list" | "ordered_list":
            return _list(node, width)
        case "fence" | "code_block":
            code = node.content.rstrip("\n").split("\n")
            return [Content("  ") + plain(line or " ", "on $panel") for line in code]
        case "blockquote":
            inner = _blocks(node.children, width - 2)
            return [Content.styled("▏ ", "$muted") + line for line in inner]
        case "table":
            return _table(node, width)
        case "hr":
            return [Content.styled("─" * min(width, 24), "$muted")]
        case "paragraph":
            return _inline(node)
    return [plain(line) for line in node.content.split("\n")]  # what the parser knows besides


def _list(node: SyntaxTreeNode, width: int) -> Lines:
    """Entries behind their marks; what wraps is hung by the pane."""
    lines: Lines = []
    first = int(node.attrs.get("start", 1))
    for at, item in enumerate(node.children):
        mark = f"{first + at}. " if node.type == "ordered_list" else "• "
        tight = all(child.type != "paragraph" or child.hidden for child in item.children)
        for n, line in enumerate(_blocks(item.children, width - len(mark), tight=tight)):
            lead = Content.styled(mark, "$muted") if n == 0 else Content(" " * len(mark))
            lines.append(lead + line)
    return lines


def _inline(node: SyntaxTreeNode) -> Lines:
    """A paragraph in its own lines: breaks stay where the writer made them."""
    whole = Content("").join([_piece(piece) for each in node.children for piece in each.children])
    return list(whole.split("\n", allow_blank=True))


def _piece(node: SyntaxTreeNode) -> Content:
    match node.type:
        case "softbreak" | "hardbreak":
            return Content("\n")
        case "image":
            return plain(node.content)
    if not node.children:
        return plain(node.content, _STYLES.get(node.type, ""))
    inner = Content("").join([_piece(each) for each in node.children])
    inner = inner.stylize_before(_STYLES.get(node.type, ""))
    where = str(node.attrs.get("href", ""))
    shown = f" ({where})" if where and where != inner.plain else ""
    return inner + plain(shown, "$muted") if shown else inner


def _table(node: SyntaxTreeNode, width: int) -> Lines:
    rows = [
        [Content(" ").join(_inline(cell)) for cell in row.children]
        for part in node.children
        for row in part.children
    ]
    widths = [
        max(cell.cell_length for cell in column)
        for column in zip_longest(*rows, fillvalue=Content(""))
    ]
    if sum(widths) + 3 * (len(widths) - 1) > width:
        return _as_list(rows)
    between = Content.styled(" │ ", "$muted")
    drawn = [
        between.join(
            [cell.pad_right(w - cell.cell_length) for cell, w in zip(row, widths, strict=False)]
        )
        for row in rows
    ]
    rule = Content.styled("─┼─".join("─" * w for w in widths), "$muted")
    return [drawn[0].stylize_before("bold"), rule, *drawn[1:]]


def _as_list(rows: Sequence[Sequence[Content]]) -> Lines:
    """A table that is too wide: each row's cells under one another, named by the heads."""
    heads, *others = rows
    lines: Lines = []
    for row in others:
        for n, (head, cell) in enumerate(zip_longest(heads, row, fillvalue=Content(""))):
            lead = Content.styled("• " if n == 0 else "  ", "$muted")
            lines.append(lead + head.stylize_before("bold") + Content(": ") + cell)
    return lines
