"""A text area that takes nothing that cannot be seen."""

from __future__ import annotations

from textual.events import Paste
from textual.widgets import TextArea

from tui.messages import LeftOut
from tui.pasting import taken


class CleanTextArea(TextArea):
    """A text area that takes line breaks and tabs, and nothing else that cannot be seen."""

    def on_paste(self, event: Paste) -> None:
        """Look through the text before the text area takes it over."""
        event.text = self.take(event.text)

    def action_paste(self) -> None:
        """What was copied inside the app, likewise."""
        result = self._replace_via_keyboard(self.take(self.app.clipboard), *self.selection)
        if result is not None:
            self.move_cursor(result.end_location)

    def take(self, text: str) -> str:
        """The text as it may stand here; what is left out is told."""
        kept, left_out = taken(text)
        if left_out:
            self.post_message(LeftOut(left_out))
        return kept
