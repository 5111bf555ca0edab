"""How far a run is, and how long it will take at the pace of its last texts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from engine.method.events import PlanProgress

_WINDOW = 60
"""Texts the pace is taken from."""


class ProgressCounter:
    """Counts finished texts.

    Args:
        timer: monotonic seconds.
    """

    def __init__(self, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._done = 0
        self._total = 0
        self._steps: deque[tuple[float, int]] = deque(maxlen=_WINDOW)

    def start(self, done: int, total: int) -> None:
        """Begin with what the rows say."""
        self._done, self._total = done, total
        if not self._steps:
            self._steps.append((self._timer(), 0))

    def step(self, texts: int = 1) -> None:
        """Some texts are finished."""
        self._done = min(self._done + texts, self._total) if self._total else self._done + texts
        self._steps.append((self._timer(), texts))

    def progress(self, ready: int, tokens_per_second: float) -> PlanProgress:
        """Where the run stands now."""
        return PlanProgress(self._done, self._total, ready, tokens_per_second, self._eta())

    def _eta(self) -> float | None:
        left = self._total - self._done
        if left <= 0:
            return 0.0
        if len(self._steps) < 2:
            return None
        seconds = self._steps[-1][0] - self._steps[0][0]
        texts = sum(count for _, count in list(self._steps)[1:])
        return left * seconds / texts if texts else None
