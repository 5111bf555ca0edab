"""The status of an endpoint, gathered from what its requests report."""

from __future__ import annotations

from collections.abc import Callable

from engine.api import State
from engine.child.status import StatusPublisher

PAUSE = 0.25
"""Shortest time in seconds between two tellings of the speed."""


class RequestStatus(StatusPublisher):
    """The status of an engine whose requests each tell of themselves.

    Args:
        clock: seconds from an arbitrary start.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._told = clock()
        self._evaluated = self._needed = 0

    def enter(self, state: State) -> None:
        """The engine itself changes: ready, restarting, stopped."""
        restarts = self.status.restarts + (state is State.RESTARTING)
        self.change(state=state, restarts=restarts)

    def trouble(self, message: str) -> None:
        """Something went wrong and is being tried again, or done without."""
        self.change(error=message)

    def failed(self, message: str) -> None:
        """All tries are used up."""
        self.change(state=State.FAILED, error=message)

    def succeeded(self) -> None:
        """The server answers; after a failure its state changes."""
        if self.status.state is State.FAILED:
            self.change(state=State.WRITING if self.status.running else State.READY)

    def wrote(self, tokens: int) -> None:
        """Tokens have come."""
        now, speed = self._clock(), self.speed(tokens)
        if now - self._told >= PAUSE:
            self._told = now
            self.change(tokens_per_second=speed)

    def spent(self, prompt: int, cached: int, written: int) -> None:
        """The server told what a request took, in tokens; told with what is under way then."""
        self._needed += prompt + written
        self._evaluated += prompt + written - cached

    def under_way(self, running: int, waiting: int) -> None:
        """So many requests are, and so many wait."""
        self.work(running, waiting, evaluated_tokens=self._evaluated, needed_tokens=self._needed)
