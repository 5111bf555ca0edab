"""How many tokens, or how much money, the servers may take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from engine.errors import BudgetSpent

BYTES_A_TOKEN = 2
"""For what a prompt may take before the server has told; ordinary text has three to five."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What may not be exceeded: tokens, or money by a price of tokens."""

    most: float
    words: str
    """``200,000 tokens``"""
    prompt: float = 1
    """What a token of a prompt takes from it."""
    written: float = 1

    def of(self, tokens: Tokens) -> float:
        """What so many tokens take."""
        return self.prompt * tokens.prompt + self.written * tokens.written


@dataclass(slots=True)
class Tokens:
    """Of prompts, and written."""

    prompt: int = 0
    written: int = 0

    def add(self, other: Tokens, sign: int = 1) -> None:
        """Count some more, or with -1 fewer."""
        self.prompt += sign * other.prompt
        self.written += sign * other.written


class Budget:
    """Lets a request go only where the most it can take still fits beside those under way.

    Args:
        limits: what must not be exceeded; none lets everything go.
    """

    def __init__(self, limits: Sequence[Limit] = ()) -> None:
        self.spent = Tokens()
        self._limits = limits
        self._reserved = Tokens()
        self._under_way = 0
        self._ended = asyncio.Event()
        """Another one whenever nothing was under way: a budget may outlive the loop that waits."""

    @asynccontextmanager
    async def reserved(self, most: Tokens) -> AsyncGenerator[Tokens]:
        """Hold what a request can take; what it took is to be set on what comes back.

        Raises:
            BudgetSpent: it does not fit, and nothing is under way that could take less.
        """
        while (limit := self._exceeded(most)) is not None:
            if not self._under_way:
                raise BudgetSpent(
                    f"the budget of {limit.words} does not allow another request; what was"
                    " written is stored: run it again with a larger one to go on"
                )
            self._ended.clear()
            await self._ended.wait()
        if not self._under_way:
            self._ended = asyncio.Event()
        self._under_way += 1
        self._reserved.add(most)
        took = Tokens()
        try:
            yield took
        finally:
            self._under_way -= 1
            self._reserved.add(most, -1)
            self.spent.add(took)
            self._ended.set()

    def _exceeded(self, most: Tokens) -> Limit | None:
        for limit in self._limits:
            if limit.of(self.spent) + limit.of(self._reserved) + limit.of(most) > limit.most:
                return limit
        return None
