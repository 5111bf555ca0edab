"""Bringing prompts, pairs and labels in from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from store import importing
from tui.dialogs import import_text
from tui.dialogs.bring_in import BringInScreen, Looked

if TYPE_CHECKING:
    from tui.services import Services


class ImportScreen(BringInScreen):
    """What each field was taken for, the first rows, the numbers and the problems."""

    HEADING = "Import prompts, pairs or labels"
    ABOUT = (
        "The path of a file: .txt, .csv, .tsv, .json, .jsonl, also packed (.gz, .bz2, .xz). Tab "
        "completes it. What it is, is found out row by row; nothing is written before you have "
        "seen what was understood. `pairlab import --help` has more ways to say how a file is to "
        "be read."
    )

    async def read(self, services: Services, path: Path, *, dry_run: bool) -> Looked:
        """Read the file on the store's thread; a dry run takes back what it wrote."""
        report = await services.store.call(
            importing.run, path, at=services.clock(), dry_run=dry_run
        )
        report.file = path.name
        lines = list(import_text.told(report))
        if dry_run:
            lines = [*import_text.fields(report), *lines, *import_text.first_rows(report)]
            if not report.added:
                lines.insert(0, "There is nothing in it that is not here already.")
        return Looked("\n".join(lines), report.added > 0, import_text.numbers(report))
