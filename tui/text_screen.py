"""Screens on which a text can be open: while it is, the keys go to it and to nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from tui.worker_errors import Bordered

if TYPE_CHECKING:
    from store.judgements.drafts import DraftPlace
    from tui.app import PairlabApp


class TextChanged(Message):
    """An open text was changed; the app keeps it as a draft."""

    def __init__(self, place: DraftPlace, text: str | None) -> None:
        super().__init__()
        self.place = place
        self.text = text
        """None when it is again what was there before anything was written."""


class TextScreen(Screen[None], Bordered):
    """A screen that gives the focus to no other widget while a text is open.

    Wherever the mouse clicks, letters stay letters.
    """

    open_text: Widget | None = None
    """What takes the letters; None while no text is open."""
    opened_by: str = ""
    """The key that opened it, until another key came: held, it is no letter of the text."""

    def hold(self, text: Widget) -> None:
        """A text was opened.

        Args:
            text: what takes the letters.
        """
        self.open_text, self.opened_by = text, cast("PairlabApp", self.app).presses.key
        self.set_focus(text)
        self.refresh_bindings()

    def let_go(self) -> None:
        """The text is closed: the keys are the screen's again."""
        self.open_text, self.opened_by = None, ""
        self.set_focus(None)
        self.refresh_bindings()

    def set_focus(
        self,
        widget: Widget | None,
        scroll_visible: bool = True,
        from_app_focus: bool = False,
    ) -> None:
        """Focus a widget, unless a text is open."""
        super().set_focus(self.open_text or widget, scroll_visible, from_app_focus)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The screen's own keys rest while a text is open."""
        if self.open_text is not None:
            return False
        return super().check_action(action, parameters)


def opened(text: Widget) -> None:
    """The keys go to this widget from now on."""
    screen = text.screen
    assert isinstance(screen, TextScreen)
    screen.hold(text)


def closed(text: Widget) -> None:
    """The keys go to the screen again, if they went to this widget."""
    screen = text.screen
    if isinstance(screen, TextScreen) and screen.open_text is text:
        screen.let_go()
