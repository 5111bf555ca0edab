"""Help (``?``): what a mode is for, and every key that works there; ``/`` looks for a word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from tui.keys.common import SHEET
from tui.text import plain
from tui.text_screen import TextScreen
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.footer import KeysLine, own_places, worded
from tui.widgets.hanging import TwoColumns
from tui.widgets.note_line import NoteLine
from tui.widgets.scrolling import Scrolls

if TYPE_CHECKING:
    from textual.screen import Screen


class HelpScreen(Scrolls, ModalScreen[None], TextScreen):
    """The mode's sentences, then its own keys, those of every mode, moving about, the modes.

    Args:
        screen: whose keys.
        about: its sentences.
    """

    DEFAULT_CSS = """
    HelpScreen { align: center middle; background: $background; }
    HelpScreen > AnswerPane { max-width: 104; padding: 1 0 0 0; }
    HelpScreen > #footer { dock: bottom; height: auto; }
    """

    AUTO_FOCUS = ""
    BINDINGS = [*SHEET, Binding("slash", "search", "Search")]

    pane = getters.query_one(AnswerPane)
    note_line = getters.query_one(NoteLine)

    def __init__(self, screen: Screen[Any], about: str) -> None:
        super().__init__()
        self._about = about
        self._entries = list(key_entries(screen))
        keys = (cell_len(" ".join(entry.keys)) for entry in self._entries)
        self._width = max(keys, default=0) + 3
        self._words = ""

    def compose(self) -> ComposeResult:
        """The text, the line to search in, the keys."""
        yield AnswerPane("Help")
        with Vertical(id="footer"):
            yield NoteLine("search")
            yield KeysLine()

    def on_mount(self) -> None:
        """All of it."""
        self._show()

    def action_search(self) -> None:
        """Only the lines that hold a word; an empty line shows all again."""
        self.note_line.open("search", self._words)

    def on_input_changed(self, event: Input.Changed) -> None:
        """While it is typed."""
        if self.note_line.about:
            self._words = event.value
            self._show()

    def on_note_line_written(self, event: NoteLine.Written) -> None:
        """What was found stays."""
        event.stop()

    def action_close(self) -> None:
        """Back to where one was; from what was found, to all of it first."""
        if self._words:
            self._words = ""
            self._show()
        else:
            self.dismiss()

    def scrolling(self) -> tuple[AnswerPane]:
        """The one pane."""
        return (self.pane,)

    def _show(self) -> None:
        words = self._words.casefold().split()
        found = [each for each in self._entries if each.holds(words)]
        aside = f"{len(found)} of {len(self._entries)} keys" if words else ""
        text = _drawn(found, "" if words else self._about, self._width)
        self.pane.show(text if found else plain("No key does that here."), aside=aside)


def key_entries(screen: Screen[Any]) -> Iterator[KeyEntry]:
    """Each key with what it does; made from the bindings, which know of remapped keys."""
    entries: dict[str, KeyEntry] = {}
    own = f"{getattr(screen, 'MODE', '')}."
    for active in screen.active_bindings.values():
        binding = worded(screen, active.binding)
        if binding.tooltip:
            entry = entries.setdefault(
                binding.action, KeyEntry(_group(binding.id, own), binding, active.enabled)
            )
            key = screen.app.get_key_display(binding)
            if key not in entry.keys:
                entry.keys.append(key)
    places = own_places(screen)
    yield from sorted(
        entries.values(), key=lambda entry: (entry.group, places.get(entry.binding.id or "", 0))
    )


def _drawn(ordered: list[KeyEntry], about: str, width: int) -> Content:
    parts: list[Content | tuple[str, str]] = [plain(about.strip() + "\n")] if about else []
    for before, entry in zip([None, *ordered], ordered, strict=False):
        keys = " ".join(entry.keys)
        if about and (before is None or before.group != entry.group):
            parts.append(("\n", ""))
        parts.append((keys + " " * (width - cell_len(keys)), "bold $accent"))
        parts.append((f"{entry.binding.tooltip}\n", ""))
    return TwoColumns(Content.assemble(*parts), width)


@dataclass(slots=True)
class KeyEntry:
    """One line of help."""

    group: int
    binding: Binding
    enabled: bool
    keys: list[str] = field(default_factory=list)

    def holds(self, words: list[str]) -> bool:
        """Whether all words stand in its name, what it does, or its keys."""
        told = f"{self.binding.description} {self.binding.tooltip} {' '.join(self.keys)}".casefold()
        return all(word in told for word in words)


def _group(binding_id: str | None, own: str) -> int:
    """The mode's own keys, the common ones, moving about, the other modes and the app."""
    if binding_id is None:
        return 2
    if binding_id.startswith(own):
        return 0
    return 1 if binding_id.startswith("all.") else 3
