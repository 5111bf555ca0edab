"""Mode H: the whole project on a page, and what belongs to no single item."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from textual import getters
from textual.containers import VerticalScroll
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Static

from store.log.undo import Undone
from store.views.standing import Standing, standing
from tui.keys.home import HOME
from tui.messages import EngineSaid
from tui.modes.home import text
from tui.modes.page import PageScreen

TALL = 30
"""Rows from which on there is room for everybody's progress."""


class HomeScreen(PageScreen):
    """Where the project stands; opens by itself where there is nothing to do yet."""

    MODE = "home"
    HELP_TEXT = text.HELP
    BINDINGS = HOME
    DEFAULT_CSS = """
    HomeScreen VerticalScroll { scrollbar-size: 0 1; align-horizontal: center; }
    HomeScreen Static { padding: 1 2; height: auto; width: 100%; max-width: 96; }
    HomeScreen.-narrow Static { padding: 0 2; }
    """

    page = getters.query_one("#page", Static)

    def __init__(self) -> None:
        super().__init__()
        self._standing: Standing | None = None

    def compose_mode(self) -> Iterable[Widget]:
        """The page."""
        with VerticalScroll(can_focus=False):
            yield Static(id="page", markup=False)

    def on_screen_resume(self) -> None:
        """Opened, or back: much may have changed."""
        self.background(self.other_work, group="standing")

    async def other_work(self) -> None:
        """Count again."""
        self._standing = await self.ask(standing, self.services.annotator)
        self._draw()
        self.app.session.settle()

    async def undone(self, undone: Undone) -> None:
        """Only say so: nothing of it is shown here."""
        self.tell(f"undone: a {undone.kind} made in another mode")

    def on_engine_said(self, _event: EngineSaid) -> None:
        """The model was made, loaded, failed."""
        self._draw()

    def on_resize(self, _event: Resize) -> None:
        """A higher screen has room for more."""
        self._draw()

    def _draw(self) -> None:
        if self._standing is not None:
            tall = self.app.size.height >= TALL
            shown = self.app.key_of
            self.page.update(text.page(self._standing, self.services, shown, people=tall))

    def action_starter(self) -> None:
        """Add the shipped set; twice adds nothing."""
        self.act(self._add_starter, on_item=False)

    async def _add_starter(self) -> None:
        from tui.cli.starter import add_starter  # reads the shipped files

        me, at = self.services.annotator, self.services.clock()
        added = await self.ask(partial(add_starter, author=me, at=at))
        await self.app.session.catch_up()
        await self.other_work()
        words = f"{added.prompts} prompts added" if added.prompts else "the starter set was here"
        self.tell(f"{words}; R shows what is written for them")
