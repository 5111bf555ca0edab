"""How many requests one server is sent at the same time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

FIRST: Final = 8
MOST: Final = 256
_GAIN: Final = 1.1
"""So much faster it must become for twice as many requests to be worth it."""
_ROUNDS: Final = 2
"""Answers a measurement takes, for each request at the same time."""
_DOUBTS: Final = 3
"""Measurements without a gain before it stops growing: a busy machine spoils single ones."""
_LOOK_AGAIN: Final = 16
"""Measurements after which more are tried once more: the server may have other guests by then."""


class Growth:
    """Doubles the requests at the same time for as long as the server gets faster by it.

    Args:
        first: requests to begin with.
        most: requests there may ever be.
        stopwatch: seconds from an arbitrary start.
    """

    def __init__(self, first: int, most: int, stopwatch: Callable[[], float]) -> None:
        self.limit = min(first, most)
        self.most = most
        self._stopwatch = stopwatch
        self._growing = True
        self._before = self.limit
        self._best = 0.0
        self._measured = 0
        """Measurements since it stopped growing, or since the limit was raised."""
        self._skip = 0
        """Answers to come that were begun under another limit."""
        self._began: float | None = None
        self._answers = self._work = 0

    def finished(self, work: int, *, full: bool) -> None:
        """An answer is there.

        Args:
            work: its tokens, or whatever measures what was done.
            full: whether the server had as many requests as it may have; else it shows nothing.
        """
        if not full:
            self._restart(0)
        elif self._skip:
            self._skip -= 1
        elif self._began is None:
            self._began = self._stopwatch()
        else:
            self._answers += 1
            self._work += max(1, work)
            if self._answers >= _ROUNDS * self.limit:
                self._measure(self._work / max(self._stopwatch() - self._began, 1e-9))

    def busy(self) -> None:
        """The server refused a request because it has too many."""
        self._settle(max(1, self.limit // 2))

    def pin(self) -> None:
        """The server cannot do two things at once."""
        self.limit = self.most = 1

    def _measure(self, rate: float) -> None:
        self._measured += 1
        gained = rate > _GAIN * self._best
        if self._measured < (_DOUBTS if self._growing else _LOOK_AGAIN) and not (
            self._growing and gained
        ):
            self._restart(0)
        elif self._growing and not gained:
            self._settle(self._before)
        else:
            self._best, self._before, self._growing, self._measured = rate, self.limit, True, 0
            self.limit = min(2 * self.limit, self.most)
            self._restart(self.limit)

    def _settle(self, limit: int) -> None:
        self.limit, self._growing, self._measured = limit, False, 0
        self._restart(limit)

    def _restart(self, skip: int) -> None:
        self._began, self._answers, self._work = None, 0, 0
        self._skip = skip
