"""Counting tokens with the project's model, loaded only when there is something to count."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.errors import EngineError, NoModel
from tui.cli.model import chosen_model, last_model

if TYPE_CHECKING:
    from pathlib import Path

    from engine.api import Engine
    from store.db.sqlite import Database
    from store.exporting.gate import CountTokens


@contextmanager
def token_counter(db: Database, model: str | None) -> Iterator[CountTokens | None]:
    """What counts tokens, or None where no model is at hand.

    A model that was named and cannot be used is an error; one that was only found is not: the
    export then reports what was not checked.
    """
    try:
        path = chosen_model(model, last_model(db)).path
    except NoModel:
        path = None
    except EngineError:
        if model is not None:
            raise
        path = None
    if path is None:
        yield None
        return
    with asyncio.Runner() as runner:
        counter = _Counter(path, runner)
        try:
            yield counter
        finally:
            counter.close()


class _Counter:
    """Loads the model at the first question."""

    def __init__(self, path: Path, runner: asyncio.Runner) -> None:
        self._path = path
        self._runner = runner
        self._engine: Engine | None = None

    def __call__(self, texts: Sequence[str]) -> Sequence[int]:
        return self._runner.run(self._count(texts))

    def close(self) -> None:
        """End the model host, where one was started."""
        if self._engine is not None:
            self._runner.run(self._engine.shutdown())

    async def _count(self, texts: Sequence[str]) -> Sequence[int]:
        if self._engine is None:
            from tui.cli.engines import host_engine

            self._engine = host_engine(self._path, as_it_is=True)
            await self._engine.load()
        return await self._engine.count(texts)
