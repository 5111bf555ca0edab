"""The first screen, drawn before the store and the model's side are loaded.

Loading them takes longer than everything else at the start. Meanwhile the frame of the app stands
where it will stay; keys do nothing yet, as there is no item they could be meant for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.screen import Screen

from store.errors import StoreError
from tui.app import PairlabApp
from tui.modes.registry import BY_ID, MODES
from tui.widgets.footer import StatusLine
from tui.widgets.header import Header

if TYPE_CHECKING:
    from tui.services import Services

FIRST = MODES[0]
"""The mode in the header until it is known where the project's work is."""


class OpeningApp(PairlabApp):
    """The app of the command line: paints, then opens the project.

    Args:
        project: the project file.
        annotator: who works.
        log_path: where the model host and a crash write.
        open_project: opens it; called in a thread. Its :class:`~store.errors.StoreError` ends
            the app and becomes :attr:`refused`.
    """

    DEFAULT_MODE = "opening"

    def __init__(
        self,
        project: Path,
        annotator: str,
        log_path: Path,
        open_project: Callable[[], Services],
    ) -> None:
        super().__init__()
        self._given = (project, annotator, log_path)
        self._open_project = open_project
        self._first = FIRST
        self._entering = False
        """The first mode is being put in the place of the frame."""
        self.refused = ""
        """Why the project could not be opened; empty when it could."""

    @property
    def project(self) -> Path:
        """The project file."""
        return self._given[0]

    @property
    def log_path(self) -> Path:
        """Where the model host and a crash write."""
        return self._given[2]

    def get_default_screen(self) -> Screen[Any]:
        """What stands there until the project is open."""
        return OpeningScreen(self._given[0].name, self._given[1])

    def on_mount(self) -> None:
        """Open once the frame is painted."""
        super().on_mount()
        self.call_after_refresh(self.run_worker, self._open, group="opening")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Until the project is open one can only leave."""
        if self._session is None and action != "quit":
            return False
        return super().check_action(action, parameters)

    def delay_update(self, delay: float = 0.05) -> None:
        """None for the first mode, which is painted once, as soon as it is filled."""
        if not self._entering:
            super().delay_update(delay)

    def refresh_css(self, animate: bool = True) -> None:
        """None for the first mode: its widgets take their styles as they are mounted."""
        if not self._entering:
            super().refresh_css(animate)

    async def _open(self) -> None:
        try:
            services = await asyncio.to_thread(self._load)
        except StoreError as error:
            self.refused = str(error)
            self.exit(return_code=1)
            return
        self.attend(services)
        self._entering = True
        with self.batch_update():
            await self.switch_mode(self._first.id)
        self._entering = False
        self.call_after_refresh(self.session.begin)

    def _load(self) -> Services:
        from store.db import waiting

        waiting.listen(lambda words: self.call_later(self._tell, words))
        services = self._open_project()
        from store.views.standing import first_mode  # once sqlite-utils is there

        self._first = BY_ID[services.store.submit(first_mode, services.annotator).result()]
        self._first.load()  # here, where the frame stays alive, and not when it is switched to
        return services

    def _tell(self, words: str) -> None:
        """What opening takes so long with."""
        if isinstance(self.screen, OpeningScreen):
            self.screen.query_one(StatusLine).doing = f"opening the project: {words}"


class OpeningScreen(Screen[None]):
    """Header and status line, and room for what comes."""

    DEFAULT_CSS = """
    OpeningScreen { layout: vertical; overflow: hidden; }
    OpeningScreen > StatusLine { dock: bottom; margin-bottom: 1; }
    """

    def __init__(self, project: str, annotator: str) -> None:
        super().__init__()
        self._header = Header(project, annotator, FIRST.id)

    def compose(self) -> ComposeResult:
        """Header and status line."""
        yield self._header
        status = StatusLine()
        status.doing = "opening the project"
        yield status
