"""Leaving when told to from outside: a signal, a terminal that was closed.

Drafts are saved, the terminal is restored, the model's process ends; the exit status is 128 and
the number of the signal.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import threading
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.app import PairlabApp

LIMIT = 1.7
"""Seconds in which everything must have ended: what a shutting-down system gives, at least."""

STEP = 0.5
"""Seconds for each thing that has to end."""

LOOK_EVERY = 1.0
"""Seconds between two looks whether the terminal is still there."""

_RESTORE = b"\x1b[<u\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1049l\x1b[?25h\x1b[?1004l"
"""Keyboard, mouse and paste as before, the alternate screen left, the cursor shown."""


def follow(app: PairlabApp) -> None:
    """Leave in order when a signal says so."""
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGHUP", "SIGINT"):
        number = getattr(signal, name, None)
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            if number is not None:  # not on Windows, nor outside the main thread
                loop.add_signal_handler(number, partial(leave, app, int(number)))
    if not app.is_headless and hasattr(signal, "SIGHUP"):
        app.set_interval(LOOK_EVERY, partial(_look_for_terminal, app))


def leave(app: PairlabApp, number: int) -> None:
    """End the app as a signal wants it."""
    if app.leaving:
        return
    app.leaving = True
    status = 128 + number
    force = threading.Timer(LIMIT, partial(_end_at_once, status))
    force.daemon = True
    force.start()
    app.run_worker(partial(app.leave, status, limit=STEP), group="leaving")


def _look_for_terminal(app: PairlabApp) -> None:
    """A terminal may be gone without a signal, as under ``nohup``: nobody could leave any more."""
    import termios  # not on Windows

    try:
        termios.tcgetattr(0)
    except termios.error as error:
        if error.args[0] == errno.EIO:
            leave(app, int(signal.SIGHUP))


def _end_at_once(status: int) -> None:
    """Something hangs, as writing to a terminal that is gone does."""
    with contextlib.suppress(OSError):
        if os.isatty(1):
            os.set_blocking(1, False)
            os.write(1, _RESTORE)
    os._exit(status)
