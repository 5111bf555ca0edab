"""Which failures are worth another try, and how long to wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from engine.errors import EndpointError

T = TypeVar("T")


class Passing(EndpointError):
    """A failure that may pass: a refused connection, a busy server, a half stream.

    Args:
        message: one line.
        after: seconds the server asks to wait, None where it says nothing.
    """

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


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
        for number in range(1, self.attempts):
            try:
                return await attempt(number)
            except Passing as failure:
                wait = self._wait(number, failure)
                on_wait(f"{failure}; trying again ({number + 1} of {self.attempts})")
                await self.sleep(wait)
        return await attempt(self.attempts)

    def _wait(self, number: int, failure: Passing) -> float:
        wait = min(self.first * 2.0 ** (number - 1), self.most)
        if failure.after is None:
            return wait
        if failure.after > self.most:
            raise EndpointError(f"{failure}; it asks to wait {failure.after:g} seconds: not waited")
        return max(wait, failure.after)


def seconds(retry_after: str | None) -> float | None:
    """The seconds of a Retry-After header; a date, its other form, is left to the back-off."""
    text = (retry_after or "").strip()
    return float(text) if text.isdecimal() else None
