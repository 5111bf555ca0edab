"""Bringing another project file's work in: a look first, then the merge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from store.errors import StoreError
from store.merging.merge import Merged, merge
from tui.dialogs import merge_text
from tui.messages import LabelStored
from tui.text_screen import TextScreen
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.footer import KeysLine, StatusLine
from tui.widgets.note_line import NoteLine

if TYPE_CHECKING:
    from tui.app import PairlabApp

ABOUT = (
    "The path of the other project file: a copy somebody else labelled, or one that was merged "
    "before. Nothing is written before you have seen what would come in; the other file is not "
    "changed, and nothing of either is dropped."
)


class MergeScreen(ModalScreen[None], TextScreen):
    """A path, what it would bring, ``enter``."""

    CSS_PATH = "merge.tcss"
    AUTO_FOCUS = ""
    BINDINGS = [
        Binding("enter", "merge", "Merge", key_display="enter"),
        Binding("p", "path", "Path"),
        Binding("escape,q", "close", "Back", key_display="esc"),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
    ]

    pane = getters.query_one(AnswerPane)
    status = getters.query_one(StatusLine)
    note_line = getters.query_one(NoteLine)

    def __init__(self) -> None:
        super().__init__()
        self._looked: Merged | None = None

    def compose(self) -> ComposeResult:
        """What would come in, the path."""
        yield AnswerPane("Merge another project file")
        with Vertical(id="footer"):
            yield NoteLine("path")
            yield StatusLine()
            yield KeysLine()

    def on_mount(self) -> None:
        """Ask for the path."""
        self.pane.show(ABOUT)
        self.note_line.open("path")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """``enter`` merges what was looked at."""
        if action == "merge":
            return self._looked is not None
        return super().check_action(action, parameters)

    def on_note_line_written(self, event: NoteLine.Written) -> None:
        """A path: look at the file, write nothing."""
        event.stop()
        if event.text.strip():
            path = Path(event.text.strip()).expanduser()
            self.run_worker(self._merge(path, dry_run=True), exclusive=True)

    def action_merge(self) -> None:
        """What was shown is brought in."""
        cast("PairlabApp", self.app).presses.once(self._bring_in, self._say_held)

    def _say_held(self) -> None:
        self.status.dropped = "enter did not count: held down"

    def _bring_in(self) -> None:
        if self._looked is not None:
            self.run_worker(self._merge(self._looked.path, dry_run=False), exclusive=True)

    def action_path(self) -> None:
        """Another file."""
        self.note_line.open("path", str(self._looked.path) if self._looked else "")

    def action_close(self) -> None:
        """Leave; what was looked at is not brought in."""
        self.dismiss()

    def action_scroll(self, lines: int) -> None:
        """Arrows, ``j`` and ``k``."""
        self.pane.scroll_lines(lines)

    async def _merge(self, path: Path, *, dry_run: bool) -> None:
        app = cast("PairlabApp", self.app)
        self.status.wrong = False
        self.status.doing = f"reading {path}"
        try:
            merged = await app.services.store.call(merge, path, dry_run=dry_run)
        except StoreError as error:
            self._looked = None
            self.status.told, self.status.wrong = str(error), True
            self.pane.show(f"{error}\n\np takes another path.")
        else:
            told = [*merge_text.told(merged), "", *merge_text.conflicts(merged)]
            self.pane.show("\n".join(told).rstrip())
            self._looked = merged if dry_run and merged.anything else None
            self.status.told = "" if dry_run else "merged"
            if not dry_run:
                app.post_message(LabelStored())
        self.status.doing = "enter brings it in" if self._looked else ""
        self.refresh_bindings()
