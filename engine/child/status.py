"""The status of the model host, as its reports tell it."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable
from typing import Any

from engine.api import EngineStatus, State
from engine.llama.protocol import Report

_SPEED_OVER = 5.0
"""Seconds the shown speed is an average of."""


class StatusPublisher:
    """Holds the status and tells listeners of each change."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._written: deque[tuple[float, int]] = deque()
        self._listeners: list[Callable[[EngineStatus], None]] = []
        self.status = EngineStatus()
        self.report: Report | None = None
        """The host's last report; its counters begin anew with each host."""

    def subscribe(self, listener: Callable[[EngineStatus], None]) -> Callable[[], None]:
        """Call ``listener`` with each change of status; returns what ends it."""
        self._listeners.append(listener)

        def end() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return end

    def change(self, **changes: Any) -> None:
        """Set fields of the status."""
        status = dataclasses.replace(self.status, **changes)
        if status == self.status:
            return
        self.status = status
        for listener in tuple(self._listeners):
            listener(status)

    def rest(self, state: State, error: str | None, *, waiting: int = 0, restarts: int = 0) -> None:
        """There is no host at work."""
        self._written.clear()
        self.report = None
        self.change(
            state=state,
            error=error,
            running=0,
            waiting=waiting,
            tokens_per_second=0.0,
            restarts=self.status.restarts + restarts,
        )

    def take(self, report: Report) -> None:
        """Show what the host reports."""
        self.report = report
        now = self._clock()
        self._written.append((now, report.written))
        while self._written[0][0] < now - _SPEED_OVER:
            self._written.popleft()
        then, before = self._written[0]
        seconds = now - then
        writes = report.running > 0 and seconds > 0
        self.change(
            state=State.WRITING if report.running else State.READY,
            running=report.running,
            waiting=report.waiting,
            evaluated_tokens=report.evaluated,
            needed_tokens=report.needed,
            tokens_per_second=(report.written - before) / seconds if writes else 0.0,
        )
