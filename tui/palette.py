"""The palette (ctrl+p): modes and actions first, then this screen's keys, then the colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from rich.cells import cell_len
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tui.dialogs.registry import DIALOGS
from tui.modes.registry import BY_ID, MODES
from tui.text import plain

if TYPE_CHECKING:
    from tui.app import PairlabApp

_NAME = 28
"""Columns for the name; the longest of our own has them."""
_KEY = 8


class _PaletteEntry(NamedTuple):
    name: str
    key: str
    help: str
    run: Callable[[], object]

    def drawn(self, name: Content | None = None) -> Content:
        """One line: what, its key, what it does; no colours, which the cursor's would swallow."""
        shown = name or plain(self.name)
        return Content.assemble(
            (shown + " " * max(_NAME - cell_len(self.name), 1)).stylize("bold"),
            (self.key + " " * max(_KEY - cell_len(self.key), 1), "bold"),
            plain(self.help),
        )


class PairlabCommands(Provider):
    """What can be done here, found by typing a part of it."""

    async def discover(self) -> Hits:
        """Everything, before a letter is typed."""
        for entry in self._entries():
            yield DiscoveryHit(entry.drawn(), entry.run, text=entry.name)

    async def search(self, query: str) -> Hits:
        """What fits the letters typed, by name or by what it does."""
        matcher = self.matcher(query)
        for entry in self._entries():
            by_name, by_help = matcher.match(entry.name), matcher.match(entry.help) / 4
            if score := max(by_name, by_help):
                name = Content.from_markup(matcher.highlight(entry.name)) if by_name else None
                yield Hit(score, entry.drawn(name), entry.run, text=entry.name)

    def _entries(self) -> Iterator[_PaletteEntry]:
        from tui.dialogs.help import key_entries  # loads the store, which the first paint waits for

        app = cast("PairlabApp", self.app)
        for mode in MODES:
            key = app.key_of(f"mode.{mode.id}")
            yield _PaletteEntry(mode.name, key, mode.about, partial(app.switch_mode, mode.id))
        home = app.key_of(f"mode.{BY_ID['home'].id}")
        for dialog in DIALOGS:
            key = app.key_of(dialog.binding)
            key = f"{home} {key}" if dialog.binding.startswith("home.") else key
            run = partial(app.action_dialog, dialog.id)
            yield _PaletteEntry(dialog.name, key, dialog.about, run)
        listed = {f"app.dialog('{dialog.id}')" for dialog in DIALOGS}
        for entry in key_entries(self.screen):
            binding = entry.binding
            known = {binding.action, f"app.{binding.action}"} & listed
            if entry.enabled and not known and not (binding.id or "").startswith("mode."):
                run = partial(app.simulate_key, binding.key)
                yield _PaletteEntry(binding.description, entry.keys[0], binding.tooltip, run)
        for theme in app.available_themes:
            words = f"Colours: {theme.removeprefix('pairlab-')}"
            run = partial(setattr, app, "theme", theme)
            yield _PaletteEntry(words, "", "yours, in every project", run)
