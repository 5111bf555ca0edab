"""The one thread that owns the database connection, so that a slow disk never stops the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Concatenate, ParamSpec, TypeVar

from sqlite_utils import Database

from store.sqlite import StrPath, open_store, translated

P = ParamSpec("P")
T = TypeVar("T")


class StoreThread:
    """Runs store functions one after the other on a thread of their own.

    What was handed over is done, also when the one who asked no longer waits for it.

    Args:
        path: the project file; opened at once, so that its errors come from here.
    """

    def __init__(self, path: StrPath) -> None:
        self._path = path
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        try:
            self._db = self._pool.submit(open_store, path).result()
        except BaseException:
            self._pool.shutdown()
            raise
        self._closed = False

    async def call(
        self, fn: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The result of ``fn(db, *args, **kwargs)``, run on the store thread."""
        return await asyncio.shield(asyncio.wrap_future(self.submit(fn, *args, **kwargs)))

    def submit(
        self, fn: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Hand a call over without waiting; for callers outside the event loop."""

        def run() -> T:
            with translated(self._path):
                return fn(self._db, *args, **kwargs)

        return self._pool.submit(run)

    def close(self) -> None:
        """Finish what was handed over, then close the file; may be called twice."""
        if self._closed:
            return
        self._closed = True
        self._pool.submit(self._db.close).result()
        self._pool.shutdown()
