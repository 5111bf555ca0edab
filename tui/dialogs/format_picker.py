"""Choosing the format of an export."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets.option_list import Option

from tui.widgets.footer import KeysLine
from tui.widgets.lines import Lines
from tui.widgets.rule import Rule


class FormatPicker(ModalScreen[str | None]):
    """Every format with a line about it; enter takes one, escape none.

    Args:
        formats: name to summary.
        current: where to begin.
    """

    DEFAULT_CSS = """
    FormatPicker { align: center bottom; background: $background 60%; }
    FormatPicker > Lines { max-height: 60%; padding: 0 1; }
    """

    BINDINGS = [
        Binding("enter", "take", "Take", key_display="enter"),
        Binding("escape,q,t", "close", "Back", key_display="esc"),
    ]

    def __init__(self, formats: Mapping[str, str], current: str) -> None:
        super().__init__()
        self._formats = formats
        self._current = current

    def compose(self) -> ComposeResult:
        """The list, the keys."""
        width = max(map(len, self._formats)) + 3
        yield Rule("Format")
        yield Lines(
            *(
                Option(Content.assemble((f"{name:<{width}}", "bold"), summary), id=name)
                for name, summary in self._formats.items()
            ),
            markup=False,
        )
        yield KeysLine()

    def on_mount(self) -> None:
        """Begin at the current one."""
        self.query_one(Lines).highlighted = list(self._formats).index(self._current)

    def on_option_list_option_selected(self, event: Lines.OptionSelected) -> None:
        """Enter or a click."""
        self.dismiss(event.option.id)

    def action_take(self) -> None:
        """Close, with the format the cursor stands on."""
        self.query_one(Lines).action_select()

    def action_close(self) -> None:
        """Close, with the format as it was."""
        self.dismiss(None)
