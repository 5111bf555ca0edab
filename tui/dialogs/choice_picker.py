"""Choosing one of several, each with a line about it: a format, whose word stands."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets.option_list import Option

from tui.text import plain
from tui.widgets.footer import KeysLine
from tui.widgets.lines import Lines
from tui.widgets.rule import Rule


class ChoicePicker(ModalScreen[str | None]):
    """Every choice with a line about it; enter takes one, escape none.

    Args:
        heading: what is chosen.
        choices: name to summary.
        current: where to begin.
    """

    DEFAULT_CSS = """
    ChoicePicker { align: center bottom; background: $background 60%; }
    ChoicePicker > Lines { max-height: 60%; padding: 0 1; }
    """

    BINDINGS = [
        Binding("enter", "take", "Take", key_display="enter"),
        Binding("escape,q", "close", "Back", key_display="esc"),
    ]

    def __init__(self, heading: str, choices: Mapping[str, str], current: str) -> None:
        super().__init__()
        self._heading = heading
        self._choices = choices
        self._current = current

    def compose(self) -> ComposeResult:
        """The list, the keys."""
        width = max(map(cell_len, self._choices)) + 3
        yield Rule(self._heading)
        yield Lines(
            *(
                Option(
                    Content.assemble(
                        plain(name, "bold"), " " * (width - cell_len(name)), plain(summary)
                    ),
                    id=name,
                )
                for name, summary in self._choices.items()
            ),
            markup=False,
        )
        yield KeysLine()

    def on_mount(self) -> None:
        """Begin at the current one."""
        self.query_one(Lines).highlighted = list(self._choices).index(self._current)

    def on_option_list_option_selected(self, event: Lines.OptionSelected) -> None:
        """Enter or a click."""
        self.dismiss(event.option.id)

    def action_take(self) -> None:
        """Close, with the choice the cursor stands on."""
        self.query_one(Lines).action_select()

    def action_close(self) -> None:
        """Close, with all as it was."""
        self.dismiss(None)
