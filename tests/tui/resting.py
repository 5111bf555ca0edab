"""Waiting for an app in a test until it has nothing to do, not until its process is idle.

Textual sleeps 20 ms and more after each key and at each pause, which is most of the time that a
test of a screen takes.
"""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import Any
from weakref import WeakSet

import textual.app
import textual.pilot
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from store.db.thread import StoreThread

_TRIED = "8.2."
"""The versions of Textual whose private fields this module reads; others wait their own way."""
_ROUNDS = 1000
"""What starts itself anew again and again is not waited for."""

_apps: WeakSet[App[Any]] = WeakSet()
_stores: WeakSet[StoreThread] = WeakSet()


def install() -> None:
    """For all apps and stores that this process makes from now on."""
    if not version("textual").startswith(_TRIED):
        return
    _remember(Pilot, lambda pilot, app: _apps.add(app))
    _remember(StoreThread, lambda store, *_: _stores.add(store))
    textual.app.wait_for_idle = textual.pilot.wait_for_idle = _rest


def _remember(of: type, note: Any) -> None:
    make = of.__init__  # type: ignore[misc]

    def made(self: Any, *arguments: Any, **more: Any) -> None:
        make(self, *arguments, **more)
        note(self, *arguments, **more)

    of.__init__ = made  # type: ignore[misc]


async def _rest(*_: float) -> None:
    """Until all wait for keys, timers, models and other processes, and everything is painted."""
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)
        # in this order and with no await between: a store tells its result, then it is idle
        if busy := [one._pool for one in _stores if not one._closed and not _idle(one)]:
            await asyncio.gather(*(asyncio.wrap_future(pool.submit(int)) for pool in busy))
            continue
        if ready:
            continue
        painted = [_paint(app, app.screen) for app in _apps if app._running and app._screen_stack]
        if not any(painted):
            return


def _idle(store: StoreThread) -> bool:
    pool = store._pool
    return bool(pool._idle_semaphore._value) or not pool._threads


def _paint(app: App[Any], screen: Screen[Any]) -> bool:
    """Paint what waits to be painted; whether anything did."""
    if app._resize_timer is not None:
        app._check_resize()
        return True
    waits = (
        screen.is_current
        and not app._batch_count
        and bool(
            screen._layout_required
            or screen._scroll_required
            or screen._repaint_required
            or screen._recompose_required
            or screen._dirty_widgets
            or screen._callbacks
        )
    )
    if waits:
        screen._on_timer_update()
    return waits
