"""The guideline beside what it is about; a search leaves the sections that have the words."""

from __future__ import annotations

from functools import partial

from store.records import Guideline
from tui.dialogs import guideline_text
from tui.formatting import counted
from tui.keymap import key_of, with_keys
from tui.text import one_line
from tui.widgets.answer_pane import AnswerPane


class GuidelinePane(AnswerPane):
    """One version of the guideline, whole or as far as a search finds something."""

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__("Guideline", widget_id=widget_id)
        self._guideline: Guideline | None = None
        self.search = ""
        """What is searched for; empty shows all."""

    def show_version(self, guideline: Guideline | None, *, top: bool = True) -> None:
        """Show a version, or that there is none."""
        self._guideline = guideline
        self._draw(top=top)

    def find(self, search: str) -> None:
        """Leave the sections that have all these words."""
        self.search = search
        self._draw(top=True)

    def _draw(self, *, top: bool) -> None:
        if self._guideline is None:
            edit = key_of(self, f"{getattr(self.screen, 'MODE', '')}.edit")
            starter = with_keys("{mode.home} {home.starter}", partial(key_of, self))
            self.show(
                "This project has no guideline yet: the page that says, the same for everybody, "
                "how to choose between two answers.\n\n"
                f"{edit} writes one. The starter set has one: {starter} adds it.",
                title="Guideline",
            )
            return
        number = len(guideline_text.found(self._guideline.text, self.search))
        aside = f"{one_line(self.search, 20)}: {counted(number, 'section')}" if self.search else ""
        self.show(
            guideline_text.drawn(self._guideline.text, self.search),
            title=f"Guideline v{self._guideline.version}",
            aside=aside,
            top=top,
        )
