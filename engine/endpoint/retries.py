"""Which failures are worth another try, and how long to wait for it."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeVar

from engine.errors import AskedToWait, EndpointError

T = TypeVar("T")

_SECONDS = re.compile(r"\d+(\.\d*)?", re.ASCII)
_BUSY_TRIES = 8
"""Tries with a busy server for each try that a failure gets."""


class Passing(EndpointError):
    """A failure that may pass: a refused connection, a busy server, a half stream.

    Args:
        message: one line.
        after: seconds the server asks to wait, None where it says nothing.
        busy: the server is well but has too much to do.
    """

    def __init__(self, message: str, after: float | None = None, *, busy: bool = False) -> None:
        super().__init__(message)
        self.after = after
        self.busy = busy or after is not None
        self.server: int | None = None
        """The place of the server, where it had the turn."""
        self.held = False
        """The server gets no requests for a while: to wait for a turn is wait enough."""


@dataclass(frozen=True, slots=True)
class Retries:
    """Tries again with waits that double."""

    attempts: int = 8
    """Tries in all; with the waits below a minute goes by, enough for a server to start anew."""
    first: float = 0.5
    """Seconds before the second try."""
    most: float = 60.0
    """Longest wait in seconds; a server that asks for more is not waited for."""
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep

    async def run(
        self, attempt: Callable[[int], Awaitable[T]], on_wait: Callable[[str], None]
    ) -> T:
        """Call ``attempt`` with its number, from 1, until it succeeds or the tries are used up.

        Args:
            attempt: what to do; :class:`Passing` asks for another try.
            on_wait: told in one line what went wrong and what happens now.

        Raises:
            EndpointError: what the last try raised.
        """
        failed = refused = 0
        while True:
            try:
                return await attempt(1 + failed + refused)
            except Passing as failure:
                failed, refused = failed + (not failure.busy), refused + failure.busy
                if failed >= self.attempts or refused >= _BUSY_TRIES * self.attempts:
                    raise
                if not failure.held:
                    on_wait(f"{failure}; trying again ({1 + failed} of {self.attempts})")
                    await self.sleep(self.wait(failed + refused, failure))

    def wait(self, number: int, failure: Passing) -> float:
        """Seconds to wait after so many failures in a row.

        Raises:
            AskedToWait: the server asks for more than is waited.
        """
        wait = min(self.first * 2.0 ** min(number - 1, 32), self.most)
        if failure.after is None:
            return wait
        if failure.after > self.most:
            raise AskedToWait(
                f"{failure}; it asks to wait {_long(failure.after)}: run it again then"
            )
        return max(wait, failure.after)


def _long(wait: float) -> str:
    days = wait / 86400
    return f"{wait:.0f} seconds" if days < 1 else f"{days:.0f} days" if days < 1000 else "for years"


def seconds(retry_after: str | None) -> float | None:
    """The seconds of a Retry-After header, which says a number or a date; None without sense."""
    text = (retry_after or "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        date = parsedate_to_datetime(text)
        return max(0.0, date.timestamp() - time.time()) or None
    except (ValueError, OverflowError):
        return None
