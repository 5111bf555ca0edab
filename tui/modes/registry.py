"""The modes of the app: one line each."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from textual.screen import Screen


class Mode(NamedTuple):
    """One mode: what the header calls it and where its screen lives."""

    id: str
    key: str
    """The upper-case letter that opens it; a letter of the name."""
    name: str
    """The word in the header."""
    about: str
    """What one does there, in a few words."""
    has_items: bool = True
    """False for modes without items: the keys that need one are absent there."""
    in_header: bool = True
    """False for the page one seldom goes back to: it is told where there is room."""

    def load(self) -> type[Screen[Any]]:
        """The screen's class, imported when the mode is first opened."""
        module = import_module(f"tui.modes.{self.id}.screen")
        found: type[Screen[Any]] = getattr(module, f"{self.name}Screen")
        return found

    def opener(self) -> Callable[[], Screen[Any]]:
        """What makes the screen, importing it only then."""

        def make() -> Screen[Any]:
            return self.load()()

        return make


MODES = (
    Mode("revise", "R", "Revise", "decides on what the model revised"),
    Mode("label", "L", "Label", "which of two answers is better, blind"),
    Mode("kappa", "K", "Kappa", "how far people agree, and what to do", has_items=False),
    Mode("judge", "J", "Judge", "rules where people disagree"),
    Mode("browse", "B", "Browse", "finds any prompt, answer, pair"),
    Mode("export", "X", "Export", "writes the triplets", has_items=False),
    Mode("model", "M", "Model", "who writes, how fast, what is left", has_items=False),
    Mode(
        "home",
        "H",
        "Home",
        "the whole project, and what comes next",
        has_items=False,
        in_header=False,
    ),
)

BY_ID = {mode.id: mode for mode in MODES}
"""Each mode by its id."""
