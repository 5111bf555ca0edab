"""What goes on in an open project: the model's life, who else is here, word of what others write.

No logic of its own: it listens, and passes on to the app's screens.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.status import EngineStatus
from store import ids
from store.db import sqlite
from store.errors import FileLost, StoreError
from store.items import prompts
from store.judgements import settings
from store.rounds import presence
from tui import second_model, worker_errors
from tui.agreement_model import AgreementModel
from tui.configuration import COLOURS
from tui.drafts import Drafts
from tui.messages import AgreementMoved, EngineSaid, FileDoubted, OtherWork, RunnerSaid
from tui.text import one_line
from tui.upkeep import QUIET, Upkeep

if TYPE_CHECKING:
    from textual.timer import Timer

    from engine.method.events import PlanProgress, RunnerEvent
    from tui.app import PairlabApp
    from tui.services import Services

SEEN = 0.02
"""Seconds that what follows a key waits: work of this process at once would hold up the thread
that writes the painted screen to the terminal."""

PAINTED = 0.05
"""The same for what follows the first item: more is loaded then."""

SETTLED = 2.0
"""Seconds after which what nobody waits for is loaded."""


class Session:
    """One project, from the first paint until the app is left.

    Args:
        app: whose screens hear of it, and whose timers and workers it uses.
        services: store, model and clock.
        look_every: seconds between two looks for other processes' work.
        show_every: seconds between two pictures of a text that is being written.
    """

    def __init__(
        self, app: PairlabApp, services: Services, *, look_every: float, show_every: float
    ) -> None:
        self._app = app
        self.services = services
        self.agreement = AgreementModel(services.store, services.annotator)
        """The figures of header and mode K."""
        self.progress: PlanProgress | None = None
        """How far the background worker is, for a screen that is opened later."""
        self.version: int | None = None
        """What SQLite counted of other connections' commits at the last look."""
        self.drafts = Drafts(
            services.store, services.annotator, services.clock, self._save_drafts_later
        )
        """Texts that are open, or were left unfinished."""
        self.minimum_seconds = settings.MINIMUM_DEFAULT
        """How long an item must have been on the screen before a key decides on it."""
        self.upkeep = Upkeep(services)
        """Whether the contents of the file are what they were."""
        self._comparing: Timer | None = None
        self._look_every = look_every
        self._show_every = show_every
        self._prompts = 0
        self._theme = app.theme
        """The colours that are remembered already."""
        self.open_found: Callable[[int], None] | None = None
        """Opens the next item of the search the last one was opened from, or the one before."""
        self.settled = False
        """The first item is painted."""
        self._present = False
        self._looking = False
        self._unsubscribe: list[Callable[[], None]] = []
        self._of_model: list[Callable[[], None]] = []
        """What ends listening to the model's side."""

    async def begin(self) -> None:
        """Start what can wait until the first screen is painted."""
        self._app.set_interval(self._look_every, self._look)
        self._recall_theme()
        self._app.run_worker(self._read_minimum(), group="minimum")
        if refused := self.services.configuration.refused:
            more = f" (and {len(refused) - 1} more: pairlab doctor)" if refused[1:] else ""
            words = f"config.toml: {one_line(refused[0], 100)}{more}"
            self._app.notify(words, markup=False, timeout=12)

    def settle(self) -> None:
        """Start what would have kept the first item waiting; it is painted now."""
        if self.settled:
            return
        self.settled = True
        if not gc.isenabled():  # turned off for the start by the command line
            gc.freeze()  # what was loaded stays: no collection looks through it again
            gc.enable()
        self._app.run_worker(self._go_on(), group="first")

    async def _go_on(self) -> None:
        await asyncio.sleep(PAINTED)
        self._app.run_worker(self._start_model(), group="model")
        self._app.run_worker(self._enter(), group="presence")
        self._unsubscribe.append(
            self.agreement.subscribe(lambda _standing: self._app.pass_on(AgreementMoved()))
        )
        self.count_labels_soon()
        self._app.set_timer(SETTLED, self._load_reference_soon)
        self._app.set_timer(SETTLED, self._back_up_soon)
        self._comparing = self._app.set_interval(self._look_every, self._compare_soon)

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
            self._app.notify(f"{words}; two people need two names (--as)", markup=False, timeout=12)
        elif (people := [name for name in known if ids.is_person(name)]) and ids.name(
            self.services.annotator
        ) not in people:
            names = ", ".join(one_line(name, 24) for name in people[:4])
            self._app.say(f"new here as {me}; known: {names}")

    async def _start_model(self) -> None:
        make = self.services.make_model
        if make is not None and (why := await second_model.held(self.services)):
            self._no_model(why)
            return
        if make is not None:
            try:
                made = await asyncio.to_thread(make)
            except EngineError as error:
                self._no_model(str(error))
                raise
            except BaseException:
                self._no_model("The model's side could not be started; the log says why.")
                raise
            self.services = replace(self.services, engine=made[0], runner=made[1], make_model=None)
            self._engine_said(made[0].status)
        if self.services.engine is None:
            return
        engine, runner = self.services.engine, self.services.runner
        self._of_model.append(engine.subscribe(self._engine_said))
        try:
            await engine.load()
        except EngineError:
            return  # the engine's status says why, in mode M and in the footers
        if runner is not None:
            from tui.batching import Batches  # the model's side is loaded by now

            batches = Batches(
                self._runner_said, lambda wake: self._app.set_timer(self._show_every, wake)
            )
            self._of_model.append(runner.subscribe(batches.take))
            runner.start()

    async def use_model(self, path: Path) -> None:
        """Let another model file write from now on; the one before is ended first.

        Raises:
            EngineError: it cannot be used; the one before goes on.
        """
        assert self.services.other_model is not None, "a server writes"
        make = await asyncio.to_thread(self.services.other_model, path)
        await self._end_model(None)
        self.progress = None
        self.services = replace(
            self.services,
            engine=None,
            runner=None,
            make_model=make,
            model_file=None,
            no_model="",
        )
        self._engine_said(EngineStatus())
        self._app.run_worker(self._start_model(), group="model")

    def _no_model(self, words: str) -> None:
        self.services = replace(self.services, make_model=None, no_model=words)
        self._engine_said(EngineStatus(error=words))

    async def end(self, limit: float | None = None) -> None:
        """Leave: drafts are saved, the model's process ends; may be called twice.

        Args:
            limit: seconds for each of these; None for as long as it takes.
        """
        while self._unsubscribe:
            self._unsubscribe.pop()()
        await self._ended(self.drafts.save, limit)
        await self._ended(self.upkeep.end, limit)
        if self._present:
            self._present = False
            await self._ended(partial(self.services.store.call, presence.leave), limit)
        await self._end_model(limit)

    async def _end_model(self, limit: float | None) -> None:
        while self._of_model:
            self._of_model.pop()()
        if self.services.runner is not None:
            await self._ended(self.services.runner.stop, limit)
        if self.services.engine is not None:
            await self._ended(self.services.engine.shutdown, limit)

    async def _ended(self, work: Callable[[], Awaitable[None]], limit: float | None) -> None:
        """One thing that ends; what goes wrong keeps none of the others from ending."""
        with worker_errors.inside(self._app):
            async with asyncio.timeout(limit):
                await work()

    # Word from others

    def _runner_said(self, event: RunnerEvent) -> None:
        from engine.method.events import PlanProgress

        if isinstance(event, PlanProgress):
            self.progress = event
        self._app.pass_on(RunnerSaid(event))

    def _engine_said(self, status: EngineStatus) -> None:
        self._app.pass_on(EngineSaid(status))

    async def _look(self) -> None:
        """Ask SQLite whether another connection has committed."""
        if self._looking:
            return
        self._looking = True
        with worker_errors.inside(self._app):
            try:
                version = await self.services.store.call(sqlite.data_version)
                if self.version is not None and version != self.version:
                    await self.catch_up()
                self.version = version
            except FileLost:
                raise
            except StoreError:
                pass  # whoever reads or writes next says what the store holds against it
        self._looking = False

    async def catch_up(self) -> None:
        """Something came that no mode wrote: labels, pairs, or prompts the model should know of."""
        self._app.pass_on(OtherWork())
        await self._read_minimum()
        await self.agreement.refresh()
        count = await self.services.store.call(prompts.count)
        if count != self._prompts and self.services.runner is not None:
            self.services.runner.wake()
        self._prompts = count

    async def _read_minimum(self) -> None:
        own = self.services.minimum_seconds
        if own is None:
            projects = await self.services.store.call(settings.minimum_seconds)
            own = max(projects, self.services.configuration.minimum_seconds)
        self.minimum_seconds = own

    def _save_drafts_later(self, seconds: float) -> None:
        self._app.set_timer(seconds, self._save_drafts_soon)

    def _save_drafts_soon(self) -> None:
        self._app.run_worker(self.drafts.save(), group="drafts")

    def count_labels_soon(self) -> None:
        """A label of this process was stored: the figures may have moved."""
        self._app.run_worker(self._count_labels, group="agreement")

    async def _count_labels(self) -> None:
        await asyncio.sleep(SEEN)
        await self.agreement.refresh()

    def _load_reference_soon(self) -> None:
        """scikit-learn, a second of work for another thread."""
        self._app.run_worker(self.agreement.warm_up(), group="sklearn")

    # Care for the file

    def _compare_soon(self) -> None:
        if self.upkeep.over and self._comparing is not None:
            self._comparing.stop()
        elif self._app.presses.quiet_for(QUIET):
            self._app.run_worker(self._compare(), group="upkeep")

    async def _compare(self) -> None:
        with worker_errors.inside(self._app):
            if await self.upkeep.compare():
                words = one_line(self.upkeep.found, 200)
                self._app.notify(f"{words}; pairlab doctor says more", markup=False, timeout=12)
                self._app.pass_on(FileDoubted())

    def _back_up_soon(self) -> None:
        self._app.run_worker(self._back_up(), group="backup")

    async def _back_up(self) -> None:
        with worker_errors.inside(self._app):
            if words := await self.upkeep.back_up():
                self._app.notify(words, markup=False, timeout=12)

    # What is this person's

    async def configure(self, name: str, value: str | float | None, *, table: str = "") -> None:
        """Change a line of one's configuration; it holds at once.

        Args:
            name: of the line.
            value: what it is to say; None takes it out.
            table: the table it stands in.

        Raises:
            StoreError: the line was refused, or cannot be written; nothing has changed.
        """
        from tui import configuration_line  # seldom needed

        file = self.services.configuration_file
        if file is None:
            raise StoreError("there is no configuration file here; nothing was changed")
        changed = await asyncio.to_thread(configuration_line.put, file, name, value, table=table)
        self.services = replace(self.services, configuration=changed)
        self._app.set_keymap(changed.keymap)
        await self._read_minimum()

    def remember_theme(self, name: str) -> None:
        """Keep the colours for the next time, in whatever project."""
        if self.services.configuration_file is not None and name != self._theme:
            word = next((word for word, theme in COLOURS.items() if theme == name), None)
            self._app.run_worker(self.configure("theme", word), group="theme")
        self._theme = name

    def _recall_theme(self) -> None:
        wanted = self.services.configuration.theme
        if wanted in self._app.available_themes and not self._app.no_color:
            self._theme = self._app.theme = wanted
