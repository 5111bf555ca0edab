"""Opening the app: the screen, the store's thread, and then the model's process."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli.context import CliContext, fail

if TYPE_CHECKING:
    from engine.face import Engine
    from engine.maker import Maker
    from store.thread import StoreThread
    from tui.services import Services


def launch(context: CliContext) -> None:
    """Open the app on the project; ends with status 1 where there is no terminal to draw on."""
    from store.file_header import must_be_project

    must_be_project(context.db)  # a wrong file is told on the command line
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        fail("the app needs a terminal; `pairlab --help` lists what works without one")
    gc.disable()  # collecting while everything is loaded is a tenth of the start; the app ends it

    from tui.cli.engines import log_file
    from tui.opening import OpeningApp

    project = _Project(context)
    app = OpeningApp(context.db, context.annotator, log_file(), project.open)
    try:
        app.run()
    finally:
        project.close()
    if app.refused:
        fail(app.refused)
    if app.return_code:
        sys.exit(app.return_code)


class _Project:
    """The project of the command line, opened by the app and closed behind it."""

    def __init__(self, context: CliContext) -> None:
        self._context = context
        self._store: StoreThread | None = None

    def open(self) -> Services:
        """Load the store and open the file; called once, in a thread.

        Raises:
            StoreError: the file is damaged, from a newer pairlab, or cannot be read.
        """
        from store import lean

        lean.open_the_door()

        from engine.errors import EngineError
        from store.thread import StoreThread
        from tui.cli.engines import log_file
        from tui.cli.model import chosen_model, last_model, remember_model
        from tui.services import Services

        context = self._context
        store = self._store = StoreThread(context.db)
        model: Path | None = None
        no_model = ""
        try:
            model = chosen_model(None, store.submit(last_model).result()).path
        except EngineError as error:
            no_model = str(error)
        else:
            store.submit(remember_model, model)
        return Services(
            store=store,
            db_path=context.db,
            annotator=context.annotator,
            make_model=None if model is None else _maker_of(model, store, context.annotator),
            no_model=no_model,
            log_path=log_file(),
        )

    def close(self) -> None:
        """Close the file, if it was opened."""
        if self._store is not None:
            self._store.close()


def _maker_of(
    model: Path, store: StoreThread, annotator: str
) -> Callable[[], tuple[Engine, Maker]]:
    """What makes the engine and its worker; their modules are loaded when it is called."""

    def make() -> tuple[Engine, Maker]:
        from engine.maker import Maker
        from engine.plan import Plan
        from store import clock
        from tui.cli.engines import host_engine

        engine = host_engine(model, beside_a_person=True)
        return engine, Maker(engine, store, Plan(), clock=clock.now, annotator=annotator)

    return make
