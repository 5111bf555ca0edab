"""The one thread that owns the database connection, so that a slow disk never stops the screen."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Concatenate, Final, NamedTuple, ParamSpec, TypeVar

from sqlite_utils import Database

from store.db.connection import open_store
from store.db.guard import guarded
from store.db.project_database import immediate
from store.db.sqlite import StrPath, translated
from store.errors import FileLost

P = ParamSpec("P")
T = TypeVar("T")

_TOGETHER_SECONDS: Final = 0.05
"""So long writes are gathered into one transaction, during which no other process can write."""


class _Write(NamedTuple):
    """A write that waits to be committed with others."""

    asked: Callable[[], str]
    run: Callable[[Database], Any]
    future: Future[Any]


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
        self._writes: deque[_Write] = deque()

    async def call(
        self, fn: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The result of ``fn(db, *args, **kwargs)``, run on the store thread."""
        return await asyncio.shield(asyncio.wrap_future(self.submit(fn, *args, **kwargs)))

    def submit(
        self, fn: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Hand a call over without waiting; for callers outside the event loop."""
        asked = _described(fn, args, kwargs)
        return self._pool.submit(self._guarded, asked, lambda: fn(self._db, *args, **kwargs))

    async def write(
        self, fn: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What :meth:`submit_write` comes to."""
        return await asyncio.shield(asyncio.wrap_future(self.submit_write(fn, *args, **kwargs)))

    def submit_write(
        self, fn: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Hand over a write that is committed together with others that wait.

        A commit waits for the disk, and hundreds of short texts may wait for theirs. The result
        is there once it is on the disk; one that fails is undone alone.
        """
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # it is done, also when nobody waits any more
        asked = _described(fn, args, kwargs)
        self._writes.append(_Write(asked, lambda db: fn(db, *args, **kwargs), future))
        self._pool.submit(self._write_together)
        return future

    def _write_together(self) -> None:
        """Commit all that waits; what had been handed over since was taken by an earlier call."""
        taken: list[_Write] = []
        results: list[tuple[_Write, Any]] = []

        def asked() -> str:
            return "\n".join(write.asked() for write in taken)

        def run() -> None:
            until = time.monotonic() + _TOGETHER_SECONDS
            with immediate(self._db):
                while self._writes and (not taken or time.monotonic() < until):
                    taken.append(write := self._writes.popleft())
                    try:
                        with immediate(self._db):
                            results.append((write, write.run(self._db)))
                    except Exception as error:
                        if not self._db.conn.in_transaction:
                            raise  # a full disk has undone those before it, too
                        write.future.set_exception(error)

        if not self._writes:
            return
        try:
            self._guarded(asked, run)
        except BaseException as error:  # noqa: BLE001 - whoever handed them over is told
            for write in taken:
                if not write.future.done():
                    write.future.set_exception(error)
        else:
            for write, result in results:
                write.future.set_result(result)

    def _guarded(self, asked: Callable[[], str], run: Callable[[], T]) -> T:
        if self._lost is not None:
            raise self._lost
        try:
            with guarded(self._db, asked), translated(self._path):
                return run()
        except FileLost as lost:
            self._lost = lost
            raise

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
            from store.db.rescue import rescued  # hardly ever

            self._lost = rescued(self._db)
        self._db.close()
        if told is None and self._lost is not None:
            raise self._lost


def _described(
    fn: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]
) -> Callable[[], str]:
    """What is kept of a call where it could not be written."""
    return lambda: f"{fn.__module__}.{fn.__qualname__} {args} {kwargs}"
