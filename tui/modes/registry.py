"""The modes of the app: one line each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from textual.screen import Screen


@dataclass(frozen=True, slots=True)
class Mode:
    """One mode: what the header calls it and where its screen lives."""

    id: str
    key: str
    """The upper-case letter that opens it; a letter of the name."""
    name: str
    """The word in the header."""
    screen: str
    """``module:Class``; imported when the mode is first opened."""
    has_items: bool = True
    """False for modes without items: the keys that need one are absent there."""
    in_header: bool = True
    """False for the page one comes from and seldom goes back to."""

    def load(self) -> type[Screen[Any]]:
        """The screen's class."""
        module, name = self.screen.split(":")
        found: type[Screen[Any]] = getattr(import_module(module), name)
        return found

    def opener(self) -> Callable[[], Screen[Any]]:
        """What makes the screen, importing it only then."""

        def make() -> Screen[Any]:
            return self.load()()

        return make


MODES = (
    Mode("revise", "R", "Revise", "tui.modes.revise.screen:ReviseScreen"),
    Mode("label", "L", "Label", "tui.modes.label.screen:LabelScreen"),
    Mode("kappa", "K", "Kappa", "tui.modes.kappa.screen:KappaScreen", has_items=False),
    Mode("judge", "J", "Judge", "tui.modes.judge.screen:JudgeScreen"),
    Mode("browse", "B", "Browse", "tui.modes.browse.screen:BrowseScreen"),
    Mode("export", "X", "Export", "tui.modes.export.screen:ExportScreen", has_items=False),
    Mode("model", "M", "Model", "tui.modes.model.screen:ModelScreen", has_items=False),
    Mode("home", "H", "Home", "tui.modes.home.screen:HomeScreen", has_items=False, in_header=False),
)

BY_ID = {mode.id: mode for mode in MODES}
"""Each mode by its id."""
