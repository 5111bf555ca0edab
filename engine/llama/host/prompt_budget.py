"""How many tokens one run of the model may carry, so that nobody waits long for the next run."""

from __future__ import annotations

SECONDS = 0.4
"""A run shall not take longer: that is how long an urgent request or a refill may wait."""
LEAST = 64
"""Tokens below which llama.cpp's attention on a CPU goes row by row, a quarter slower."""
MOST = 512


class PromptBudget:
    """Learns the machine's speed and keeps the runs short."""

    def __init__(self, *, most: int = MOST, fixed: int | None = None) -> None:
        self._rate = 0.0
        self._fixed = fixed
        self._most = most
        self.tokens = fixed or 128
        """Tokens the next run should carry at most."""

    def note(self, tokens: int, seconds: float) -> None:
        """Learn from a run of ``tokens`` that took ``seconds``."""
        # runs of few tokens are bound by memory and say nothing of long ones
        if self._fixed or tokens < LEAST // 2 or seconds <= 0:
            return
        rate = tokens / seconds
        self._rate = rate if not self._rate else 0.7 * self._rate + 0.3 * rate
        self.tokens = max(LEAST, min(self._most, int(self._rate * SECONDS) // LEAST * LEAST))
