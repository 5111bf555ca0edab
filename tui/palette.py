"""The palette (ctrl+p): every key of the screen by its name, the modes, the colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from textual.command import DiscoveryHit, Hit, Hits, Provider


class _PaletteEntry(NamedTuple):
    name: str
    help: str
    run: Callable[[], object]


class PairlabCommands(Provider):
    """What can be done here, found by typing a part of it."""

    async def discover(self) -> Hits:
        """Everything, before a letter is typed."""
        for command in self._commands():
            yield DiscoveryHit(command.name, command.run, help=command.help)

    async def search(self, query: str) -> Hits:
        """What fits the letters typed."""
        matcher = self.matcher(query)
        for command in self._commands():
            score = matcher.match(command.name)
            if score > 0:
                yield Hit(score, matcher.highlight(command.name), command.run, help=command.help)

    def _commands(self) -> Iterator[_PaletteEntry]:
        app, screen = self.app, self.screen
        seen = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            if active.enabled and binding.tooltip and binding.action not in seen:
                seen.add(binding.action)
                run = partial(app.simulate_key, binding.key)
                key = app.get_key_display(binding)
                yield _PaletteEntry(f"{binding.description}  ({key})", binding.tooltip, run)
        yield _PaletteEntry("Merge another project file", "shows first what comes in", self._merge)
        for theme in app.available_themes:
            words = f"Colours: {theme.removeprefix('pairlab-')}"
            yield _PaletteEntry(words, "remembered for this project", partial(self._colours, theme))

    def _merge(self) -> None:
        from tui.dialogs.merge import MergeScreen  # opened seldom, and slow to import

        self.app.push_screen(MergeScreen())

    def _colours(self, theme: str) -> None:
        self.app.theme = theme
