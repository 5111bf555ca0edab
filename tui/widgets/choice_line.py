"""A line of choices, each with its key; the chosen one stands reversed, so nothing moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.content import Content
from textual.events import Click
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from tui.keymap import key_name, key_of
from tui.text import one_line


class Option(NamedTuple):
    """One choice."""

    words: str
    value: str
    binding: str
    """Id of the key that chooses it."""


class ChoiceLine(Widget):
    """A few choices of which one may hold, and words of the screen's own behind them.

    Args:
        options: in their order; a click on one is its key.
    """

    DEFAULT_CSS = """
    ChoiceLine { height: 1; padding: 0 2; color: $muted; }
    """

    ALLOW_SELECT = False

    chosen: reactive[str | None] = reactive(None)
    """The value of the option that holds."""
    behind: reactive[Content] = reactive(Content(""))
    """What stands behind the options, cut where there is no room."""

    def __init__(self, options: Sequence[Option], *, widget_id: str | None = None) -> None:
        super().__init__(id=widget_id)
        self._options = tuple(options)

    def on_click(self, event: Click) -> None:
        """A click on an option is its key."""
        binding = event.style.meta.get("binding")
        if binding is not None:
            self.app.simulate_key(key_name(self, binding))

    def render(self) -> Content:
        """The options, then what stands behind them."""
        parts = [self._drawn(option) for option in self._options]
        return (
            Content("").join([*parts, self.behind]).truncate(self.content_size.width, ellipsis=True)
        )

    def _drawn(self, option: Option) -> Content:
        holds = option.value == self.chosen
        words = one_line(option.words)
        entry = Content.assemble(
            (" ", "$accent"),
            (key_of(self, option.binding), "bold $accent"),
            (f" {words} ", "bold $accent" if holds else "$foreground"),
        )
        if holds:
            entry = entry.stylize("reverse")
        return Content.assemble(entry.stylize(Style.from_meta({"binding": option.binding})), " ")
