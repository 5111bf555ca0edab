"""The status of an engine, as its child process or its requests report it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from engine.api import EngineStatus, State

_WINDOW = 5.0
"""Seconds the shown speed is an average of."""


class StatusPublisher:
    """Holds the status and tells listeners of each change.

    Args:
        clock: seconds from an arbitrary start.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._written: deque[tuple[float, int]] = deque()
        self._total = 0
        self._listeners: list[Callable[[EngineStatus], None]] = []
        self.status = EngineStatus()

    def subscribe(self, listener: Callable[[EngineStatus], None]) -> Callable[[], None]:
        """Call ``listener`` with each change of status; returns what ends it."""
        self._listeners.append(listener)

        def end() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return end

    def change(self, **changes: Any) -> None:
        """Set fields of the status."""
        status = self.status._replace(**changes)
        if status == self.status:
            return
        self.status = status
        for listener in tuple(self._listeners):
            listener(status)

    def work(self, running: int, waiting: int, **changes: Any) -> None:
        """Set how much is going on; nothing running means rest, and no speed."""
        state = self.status.state
        if state in {State.READY, State.WRITING}:
            state = State.WRITING if running else State.READY
        speed = self.status.tokens_per_second if running else 0.0
        told = {"state": state, "tokens_per_second": speed, **changes}
        self.change(running=running, waiting=waiting, **told)

    def rest(self, state: State, error: str | None, *, waiting: int = 0, restarts: int = 0) -> None:
        """Nothing is at work: not yet, or no more."""
        self._written.clear()
        self.change(
            state=state,
            error=error,
            running=0,
            waiting=waiting,
            tokens_per_second=0.0,
            restarts=self.status.restarts + restarts,
        )

    def speed(self, written: int) -> float:
        """Tokens a second over the last seconds, with so many more written just now."""
        now = self._clock()
        self._total += written
        self._written.append((now, self._total))
        while self._written[0][0] < now - _WINDOW:
            self._written.popleft()
        then, before = self._written[0]
        return (self._total - before) / (now - then) if now > then else 0.0
