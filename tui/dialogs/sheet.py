"""A sheet of text over the screen: help, the guideline, where an item came from, a log."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import ModalScreen

from tui.keys.common import SHEET
from tui.text import plain
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.footer import KeysLine, own_places, worded
from tui.widgets.scrolling import Scrolls

if TYPE_CHECKING:
    from textual.screen import Screen


class Sheet(Scrolls, ModalScreen[None]):
    """Text to read; scrolls like every pane, and any of its closing keys leads back."""

    DEFAULT_CSS = """
    Sheet { align: center middle; background: $background; }
    Sheet > AnswerPane { max-width: 104; padding: 1 0 0 0; }
    Sheet > KeysLine { dock: bottom; }
    """

    BINDINGS = SHEET

    def __init__(self, title: str, content: Content, *, at_end: bool = False) -> None:
        super().__init__()
        self._pane = AnswerPane(title)
        self._content = content
        self._at_end = at_end

    def compose(self) -> ComposeResult:
        """The text, the keys."""
        yield self._pane
        yield KeysLine()

    def on_mount(self) -> None:
        """Fill the pane."""
        self._pane.show(self._content)
        if self._at_end:
            self.call_after_refresh(self._pane.scroll_end_or_home, end=True)

    def action_close(self) -> None:
        """Back to where one was."""
        self.dismiss()

    def scrolling(self) -> tuple[AnswerPane]:
        """The one pane."""
        return (self._pane,)


def help_for(screen: Screen[Any], about: str) -> Content:
    """A mode's help: its sentences, then each of its keys with what it does.

    Made from the bindings, so that a remapped key is told as it is.
    """
    entries: dict[str, _Entry] = {}
    own = f"{getattr(screen, 'MODE', '')}."
    for active in screen.active_bindings.values():
        binding = worded(screen, active.binding)
        if binding.tooltip:
            entry = entries.setdefault(binding.action, _Entry(_group(binding.id, own), binding))
            key = screen.app.get_key_display(binding)
            if key not in entry.keys:
                entry.keys.append(key)
    places = own_places(screen)
    ordered = sorted(
        entries.values(), key=lambda entry: (entry.group, places.get(entry.binding.id or "", 0))
    )
    width = max((cell_len(" ".join(entry.keys)) for entry in ordered), default=0) + 3
    parts: list[Content | tuple[str, str]] = [plain(about.strip() + "\n")] if about else []
    for before, entry in zip([None, *ordered], ordered, strict=False):
        keys = " ".join(entry.keys)
        if before is None or before.group != entry.group:
            parts.append(("\n", ""))
        parts.append((keys + " " * (width - cell_len(keys)), "bold $accent"))
        parts.append((f"{entry.binding.tooltip}\n", ""))
    return Content.assemble(*parts)


@dataclass(slots=True)
class _Entry:
    """One line of help."""

    group: int
    binding: Binding
    keys: list[str] = field(default_factory=list)


def _group(binding_id: str | None, own: str) -> int:
    """The mode's own keys, the common ones, moving about, the other modes and the app."""
    if binding_id is None:
        return 2
    if binding_id.startswith(own):
        return 0
    return 1 if binding_id.startswith("all.") else 3
