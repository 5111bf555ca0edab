"""What all modes share: the lines above and below, and what is in between while they are open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.events import Key, Paste, Resize, ScreenResume
from textual.message import Message
from textual.widget import Widget

from engine import netlock
from store.db import meta
from tui.keys.common import COMMON, ITEM_ACTIONS
from tui.messages import AgreementMoved, EngineSaid, FileDoubted, GoTo, OtherWork
from tui.modes import registry
from tui.modes.common_keys import CommonKeys
from tui.sides import by_place
from tui.widgets.footer import KeysLine, StatusLine
from tui.widgets.header import WIDE, Header
from tui.widgets.next_step import NextStep
from tui.widgets.note_line import NoteLine
from tui.widgets.prompt_pane import PromptPane
from tui.widgets.reading import VERY_WIDE, ReadingView

PAGE = 160
"""Cells of a page of figures or lines in the middle of a very wide screen."""


class ModeScreen(CommonKeys):
    """One mode of the app.

    A mode fills :meth:`compose_mode`, calls :meth:`item_shown` whenever another item has been put
    into its panes, and runs everything a key does through :meth:`act`.
    """

    MODE: ClassVar[str] = ""
    """Id in the registry of modes; bindings whose id begins with it come first in the footer."""
    AUTO_FOCUS = ""
    BINDINGS = COMMON

    header = getters.query_one(Header)
    keys_line = getters.query_one(KeysLine)

    def __init__(self) -> None:
        super().__init__()
        self._views: tuple[ReadingView, ...] = ()
        self._next_steps: tuple[NextStep, ...] = ()
        self._away_since: float | None = None
        self._announced = False
        """It was said that this screen will be shown first."""

    def post_message(self, message: Message) -> bool:
        """Textual says twice that a screen is shown first, and styles all of it anew each time."""
        if isinstance(message, ScreenResume) and not self.is_mounted:
            if self._announced:
                return False
            self._announced = True
            message.refresh_styles = False  # its widgets have taken theirs when they were mounted
        return super().post_message(message)

    # What a mode says of itself

    def compose_mode(self) -> Iterable[Widget]:
        """The widgets between header and footer."""
        return ()

    async def first_look(self) -> None:
        """Fill the panes before anything is painted: asked of the mode the app opens in."""

    async def go_to(self, item_id: str) -> None:
        """Show an item that was picked in mode B."""

    async def other_work(self) -> None:
        """Another process wrote to the project: read again what may have changed."""

    # What a mode uses

    @property
    def cramped(self) -> bool:
        """The screen is too small to show both answers."""
        return any(view.cramped for view in self._views if view.display)

    def page_cells(self, width: int) -> int:
        """Cells of a page of figures or lines, which stands in the middle of a very wide screen."""
        side = (width - PAGE) // 2 if width > VERY_WIDE else 0
        self.query_one("#mode").styles.padding = (0, side)
        return width - 2 * side

    @property
    def nothing_here(self) -> bool:
        """Instead of an item it is told what to do."""
        return any(each.display for each in self._next_steps)

    def worded(self, binding: Binding) -> Binding:
        """A binding with the words that hold for how the answers stand."""
        if not self.stacked:
            return binding
        return replace(
            binding,
            description=by_place(binding.description, stacked=True),
            tooltip=by_place(binding.tooltip, stacked=True),
        )

    # Life

    def compose(self) -> ComposeResult:
        """Header, the mode's own widgets, footer."""
        yield Header(self.services.db_path.name, self.services.annotator, self.MODE)
        with Vertical(id="mode"):
            yield from self.compose_mode()
        with Vertical(id="footer"):
            yield NoteLine()
            yield StatusLine()
            yield KeysLine()

    async def on_mount(self) -> None:
        """Take over what is remembered; keys ask for views and prompts too often to search."""
        self._views = tuple(self.query(ReadingView))
        self._prompts = tuple(self.query(PromptPane))
        self._next_steps = tuple(self.query(NextStep))
        self.set_class(self.app.size.width < WIDE, "-narrow")
        self._tell_server()
        self.background(self._recall_shield, group="shield")
        if not self.app.session.settled:
            await self.in_words(self.first_look)

    def on_other_work(self, _event: OtherWork) -> None:
        """The app saw another process commit."""
        self.background(self.other_work, group="other")

    def on_go_to(self, event: GoTo) -> None:
        """An item was picked in mode B, for this mode."""
        self.background(partial(self.go_to, event.item_id), group="item")

    def on_engine_said(self, _event: EngineSaid) -> None:
        """The engine may just have been made."""
        self._tell_server()

    def on_file_doubted(self, _event: FileDoubted) -> None:
        """What was found stays in the footer."""
        self._tell_server()

    def on_agreement_moved(self, _event: AgreementMoved) -> None:
        """Kappa in the header follows everybody's labels."""
        self.header.agreement = self.app.agreement.headline

    def on_screen_suspend(self) -> None:
        """Time spent elsewhere is no time on the item."""
        self._away_since = self.services.stopwatch()
        self.app.session.settle()  # nobody waits for the first item here any more

    def on_screen_resume(self) -> None:
        """The clock of the item goes on; the header may have changed meanwhile."""
        if self._away_since is not None:
            self._shown_since += self.services.stopwatch() - self._away_since
            self._away_since = None
        self.header.agreement = self.app.agreement.headline
        self._tell_server()

    def on_resize(self, event: Resize) -> None:
        """Wide screens get side by side."""
        self.set_class(event.size.width < WIDE, "-narrow")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that cannot do anything here are absent; those that cannot now are dim."""
        if super().check_action(action, parameters) is False:
            return False
        if action in ITEM_ACTIONS and not registry.BY_ID[self.MODE].has_items:
            return False
        if action == "leave":
            return self.has_class("-full")
        if action == "found":
            return self.app.session.open_found is not None
        if action == "turns":
            return self.item_id is not None and self._conversation
        if action in ITEM_ACTIONS and self.item_id is None:
            return None
        if action in {"full", "shield"} and self.nothing_here:
            return None
        return True

    def on_key(self, event: Key) -> None:
        """A key that waits for an item is not dropped without a word."""
        active = self.active_bindings.get(event.key)
        if active and not active.enabled and active.binding.show and not self.nothing_here:
            self.drop("there is nothing for it here now")

    def on_paste(self, _event: Paste) -> None:
        """A paste with no text open goes nowhere, and says so."""
        if self.open_text is None:
            self.drop("no text is open for it", "paste")

    # The rest

    def _tell_server(self) -> None:
        engine = self.services.engine
        self.status.server = (engine.server if engine else None) or ""
        closed = netlock.state()
        self.status.network = "" if closed is netlock.Network.OPEN else closed.value
        self.status.doubt = self.app.session.upkeep.found

    async def _recall_shield(self) -> None:
        stored = await self.ask(meta.get, f"shield:{self.services.annotator}")
        self.put_shield(on=stored == "on")
