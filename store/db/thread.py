"""The one thread that owns the database connection, so that a slow disk never stops the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Concatenate, ParamSpec, TypeVar

from sqlite_utils import Database

from store.db.connection import open_store
from store.db.rescue import guarded, rescued
from store.db.sqlite import StrPath, translated
from store.errors import FileLost

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
        self._lost: FileLost | None = None

    async def call(
        self, fn: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The result of ``fn(db, *args, **kwargs)``, run on the store thread."""
        return await asyncio.shield(asyncio.wrap_future(self.submit(fn, *args, **kwargs)))

    def submit(
        self, fn: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Hand a call over without waiting; for callers outside the event loop."""

        def asked() -> str:
            return f"{fn.__module__}.{fn.__qualname__} {args} {kwargs}"

        def run() -> T:
            if self._lost is not None:
                raise self._lost
            try:
                with guarded(self._db, asked), translated(self._path):
                    return fn(self._db, *args, **kwargs)
            except FileLost as lost:
                self._lost = lost
                raise

        return self._pool.submit(run)

    @property
    def lost(self) -> FileLost | None:
        """Set once the file at the path is not the one that was opened: nothing works any more."""
        return self._lost

    def close(self) -> None:
        """Finish what was handed over, then close the file; may be called twice.

        Raises:
            FileLost: the file was lost, and nobody has been told so far.
        """
        if self._closed:
            return
        self._closed = True
        try:
            self._pool.submit(self._close).result()
        finally:
            self._pool.shutdown()

    def _close(self) -> None:
        told = self._lost
        if told is None and not self._db.look():
            self._lost = rescued(self._db)
        self._db.close()
        if told is None and self._lost is not None:
            raise self._lost
