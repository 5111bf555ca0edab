"""Writing a file from inside: a safe copy of the project, the report."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding

from store.agreement import warm_up
from store.db.backup import backup
from store.db.sqlite import key_of
from store.reporting import report
from tui.dialogs.panel import PanelRow, PanelScreen, at_home


class WriteOutScreen(PanelScreen):
    """Asks for a path and writes there; a file that is there is left as it is."""

    SUFFIX: ClassVar[str]
    PLAIN: ClassVar[bool] = False
    """Whether what is written is not encrypted where the project is."""
    BINDINGS = [
        Binding("enter", "path", "Another path", key_display="enter"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._files: dict[str, PanelRow] = {}

    async def rows(self) -> Sequence[PanelRow]:
        """What was written."""
        return tuple(self._files.values())

    async def write(self, path: Path) -> None:
        """Write the file, complete or not at all."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Ask for the path."""
        super().on_mount()
        self.action_path()

    def action_path(self) -> None:
        """Where to."""
        project = self.pair_app.project
        day = self.pair_app.services.clock()[:10]
        path = project.with_name(f"{project.stem}-{day}{self.SUFFIX}")
        self.question("path", self._written, str(path), is_path=True)

    async def _written(self, text: str) -> None:
        if not text:
            return
        path = at_home(text)
        self.status.doing = f"writing {path}"
        try:
            await self.write(path)
        finally:
            self.status.doing = ""
        plain = self.PLAIN and await self.call(key_of) is not None
        self._files[str(path)] = PanelRow(
            str(path),
            f"{path.name} written{', plain' if plain else ''}",
            about=f"in {path.absolute().parent}",
        )
        await self.reload()


class BackupScreen(WriteOutScreen):
    """A copy that is whole, also while somebody labels."""

    HEADING = "Back up the project"
    ABOUT = (
        "Writes a copy of the whole project file and checks it. A plain copy of a file in use "
        "would miss the latest labels. `pairlab restore` goes back to one."
    )
    SUFFIX = ".backup.db"

    async def write(self, path: Path) -> None:
        """Copy and check."""
        await self.call(backup, path)


class ReportScreen(WriteOutScreen):
    """Agreement, rulings and counts as a document."""

    HEADING = "Write the report"
    ABOUT = (
        "A Markdown document with what a paper's appendix needs: annotators, rounds, every figure "
        "with its interval and table, rulings with their reasons, the guideline's history. Names "
        "stand in it; `pairlab report --pseudonyms` leaves them out."
    )
    SUFFIX = ".report.md"
    PLAIN = True

    async def write(self, path: Path) -> None:
        """Compose on the store's thread, write beside it."""
        await asyncio.to_thread(warm_up)
        text = await self.call(report.compose)
        await asyncio.to_thread(partial(report.write, text, path))
