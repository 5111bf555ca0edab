"""Which item is worked on next; knows no model and no store.

An item is a prompt. Where pairs are judged it is a pair, and nobody looks at any.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import islice

from store.items.pending import Work

_AHEAD = 6
"""The first revisions of this many prompts, from the one looked at on, come before all else."""


class WorkQueue:
    """The items with work left, in project order, and who is on them."""

    def __init__(self) -> None:
        self.looked_at: str | None = None
        """The prompt a person looks at."""
        self._open: dict[str, bool] = {}
        """By item: whether the chain of its first candidate is unfinished."""
        self._taken: set[str] = set()

    def fill(self, works: Sequence[Work]) -> None:
        """Start anew from what is pending, in project order."""
        self._open = {}
        self.extend(works)

    def extend(self, works: Sequence[Work]) -> None:
        """Add what is pending of the items that follow."""
        for work in works:
            self._open[work.item_id] = self._open.get(work.item_id, False) or _is_chain(work)

    def update(self, item_id: str, works: Sequence[Work]) -> None:
        """Note what is left of one item."""
        if works:
            self._open[item_id] = any(_is_chain(work) for work in works)
        else:
            self.drop(item_id)

    def drop(self, item_id: str) -> None:
        """Nothing more is to be done for this item."""
        self._open.pop(item_id, None)

    def look_at(self, prompt_id: str | None) -> None:
        """A person looks at this prompt."""
        self.looked_at = prompt_id

    def first(self) -> str | None:
        """The first prompt whose first chain is unfinished."""
        return next((one for one, chain in self._open.items() if chain), None)

    def claim(self, item_id: str) -> bool:
        """Take one certain item, if it has work and nobody is on it."""
        if item_id not in self._open or item_id in self._taken:
            return False
        self._taken.add(item_id)
        return True

    def take(self, *, ahead: bool) -> str | None:
        """Take the next item, or None when nothing is left that nobody is on.

        Args:
            ahead: a person is reading: first revisions of the next few prompts come first.
        """
        free = (one for one in self._in_order(ahead=ahead) if one not in self._taken)
        near = (one for one in (self._near() if ahead else ()) if one not in self._taken)
        chosen = next(near, None) or next(free, None)
        if chosen is not None:
            self._taken.add(chosen)
        return chosen

    def release(self, item_id: str) -> None:
        """Nobody is on this item any more."""
        self._taken.discard(item_id)

    def waits_for(self, item_id: str) -> bool:
        """Whether this prompt has to wait for the first revision of the one looked at."""
        looked_at = self.looked_at
        return (
            looked_at is not None
            and looked_at != item_id
            and looked_at in self._taken
            and self._open.get(looked_at, False)
        )

    def should_yield(self, item_id: str) -> bool:
        """Whether a prompt with its first chain done makes room for the chain of a near one."""
        if self._open.get(item_id, False):
            return False
        return any(one not in self._taken for one in self._near())

    def _near(self) -> list[str]:
        """The next few prompts from the one looked at on whose first chain is unfinished."""
        following = islice(self._in_order(ahead=True), _AHEAD)
        return [one for one in following if self._open[one]]

    def _in_order(self, *, ahead: bool) -> Collection[str]:
        """Project order, starting from the prompt looked at where somebody looks."""
        if not ahead or self.looked_at not in self._open:
            return self._open
        order = list(self._open)
        start = order.index(self.looked_at)
        return order[start:] + order[:start]


def _is_chain(work: Work) -> bool:
    """Whether a step belongs to the chain of a first candidate."""
    return work.step != "propose" or 0 in work.slots
