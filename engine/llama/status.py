"""The status of the model host, as its reports tell it."""

from __future__ import annotations

from collections.abc import Callable

from engine.api import State
from engine.child.status import StatusPublisher
from engine.llama.protocol import Report


class HostStatus(StatusPublisher):
    """The status of a host that reports a few times a second.

    Args:
        clock: seconds from an arbitrary start.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self.report: Report | None = None
        """The host's last report; its counters begin anew with each host."""

    def take(self, report: Report) -> None:
        """Show what the host reports."""
        before = self.report.written if self.report else report.written
        self.report = report
        speed = self.speed(report.written - before)
        self.work(
            report.running,
            report.waiting,
            state=State.WRITING if report.running else State.READY,
            evaluated_tokens=report.evaluated,
            needed_tokens=report.needed,
            tokens_per_second=speed if report.running else 0.0,
        )

    def rest(self, state: State, error: str | None, *, waiting: int = 0, restarts: int = 0) -> None:
        """There is no host at work."""
        self.report = None
        super().rest(state, error, waiting=waiting, restarts=restarts)
