"""The app: modes, themes, the model's life, and word of what others write. No logic of its own."""

from __future__ import annotations

import asyncio
import gc
import os
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType
from textual.events import Event, InputEvent
from textual.message import Message

from engine.errors import EngineError
from engine.face import EngineStatus
from engine.news import MakerEvent, Progress
from store import ids, meta, presence, prompts, sqlite
from store.errors import StoreError
from tui.agreement_model import AgreementModel
from tui.batching import Batches
from tui.commands import PairlabCommands
from tui.crash import last_words
from tui.messages import AgreementMoved, EngineSaid, LabelStored, MakerSaid, OtherWork
from tui.modes import MODES as EVERY_MODE
from tui.services import Services
from tui.text import one_line
from tui.themes import DARK, DEFAULTS, TERMINAL, THEMES

LOOK_EVERY = 0.25
"""Seconds between two looks for other processes' work."""

SHOW_EVERY = 0.1
"""Seconds between two pictures of a text that is being written."""

SETTLED = 2.0
"""Seconds after which what nobody waits for is loaded."""


class PairlabApp(App[None]):
    """Makes, labels and exports preference pairs.

    Args:
        services: store, model and clock. The store is closed by whoever opened it; the model is
            started here, after the first paint, and ended here.
        look_every: seconds between two looks for other processes' work.
        show_every: seconds between two pictures of a text that is being written.
    """

    TITLE = "pairlab"
    CSS_PATH = "app.tcss"
    MODES = {mode.id: mode.opener() for mode in EVERY_MODE}
    DEFAULT_MODE = "revise"
    COMMANDS: ClassVar[set[Any]] = {PairlabCommands}
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(
                mode.key,
                f"mode('{mode.id}')",
                mode.name,
                show=False,
                id=f"mode.{mode.id}",
                tooltip=f"opens {mode.name}",
            )
            for mode in EVERY_MODE
        ),
        Binding("q", "quit", "Quit", show=False, id="all.quit", tooltip="leaves; all is stored"),
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True, tooltip="leaves too"),
    ]

    def __init__(
        self,
        services: Services,
        *,
        look_every: float = LOOK_EVERY,
        show_every: float = SHOW_EVERY,
    ) -> None:
        colourless = "NO_COLOR" in os.environ
        super().__init__(ansi_color=True if colourless else None)
        self.services = services
        self.input_time = 0.0
        """When the key or click being handled was made, on the clock of messages."""
        self.agreement = AgreementModel(services.store, services.annotator)
        """The figures of header and mode K."""
        self._look_every = look_every
        self.progress: Progress | None = None
        """How far the background worker is, for a screen that is opened later."""
        self._batches = Batches(
            self._maker_said,
            lambda wake: self.set_timer(show_every, wake),
        )
        self._prompts = 0
        self._present = False
        self._version: int | None = None
        self._looking = False
        self._unsubscribe: list[Callable[[], None]] = []
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = TERMINAL.name if colourless else DARK.name
        for name in set(self.available_themes) - {theme.name for theme in THEMES}:
            self.unregister_theme(name)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colour names."""
        return DEFAULTS

    # Life

    def on_mount(self) -> None:
        """Begin what can wait until the first screen is painted."""
        self.theme_changed_signal.subscribe(self, lambda theme: self._remember_theme(theme.name))
        self.call_after_refresh(self._begin)

    async def _begin(self) -> None:
        if not gc.isenabled():  # turned off for the start by the command line
            gc.freeze()  # what was loaded stays: no collection looks through it again
            gc.enable()
        self.set_interval(self._look_every, self._look)
        self.run_worker(self._recall_theme(), group="theme")
        self.run_worker(self._start_model(), group="model")
        self.run_worker(self._enter(), group="presence")
        self._unsubscribe.append(
            self.agreement.subscribe(lambda _standing: self._pass_on(AgreementMoved()))
        )
        self.run_worker(self._count_labels(), group="agreement")
        self.set_timer(SETTLED, lambda: self.run_worker(self._load_reference(), group="sklearn"))

    async def _enter(self) -> None:
        """Warn of a name that is new here, or that another process works under now."""
        store, me = self.services.store, one_line(self.services.annotator, 24)
        try:
            known = await store.call(presence.names)
            others = await store.call(
                presence.enter, self.services.annotator, self.services.clock()
            )
        except StoreError:
            return  # whoever reads or writes next says what is wrong
        self._present = True
        if others:
            words = f"another process works as {me} since {others[0].since[11:16]} UTC"
            self.notify(f"{words}; two people need two names (--as)", markup=False, timeout=12)
        elif known and ids.name(self.services.annotator) not in known:
            names = ", ".join(one_line(name, 24) for name in known[:4])
            self.notify(f"new here as {me}; known: {names}", markup=False)

    async def _start_model(self) -> None:
        make = self.services.make_model
        if make is not None:
            made = await asyncio.to_thread(make)
            self.services = replace(self.services, engine=made[0], maker=made[1], make_model=None)
            self._engine_said(made[0].status)
        engine, maker = self.services.engine, self.services.maker
        if engine is None:
            return
        self._unsubscribe.append(engine.subscribe(self._engine_said))
        try:
            await engine.load()
        except EngineError:
            return  # the engine's status says why, in mode M and in the footers
        if maker is not None:
            self._unsubscribe.append(maker.subscribe(self._batches.take))
            maker.start()

    async def action_quit(self) -> None:
        """``q``: ends the model's process first; what it was writing is written next time."""
        await self._let_go()
        self.exit()

    async def on_unmount(self) -> None:
        """Whatever way the app ends, the model's process ends too."""
        await self._let_go()

    async def _let_go(self) -> None:
        while self._unsubscribe:
            self._unsubscribe.pop()()
        if self._present:
            self._present = False
            await self.services.store.call(presence.leave)
        if self.services.maker is not None:
            await self.services.maker.stop()
        if self.services.engine is not None:
            await self.services.engine.shutdown()

    # Keys

    async def on_event(self, event: Event) -> None:
        """Remember when a key was typed, for the guard of :class:`~tui.screens.base.ModeScreen`.

        A key passes here twice: as it comes, and again when the bindings are looked up.
        """
        if isinstance(event, InputEvent):
            self.input_time = event.time
        await super().on_event(event)

    def action_mode(self, mode: str) -> None:
        """An upper-case letter, or a click on a mode's name."""
        self.switch_mode(mode)

    # Word from others

    def _pass_on(self, message: Message) -> None:
        """Give a message to the screen of the current mode, also under an open sheet."""
        if self.is_running and self.screen_stack:
            self.screen_stack[0].post_message(message)

    def _maker_said(self, event: MakerEvent) -> None:
        if isinstance(event, Progress):
            self.progress = event
        self._pass_on(MakerSaid(event))

    def _engine_said(self, status: EngineStatus) -> None:
        self._pass_on(EngineSaid(status))

    async def _look(self) -> None:
        """Ask SQLite whether another connection has committed."""
        if self._looking:
            return
        self._looking = True
        try:
            version = await self.services.store.call(sqlite.data_version)
            if self._version is not None and version != self._version:
                await self._others_wrote()
            self._version = version
        except StoreError:
            return  # whoever reads or writes next says what is wrong
        finally:
            self._looking = False

    async def _others_wrote(self) -> None:
        """Another process committed: labels, or prompts the model should know of."""
        self._pass_on(OtherWork())
        await self._count_labels()
        count = await self.services.store.call(prompts.count)
        if count != self._prompts and self.services.maker is not None:
            self.services.maker.wake()
        self._prompts = count

    def on_label_stored(self, _event: LabelStored) -> None:
        """A label of this process: the figure in the header may have moved."""
        self.run_worker(self._count_labels(), group="agreement")

    async def _count_labels(self) -> None:
        try:
            await self.agreement.refresh()
        except StoreError as error:
            self.notify(str(error), markup=False)

    async def _load_reference(self) -> None:
        """scikit-learn, a second of work for another thread, once the screen has settled."""
        await self.agreement.warm_up()

    # Colours

    def _remember_theme(self, name: str) -> None:
        if not self.no_color:
            self.services.store.submit(meta.put, "theme", name)

    async def _recall_theme(self) -> None:
        stored = await self.services.store.call(meta.get, "theme")
        if stored in self.available_themes and not self.no_color:
            self.theme = stored

    # Nothing leaves

    def open_url(self, url: str, **_how: bool) -> None:
        """Links in texts are shown and never opened."""
        words = f"not opened, this machine stays offline: {one_line(url, 60)}"
        self.notify(words, markup=False, timeout=3)

    def action_screenshot(self, filename: str | None = None, path: str | None = None) -> None:
        """Pictures of unpleasant or secret texts are not written to the disk by a key."""

    def _fatal_error(self) -> None:
        """An error nobody foresaw."""
        trace = traceback.format_exc()
        services = self.services
        words = last_words(services.db_path, services.log_path, services.clock(), trace)
        self._exit_renderables.append(Text(words))
        self._close_messages_no_wait()
