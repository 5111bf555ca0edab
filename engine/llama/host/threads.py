"""How many threads a run of the model uses: fewer where another process keeps a core busy.

llama.cpp divides every operation of a token evenly and waits for the slowest thread. One thread
that must share its core with somebody else's work therefore halves the speed of all of them; one
thread less leaves that core alone.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

SLOW = 0.6
"""Below this share of the best speed there was, another number of threads is tried."""
BETTER = 1.1
"""A number of threads that is this much faster is kept."""
TRIAL = 3
"""Runs a number of threads is tried for; the first of them starts or ends threads."""
REST = 0.4
"""Seconds of slow computing before the first trial: long enough for the mean to know of it."""
LONGEST_REST = 3.0
"""What the rest grows to, doubled by each trial: trials cost time, too."""
HOPELESS = 0.6
"""Below this share of what it may replace, a number is not tried to the end."""
_CALM = 0.99
"""What is left of a longer rest after each run that is not slow."""
_FORGET = 0.999
"""What is left of the best speed after each run: what was only once possible is forgotten."""
_WEIGHT = 0.4
"""Of the newest run in the mean speed."""


class Threads:
    """Watches the speed of runs and changes the number of threads.

    Runs are compared with runs that carry about as many tokens.

    Args:
        most: threads with nothing else going on.
        apply: makes the next runs use so many.
    """

    def __init__(self, most: int, apply: Callable[[int], None]) -> None:
        self._most = most
        self._apply = apply
        self.count = most
        """Threads the next run uses."""
        self._settled = most
        self._means: dict[tuple[int, int], float] = {}
        """Tokens a second by number of threads and size of the run."""
        self._best: dict[int, float] = {}
        """The highest mean of all threads, by size of the run."""
        self._trial: list[float] = []
        """How the runs of a trial compare with the mean of what it may replace."""
        self._slow_for = 0.0
        """Seconds of slow computing since the last trial."""
        self._rest = REST
        self._upwards = False

    def note(self, tokens: int, seconds: float) -> None:
        """Learn from a run of the model: so many tokens in so many seconds."""
        if self._most < 2 or seconds <= 0:
            return
        size, speed = tokens.bit_length(), tokens / seconds
        if self.count != self._settled:
            self._tried(size, speed)
            return
        known = self._means.get((self.count, size), speed)
        mean = self._means[self.count, size] = known + _WEIGHT * (speed - known)
        if self.count == self._most:
            self._best[size] = max(self._best.get(size, 0.0) * _FORGET, mean)
        if self.count == self._most and mean >= SLOW * self._best[size]:
            self._slow_for = 0.0
            self._rest = max(REST, self._rest * _CALM)
            return
        self._slow_for += seconds
        if self._slow_for >= self._rest:
            self._try()

    def _try(self) -> None:
        """Use another number for a few runs: up and down in turn, where there are both."""
        self._upwards = self.count == 1 or (self.count < self._most and not self._upwards)
        self._use(self.count + (1 if self._upwards else -1))
        self._trial = []

    def _tried(self, size: int, speed: float) -> None:
        settled = self._means.get((self._settled, size))
        if settled is not None:
            self._trial.append(speed / settled)
        hopeless = len(self._trial) > 1 and max(self._trial) < HOPELESS
        if len(self._trial) < TRIAL and not hopeless:
            return
        self._slow_for = 0.0
        self._rest = min(2 * self._rest, LONGEST_REST)
        # more threads win a draw: that a neighbour has gone shows in nothing else
        if median(self._trial) >= (1.0 if self._upwards else BETTER):
            self._settled = self.count
            self._means = {}
        else:
            self._use(self._settled)

    def _use(self, count: int) -> None:
        self.count = count
        self._apply(count)
