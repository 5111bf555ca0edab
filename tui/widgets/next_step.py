"""What stands where a mode has nothing to show yet: what to do next, and the command for it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from tui.keymap import BY_ID, key_of
from tui.text import plain
from tui.widgets.hanging import under

_WIDEST = 40
"""Cells of a way on; a command with a longer path is followed by what it does, without a column."""


class NextStep(Static):
    """A sentence, then ways on: a command or a key, and what it does."""

    DEFAULT_CSS = """
    NextStep { padding: 1 3; height: auto; width: 1fr; max-width: 96; }
    """

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__(markup=False, id=widget_id)
        self._told, self._indent = Content(""), 0

    def tell(self, sentence: str, ways: Sequence[tuple[str, str]] = ()) -> None:
        """Show what to do.

        Args:
            sentence: what is so, and why.
            ways: the id of a key, or a command, and what it does.
        """
        ways = [(key_of(self, way) if way in BY_ID else way, does) for way, does in ways]
        width = min(max((cell_len(way) for way, _ in ways), default=0), _WIDEST) + 3
        lines = [plain(sentence)]
        if ways:
            lines.append(Content(""))
        for way, does in ways:
            gap = " " * max(width - cell_len(way), 3)
            lines.append(Content.assemble(plain(way, "bold $accent"), gap, plain(does, "$muted")))
        self._told, self._indent = Content("\n").join(lines), width
        self._hang()

    def on_resize(self) -> None:
        """What a way does is wrapped under its own beginning."""
        self._hang()

    def _hang(self) -> None:
        self.update(under(self._told, self._indent, self.content_size.width))


def command(words: str, project: Path) -> str:
    """A command as one would type it for this project file, from where the app was started."""
    found = str(project) in ("pairlab.db", os.environ.get("PAIRLAB_DB"))
    return f"pairlab {words}" if found else f"pairlab --db {quote(str(project))} {words}"
