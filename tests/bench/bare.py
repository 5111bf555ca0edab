"""The baseline: a bare Textual app that draws a line, and another one at each key."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.events import Key
from textual.widgets import Static


class Bare(App[None]):
    """One line of text."""

    number = 0

    def compose(self) -> ComposeResult:
        """The line."""
        yield Static("item 0.", id="line")

    def on_key(self, event: Key) -> None:
        """The next line."""
        if event.key == "q":
            self.exit()
            return
        self.number += 1
        self.query_one("#line", Static).update(f"item {self.number}.")


if __name__ == "__main__":
    Bare().run()
