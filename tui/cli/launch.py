"""Opening the app: the store's thread, the model's process, the screen."""

from __future__ import annotations

import sys

from tui.cli.context import CliContext, fail


def launch(context: CliContext) -> None:
    """Open the app on the project; ends with status 1 where there is no terminal to draw on."""
    from store.sqlite import session
    from tui.cli.model import last_model, remember_model

    with session(context.db) as database:  # a wrong file is told on the command line
        last = last_model(database)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        fail("the app needs a terminal; `pairlab --help` lists what works without one")

    from engine.errors import EngineError
    from engine.maker import Maker
    from engine.plan import Plan
    from store import clock
    from store.thread import StoreThread
    from tui.app import PairlabApp
    from tui.cli.engines import host_engine, log_file
    from tui.cli.model import chosen_model
    from tui.services import Services

    engine = maker = None
    no_model = ""
    store = StoreThread(context.db)
    try:
        try:
            model = chosen_model(None, last).path
        except EngineError as error:
            no_model = str(error)
        else:
            engine = host_engine(model)
            maker = Maker(engine, store, Plan(), clock=clock.now, annotator=context.annotator)
            store.submit(remember_model, model)
        app = PairlabApp(
            Services(
                store=store,
                db_path=context.db,
                annotator=context.annotator,
                engine=engine,
                maker=maker,
                no_model=no_model,
                log_path=log_file(),
            )
        )
        app.run()
    finally:
        store.close()
    if app.return_code:
        sys.exit(app.return_code)
