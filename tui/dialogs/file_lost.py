"""Over everything: the project file was removed, replaced or moved; what is kept, what to do."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen

from store.db import kept_text
from store.db.rescue import keep_text
from store.errors import FileLost
from tui.text import plain
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.footer import KeysLine


class LostScreen(ModalScreen[None]):
    """Nothing can be stored any more: the one thing that can be done is to leave.

    Args:
        error: what happened, what is kept, what to do.
        unsaved: texts that were being written; they are kept beside what was rescued.
    """

    DEFAULT_CSS = """
    LostScreen { align: center middle; background: $background; }
    LostScreen > AnswerPane { max-width: 104; padding: 1 0 0 0; }
    LostScreen > KeysLine { dock: bottom; }
    """

    BINDINGS = [Binding("q,enter,escape", "leave", "Leave", key_display="q")]

    def __init__(self, error: FileLost, unsaved: Sequence[str]) -> None:
        super().__init__()
        self._pane = AnswerPane("The project file is gone")
        self._words = [str(error)]
        if unsaved:
            kept = keep_text(error, "\n\n".join(unsaved))
            self._words.append(
                f"The text you were writing is kept in {kept_text.told(kept)}"
                if kept is not None
                else f"The text you were writing could not be kept:\n{unsaved[-1]}"
            )

    def compose(self) -> ComposeResult:
        """The words, the key."""
        yield self._pane
        yield KeysLine()

    def on_mount(self) -> None:
        """Fill the pane."""
        self._pane.show(plain("\n\n".join(self._words)))

    async def action_leave(self) -> None:
        """Leave the app; its exit status says that something went wrong."""
        await self.app.run_action("app.quit")
