"""The status of an endpoint, gathered from what its requests report."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from engine.api import EngineStatus, State

WINDOW = 5.0
"""Seconds over which the speed is measured."""
PAUSE = 0.25
"""Shortest time in seconds between two tellings of the speed."""


class Gauge:
    """Holds the status and tells listeners of each change.

    Args:
        stopwatch: seconds from an arbitrary start.
    """

    def __init__(self, stopwatch: Callable[[], float]) -> None:
        self.status = EngineStatus()
        self._stopwatch = stopwatch
        self._listeners: list[Callable[[EngineStatus], None]] = []
        self._written: deque[tuple[float, int]] = deque()
        self._told = stopwatch()

    def subscribe(self, listener: Callable[[EngineStatus], None]) -> Callable[[], None]:
        """Call ``listener`` with each change; returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def enter(self, state: State) -> None:
        """The engine itself changes: ready, restarting, stopped."""
        restarts = self.status.restarts + (state is State.RESTARTING)
        self._set(replace(self.status, state=state, restarts=restarts))

    def moved(self, running: int, waiting: int) -> None:
        """Requests have begun, ended or queued up."""
        state = self.status.state
        if state in (State.READY, State.WRITING):
            state = State.WRITING if running else State.READY
        speed = self.status.tokens_per_second if running else 0.0
        self._set(
            replace(
                self.status,
                state=state,
                running=running,
                waiting=waiting,
                tokens_per_second=speed,
            )
        )

    def trouble(self, message: str) -> None:
        """Something went wrong and is being tried again, or done without."""
        self._set(replace(self.status, error=message))

    def failed(self, message: str) -> None:
        """All tries are used up."""
        self._set(replace(self.status, state=State.FAILED, error=message))

    def succeeded(self) -> None:
        """The server answers; after a failure that is news."""
        if self.status.state is State.FAILED:
            state = State.WRITING if self.status.running else State.READY
            self._set(replace(self.status, state=state))

    def wrote(self, tokens: int) -> None:
        """Tokens have come."""
        now = self._stopwatch()
        self._written.append((now, tokens))
        while self._written[0][0] < now - WINDOW:
            self._written.popleft()
        if now - self._told >= PAUSE:
            self._told = now
            span = max(now - self._written[0][0], PAUSE)
            speed = sum(tokens for _, tokens in self._written) / span
            self._set(replace(self.status, tokens_per_second=speed))

    def spent(self, prompt: int, cached: int, written: int) -> None:
        """The server told what a request took, in tokens."""
        needed = prompt + written
        self._set(
            replace(
                self.status,
                evaluated_tokens=self.status.evaluated_tokens + needed - cached,
                needed_tokens=self.status.needed_tokens + needed,
            )
        )

    def _set(self, status: EngineStatus) -> None:
        if status != self.status:
            self.status = status
            for listener in tuple(self._listeners):
                listener(status)
