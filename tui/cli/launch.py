"""Opening the app: the screen, the store's thread, and then the model's process."""

from __future__ import annotations

import contextlib
import gc
import shlex
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from engine.llama.settings import AS_USUAL, HostSettings
from store.errors import FileLost
from tui.cli.context import CliContext, fail, say
from tui.cli.engines import ServerChoice
from tui.cli.output import at_terminal

if TYPE_CHECKING:
    from concurrent.futures import Future

    from engine.api import Engine
    from engine.method.runner import Runner
    from store.db.thread import StoreThread
    from tui.services import Services


class ModelChoice(NamedTuple):
    """Who is to write, as the command line says; None leaves it to the order of the design."""

    model: str | None = None
    """A GGUF file, or with servers their name of a model."""
    servers: ServerChoice = ServerChoice()
    also_here: bool = False
    """Whether another window under the same name is meant."""
    loading: HostSettings = AS_USUAL
    """How model files are loaded."""


def launch(context: CliContext, wanted: ModelChoice) -> None:
    """Open the app on the project; ends with status 1 where there is no terminal to draw on."""
    from store.db.file_header import must_be_project, salt_of

    must_be_project(context.db)  # what is wrong with the words is told on the command line
    if wanted.servers.urls:
        from engine.endpoint.http.address import parse, places

        for url in wanted.servers.urls:
            places(parse(url), allow_remote=wanted.servers.allow_remote)
    elif wanted.model is not None:
        from tui.cli.model import chosen_model

        chosen_model(wanted.model, None)
    if not at_terminal():
        fail("the app needs a terminal; `pairlab --help` lists what works without one")
    if salt_of(context.db) is not None or context.key_files:
        from tui.cli import passphrase

        passphrase.unlock(context.db, context.key_files)
    gc.disable()  # collecting while everything is loaded is a tenth of the start; the app ends it

    from tui.cli.log import log_file
    from tui.opening import OpeningApp

    project = _Project(context, wanted)
    app = OpeningApp(context.db, context.annotator, log_file(), project.open)
    told: list[str] = []
    try:
        app.run()
        if not app.return_code:
            told = project.farewell()
    finally:
        lost = project.close()
    if lost is not None:
        fail(str(lost))
    if app.refused:
        fail(app.refused)
    if app.return_code:
        sys.exit(app.return_code)
    for line in told:
        say(line)


class _Project:
    """The project of the command line, opened by the app and closed behind it."""

    def __init__(self, context: CliContext, wanted: ModelChoice) -> None:
        self._context = context
        self._wanted = wanted
        self._store: StoreThread | None = None
        self._before: Future[int] | None = None
        """The newest event when the project was opened."""
        self._opened = time.monotonic()
        self._unnamed: Path | None = None
        """The model file, where the command line names none."""

    def open(self) -> Services:
        """Load the store and open the file; called once, in a thread.

        Raises:
            StoreError: the file is damaged, from a newer pairlab, or cannot be read; or somebody
                works on it under this name.
        """
        from store.db import sqlite_utils_import

        sqlite_utils_import.open_the_door()

        from engine.errors import EngineError
        from store import clock
        from store.db.thread import StoreThread
        from store.rounds import presence
        from store.views import worked
        from tui import configuration
        from tui.cli.log import log_file
        from tui.services import Services

        context = self._context
        store = self._store = StoreThread(context.db)
        self._before = store.submit(worked.last_arrival)
        context.annotator = store.submit(presence.spelled, context.annotator).result()
        if not self._wanted.also_here:
            store.submit(presence.claim, context.annotator, clock.now()).result()
        make_engine: Callable[[], Engine] | None = None
        no_model = ""
        try:
            make_engine = self._engine_factory(store)
        except EngineError as error:
            no_model = str(error)
        return Services(
            store=store,
            db_path=context.db,
            annotator=context.annotator,
            model_file=self._unnamed,
            make_model=make_engine and _runner_factory(make_engine, store, context.annotator),
            other_model=None if self._wanted.servers.urls else self._other_model,
            no_model=no_model,
            log_path=log_file(),
            configuration=configuration.read(configuration.path()),
            configuration_file=configuration.path(),
        )

    def _engine_factory(self, store: StoreThread) -> Callable[[], Engine]:
        """What makes the engine; nothing is loaded or connected before it is called.

        Raises:
            EngineError: there is no such model, or none at all.
        """
        from tui.cli.engines import host_engine, server_engine
        from tui.cli.model import chosen_model, last_model, remember_model

        model, servers = self._wanted.model, self._wanted.servers
        if servers.urls:
            return partial(server_engine, servers, model=model)
        path = chosen_model(model, store.submit(last_model).result()).path
        self._unnamed = path if model is None else None

        def make() -> Engine:
            store.submit(remember_model, path)  # a write: not before the first item
            return host_engine(path, self._wanted.loading, beside_a_person=True)

        return make

    def farewell(self) -> list[str]:
        """What was done since the project was opened, in words; empty where that is unknown."""
        if self._store is None or self._before is None:
            return []
        from store.errors import StoreError
        from store.views import worked
        from tui.cli import farewell

        context = self._context
        try:
            done = self._store.submit(worked.since, context.annotator, self._before.result())
            minutes = int((time.monotonic() - self._opened) / 60)
            again = shlex.join(["pairlab", "--db", str(context.db), "--as", context.annotator])
            return farewell.lines(done.result(), minutes, context.db, again)
        except StoreError:
            return []

    def _other_model(self, path: Path) -> Callable[[], tuple[Engine, Runner]]:
        from engine.llama.weights import checked
        from tui.cli.engines import host_engine
        from tui.cli.model import remember_model

        assert self._store is not None
        checked(path)
        self._store.submit(remember_model, path.absolute())
        make_engine = partial(
            host_engine, path.absolute(), self._wanted.loading, beside_a_person=True
        )
        return _runner_factory(make_engine, self._store, self._context.annotator)

    def close(self) -> FileLost | None:
        """Close the file, if it was opened; says so where it was lost meanwhile."""
        if self._store is None:
            return None
        with contextlib.suppress(FileLost):
            self._store.close()
        return self._store.lost


def _runner_factory(
    make_engine: Callable[[], Engine], store: StoreThread, annotator: str
) -> Callable[[], tuple[Engine, Runner]]:
    """What makes the engine and its worker; their modules are loaded when it is called."""

    def make() -> tuple[Engine, Runner]:
        from engine.method.plan import Plan
        from engine.method.runner import Runner
        from store import clock

        engine = make_engine()
        return engine, Runner(engine, store, Plan(), clock=clock.now, annotator=annotator)

    return make
