"""Opening the app: the store's thread, the screen, and then the model's process."""

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


def launch(context: CliContext) -> None:
    """Open the app on the project; ends with status 1 where there is no terminal to draw on."""
    from store import lean

    gc.disable()  # collecting while everything is loaded is a tenth of the start; the app ends it
    lean.open_the_door()

    from engine.errors import EngineError
    from store.sqlite import session
    from tui.cli.model import chosen_model, last_model, remember_model

    with session(context.db) as database:  # a wrong file is told on the command line
        last = last_model(database)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        fail("the app needs a terminal; `pairlab --help` lists what works without one")

    from store.thread import StoreThread
    from tui.app import PairlabApp
    from tui.cli.engines import log_file
    from tui.services import Services

    model: Path | None = None
    no_model = ""
    store = StoreThread(context.db)
    try:
        try:
            model = chosen_model(None, last).path
        except EngineError as error:
            no_model = str(error)
        else:
            store.submit(remember_model, model)
        app = PairlabApp(
            Services(
                store=store,
                db_path=context.db,
                annotator=context.annotator,
                make_model=None if model is None else _maker_of(model, store, context.annotator),
                no_model=no_model,
                log_path=log_file(),
            )
        )
        app.run()
    finally:
        store.close()
    if app.return_code:
        sys.exit(app.return_code)


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
