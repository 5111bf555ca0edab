"""Choosing the principle of the next critique."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.text import plain
from tui.widgets.footer import KeysLine
from tui.widgets.rule import Rule

if TYPE_CHECKING:
    from engine.method.constitution import Principle


class PrinciplePicker(ModalScreen[str | None]):
    """The principles of the constitution; enter takes one, escape none.

    Args:
        principles: in the constitution's order.
        used: ids of those the chain has been criticised under.
    """

    DEFAULT_CSS = """
    PrinciplePicker { align: center bottom; background: $background 60%; }
    PrinciplePicker > Rule { max-width: 104; }
    PrinciplePicker > OptionList, PrinciplePicker > OptionList:focus {
        max-width: 104; max-height: 60%; border: none; padding: 0 1; background: $background;
    }
    """

    BINDINGS = [
        Binding("j", "move(1)", "Down", key_display="↓"),
        Binding("k", "move(-1)", "Up", key_display="↑"),
        Binding("escape,q,p", "close", "Back", key_display="esc"),
    ]

    def __init__(self, principles: Sequence[Principle], used: Collection[str]) -> None:
        super().__init__()
        self._principles = principles
        self._used = used

    def compose(self) -> ComposeResult:
        """The list, the keys."""
        yield Rule("Criticise under", "enter takes one; used ones are dim")
        yield OptionList(*(self._option(one) for one in self._principles), markup=False)
        yield KeysLine()

    def on_mount(self) -> None:
        """Begin at the first that was not used yet."""
        fresh = (i for i, one in enumerate(self._principles) if one.id not in self._used)
        options = self.query_one(OptionList)
        options.highlighted = next(fresh, 0)
        options.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """``enter`` or a click."""
        self.dismiss(event.option.id)

    def action_move(self, step: int) -> None:
        """``j`` and ``k``."""
        options = self.query_one(OptionList)
        (options.action_cursor_down if step > 0 else options.action_cursor_up)()

    def action_close(self) -> None:
        """Close without a choice."""
        self.dismiss(None)

    def _option(self, principle: Principle) -> Option:
        dim = "$muted" if principle.id in self._used else ""
        width = max(len(one.id) for one in self._principles) + 2
        words = Content.assemble(
            plain(principle.id.ljust(width), "$muted"), plain(principle.title, dim)
        )
        return Option(words, id=principle.id)
