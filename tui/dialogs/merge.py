"""Bringing another project file's work in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual.content import Content

from store.merging.merge import merge
from tui.dialogs import merge_text
from tui.dialogs.bring_in import BringInScreen, Looked
from tui.text import plain

if TYPE_CHECKING:
    from tui.services import Services

HEAD: Final = f"  {merge_text.HEADS[0]} "
"""How the line of the table's heads begins."""


class MergeScreen(BringInScreen):
    """What the other file has that this one has not, and where they differ."""

    HEADING = "Merge another project file"
    ABOUT = (
        "The path of the other project file: a copy somebody else labelled, or one that was merged "
        "before. Nothing is written before you have seen what would come in; the other file is not "
        "changed, and nothing of either is dropped."
    )

    async def read(self, services: Services, path: Path, *, dry_run: bool) -> Looked:
        """Compare the two files, or merge."""
        merged = await services.store.call(merge, path, dry_run=dry_run)
        told = "\n".join([*merge_text.told(merged), "", *merge_text.conflicts(merged)]).rstrip()
        lines = (plain(line, "bold" if line.startswith(HEAD) else "") for line in told.split("\n"))
        return Looked(Content("\n").join(lines), merged.anything, "merged")
