"""The keys of reading, in every mode with texts: one pane alone, folded turns, shield, Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from textual import getters

from tui.app import PairlabApp
from tui.formatting import counted
from tui.text_screen import TextScreen
from tui.widgets.answer_pane import AnswerPane
from tui.widgets.prompt_pane import PromptPane
from tui.widgets.scrolling import Scrolls


class ReadingKeys(Scrolls, TextScreen):
    """What a screen with panes of text does with them."""

    app = getters.app(PairlabApp)

    def __init__(self) -> None:
        super().__init__()
        self._hides_all = False
        """The shield is up for every item."""
        self._revealed = False
        """This item's texts were asked for."""
        self._rendered = False

    def both_panes(self) -> Iterable[AnswerPane]:
        """The panes that scroll together while none is picked."""
        return ()

    def is_hard_to_read(self) -> bool:
        """Whether the item is of a harmful prompt, or was set aside by this annotator."""
        return False

    def scrolling(self) -> list[AnswerPane]:
        """The picked pane, or those that scroll together."""
        if self.has_class("-full"):
            return [pane for pane in self.query(AnswerPane) if not pane.has_class("-away")]
        picked = self.picked()
        return [picked] if picked else [pane for pane in self.both_panes() if pane.display]

    def picked(self) -> AnswerPane | None:
        """The pane that has the focus."""
        focused = self.focused
        return focused if isinstance(focused, AnswerPane) else None

    def action_full(self) -> None:
        """The picked pane, or the first, alone; and back."""
        if self.has_class("-full"):
            self.action_leave()
            return
        pane = self.picked() or next(iter(self.both_panes()), None)
        if pane is not None:
            for other in self.query(AnswerPane):
                other.set_class(other is not pane, "-away")
            self.add_class("-full")
            self.refresh_bindings()

    def action_leave(self) -> None:
        """From the full screen to all panes."""
        self.remove_class("-full")
        for pane in self.query(AnswerPane):
            pane.remove_class("-away")
        self.refresh_bindings()

    def action_turns(self) -> None:
        """Earlier turns unfolded, or folded again."""
        for pane in self.query(PromptPane):
            pane.fold()

    def action_next_pane(self, step: int = 1) -> None:
        """Each pane in turn, then both together again."""
        panes = [pane for pane in self.query(AnswerPane) if pane.display and pane.can_focus]
        if self.has_class("-full") or not panes:
            return
        picked = self.picked()
        stops: list[AnswerPane | None] = [None, *panes]
        at = stops.index(picked) if picked in panes else 0
        self.set_focus(stops[(at + step) % len(stops)])

    def action_markdown(self) -> None:
        """Markdown drawn, or the bare text again."""
        self._rendered = not self._rendered
        for pane in self._answers():
            pane.rendered = self._rendered
        self.app.say("Markdown is drawn" if self._rendered else "bare text")

    def action_copy(self) -> None:
        """The picked text, or all texts of the item, to the terminal's clipboard (OSC 52)."""
        picked = self.picked()
        panes = [picked] if picked else [pane for pane in self.query(AnswerPane) if pane.display]
        texts = [pane.text if picked else f"{pane.title}\n{pane.text}" for pane in panes]
        self.app.copy_to_clipboard("\n\n".join(texts))
        what = picked.title if picked else counted(len(panes), "text")
        self.app.say(f"{what} copied, where the terminal allows it")

    def action_shield(self) -> None:
        """For this item where only it is hidden; else for all, remembered for this annotator."""
        if self._hides_item():
            self._revealed = True
        else:
            self._hides_all = not self._hides_all
            self._revealed = False
            value = "on" if self._hides_all else "off"
            self.run_worker(
                self.remember(f"shield:{self.app.services.annotator}", value), group="shield"
            )
        self.draw_shield()

    async def remember(self, key: str, value: str) -> None:
        """Keep something for the next time."""
        raise NotImplementedError

    def put_shield(self, *, on: bool) -> None:
        """As it was when one left."""
        self._hides_all = on
        self.draw_shield()

    def next_item(self) -> None:
        """Another item is shown, which nobody has asked to see."""
        self._revealed = False
        self.draw_shield()

    def draw_shield(self) -> None:
        """Hide or show the texts of the item as things stand."""
        hidden = self._hides_all or self._hides_item()
        if hidden is not self.has_class("-shielded"):
            self.set_class(hidden, "-shielded")
            for pane in self._answers():
                pane.shielded = hidden

    def _hides_item(self) -> bool:
        wanted = self.app.services.configuration.shields_harmful
        return wanted and not self._hides_all and not self._revealed and self.is_hard_to_read()

    def _answers(self) -> Iterable[AnswerPane]:
        return (pane for pane in self.query(AnswerPane) if not isinstance(pane, PromptPane))
