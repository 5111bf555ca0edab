"""What tests and bench both do with a real host."""

from __future__ import annotations

from engine.llama.client import HostEngine
from engine.llama.protocol import Report


async def rested(engine: HostEngine) -> Report:
    """The host's counters once it has nothing to do."""
    while True:
        # the host reports after each answer it gives while at rest: the second answer comes
        # behind a report that is newer than all that was asked before
        await engine.count(["one"])
        await engine.count(["two"])
        report = engine.report
        if report is not None and not report.running and not report.waiting:
            return report
