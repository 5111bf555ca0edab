"""The app with an engine that never stops writing, for machines without a model file."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.api import Generated, OnEvent, Sampling, Urgency
from engine.method.plan import Plan
from engine.method.runner import Runner
from engine.scripted import ScriptedEngine
from store import clock
from store.db.thread import StoreThread
from store.records import Message
from tui.app import PairlabApp
from tui.services import Services

ANNOTATOR = "bench"


class Unhurried(ScriptedEngine):
    """Takes a moment for each answer, as a model does."""

    async def generate(
        self,
        messages: Sequence[Message],
        choices: Sequence[Sampling],
        *,
        prefill: str = "",
        urgency: Urgency = Urgency.BATCH,
        on_event: OnEvent | None = None,
    ) -> Generated:
        """The answer of the script, a little later."""
        await asyncio.sleep(0.2)
        return await super().generate(
            messages, choices, prefill=prefill, urgency=urgency, on_event=on_event
        )


def app_over(store: StoreThread, path: Path) -> PairlabApp:
    """The app on a project that is open."""
    engine = Unhurried()
    runner = Runner(engine, store, Plan(), clock=clock.now, annotator=ANNOTATOR)
    return PairlabApp(
        Services(store=store, db_path=path, annotator=ANNOTATOR, engine=engine, runner=runner)
    )


def main(path: Path) -> None:
    """Open the app."""
    store = StoreThread(path)
    app_over(store, path).run()
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
