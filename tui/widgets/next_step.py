"""What stands where a mode has nothing to show yet: what to do next, and the command for it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from shlex import quote

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from tui.keymap import BY_ID, key_of, with_keys
from tui.text import plain
from tui.widgets.hanging import under

_WIDEST = 40
"""Cells of a way on; a command with a longer path is followed by what it does, without a column."""

ANOTHER = "another person, in another terminal"
"""What :func:`for_another` is for."""


class NextStep(Static):
    """A sentence, then ways on: a command or a key, and what it does."""

    DEFAULT_CSS = """
    NextStep { padding: 1 3; height: auto; width: 1fr; max-width: 96; }
    """

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__(markup=False, id=widget_id)
        self._told: list[tuple[Content, int]] = []
        """Each line, and the cell at which its second column begins."""

    def tell(self, sentence: str, ways: Sequence[tuple[str, str]] = ()) -> None:
        """Show what to do.

        Args:
            sentence: what is so, and why.
            ways: the id of a key, or a command, and what it does; ids in braces become keys.
        """
        shown = partial(key_of, self)
        ways = [(way, with_keys(does, shown)) for way, does in ways]
        keys = [(shown(way), does) for way, does in ways if way in BY_ID]
        commands = [(way, does) for way, does in ways if way not in BY_ID]
        self._told = [(plain(f"{sentence}\n"), 0), *_columns(keys, "bold $accent")]
        if keys and commands:
            self._told.append((plain("\nFrom the command line:", "$muted"), 0))
        self._told += _columns(commands, "bold")
        self._hang()

    def on_resize(self) -> None:
        """What a way does is wrapped under its own beginning."""
        self._hang()

    def _hang(self) -> None:
        width = self.content_size.width
        lines = (under(line, indent, width) for line, indent in self._told)
        self.update(Content("\n").join(lines))


def _columns(ways: Sequence[tuple[str, str]], style: str) -> list[tuple[Content, int]]:
    """What to press or type, one under the other, and beside it what it does."""
    width = max((cell_len(way) for way, _ in ways), default=0) + 3
    return [
        (
            Content.assemble(
                plain(way + " " * (width - cell_len(way)), style), plain(does, "$muted")
            ),
            width,
        )
        for way, does in ways
    ]


def command(words: str, project: Path) -> str:
    """A command as one would type it for this project file, from where the app was started."""
    found = str(project) in ("pairlab.db", os.environ.get("PAIRLAB_DB"))
    return f"pairlab {words}" if found else f"pairlab --db {quote(str(project))} {words}"


def for_another(annotator: str, project: Path) -> str:
    """The command that opens this project for a second person, in a terminal beside this one."""
    return command(f"--as {'second' if annotator != 'second' else 'first'}", project)
