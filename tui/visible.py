"""Text from data, a model or a person's file, made safe for a terminal; knows no screen.

What a reader could not see (control characters, direction overrides, hidden tag characters,
halves of a surrogate pair) is shown as a mark instead. The screens take it through
:mod:`tui.text`, the command line from here, because it must start without Textual.
"""

from __future__ import annotations

import json
import re

_MARKED = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction marks, overrides, isolates
    "\u2028\u2029\ufff9-\ufffb"  # line and paragraph separators, annotations
    "\U000e0000-\U000e007f"  # tag characters: invisible text
    "\ud800-\udfff"  # halves of a surrogate pair cannot be encoded
)
HIDDEN = re.compile(
    "\U0001f3f4[\U000e0020-\U000e007f]+"  # a flag of tag characters is a picture: kept
    f"|\r\n|[{_MARKED}]"
)
"""What a reader could not see; also finds what only looks like it (flags, CRLF), to be passed."""
_IN_JSON = re.compile(f"[{_MARKED}]")

_NAMED = {
    "\r\n": "\n",
    "\u061c": "⟨ALM⟩",
    "\u200e": "⟨LRM⟩",
    "\u200f": "⟨RLM⟩",
    "\u202a": "⟨LRE⟩",
    "\u202b": "⟨RLE⟩",
    "\u202c": "⟨PDF⟩",
    "\u202d": "⟨LRO⟩",
    "\u202e": "⟨RLO⟩",
    "\u2066": "⟨LRI⟩",
    "\u2067": "⟨RLI⟩",
    "\u2068": "⟨FSI⟩",
    "\u2069": "⟨PDI⟩",
    "\u2028": "⟨LS⟩",
    "\u2029": "⟨PS⟩",
    "\x7f": "␡",
}

TAB = "    "
"""A tab as it is shown; a terminal's own tab stops know nothing of panes."""


def _mark(found: re.Match[str]) -> str:
    char = found[0]
    if char in _NAMED:
        return _NAMED[char]
    if len(char) > 1:
        return char
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"⟨{code:X}⟩"


def clean(text: str) -> str:
    """The text with visible marks where it had what must not reach a terminal.

    Newlines stay, a carriage return before one goes, tabs become spaces.
    """
    return HIDDEN.sub(_mark, text).replace("\t", TAB)


def clean_json(document: str) -> str:
    """A JSON document that says the same without the characters that :func:`clean` would mark."""
    return _IN_JSON.sub(lambda found: json.dumps(found[0])[1:-1], document)


def one_line(text: str, cells: int | None = None) -> str:
    """The text on one line, cut to a number of cells with an ellipsis where it is longer."""
    from rich.cells import cell_len, set_cell_size  # `pairlab --help` needs no rich

    line = " ".join(clean(text[:4000]).split())
    if cells is None or cell_len(line) <= cells:
        return line
    return set_cell_size(line, max(cells - 1, 0)).rstrip() + "…" if cells > 0 else ""
