"""Which prompt is worked on next; knows no model and no store."""

from __future__ import annotations

from collections.abc import Sequence

from store.pending import Work

_AHEAD = 6
"""The first revisions of this many prompts, from the one looked at on, come before all else."""


class Agenda:
    """The prompts with work left, in project order, and who is on them."""

    def __init__(self) -> None:
        self.looked_at: str | None = None
        """The prompt a person looks at."""
        self._open: dict[str, bool] = {}
        """Prompt id -> whether the chain of its first candidate is unfinished."""
        self._taken: set[str] = set()

    def fill(self, works: Sequence[Work]) -> None:
        """Start anew from all that is pending, in project order."""
        self._open = {}
        for work in works:
            self._open[work.prompt_id] = self._open.get(work.prompt_id, False) or _is_chain(work)

    def update(self, prompt_id: str, works: Sequence[Work]) -> None:
        """Note what is left of one prompt."""
        if works:
            self._open[prompt_id] = any(_is_chain(work) for work in works)
        else:
            self.drop(prompt_id)

    def drop(self, prompt_id: str) -> None:
        """Nothing more is to be done for this prompt."""
        self._open.pop(prompt_id, None)

    def look_at(self, prompt_id: str | None) -> None:
        """A person looks at this prompt."""
        self.looked_at = prompt_id

    def first(self) -> str | None:
        """The first prompt whose first chain is unfinished."""
        return next((one for one, chain in self._open.items() if chain), None)

    def claim(self, prompt_id: str) -> bool:
        """Take one certain prompt, if it has work and nobody is on it."""
        if prompt_id not in self._open or prompt_id in self._taken:
            return False
        self._taken.add(prompt_id)
        return True

    def take(self, *, ahead: bool) -> str | None:
        """Take the next prompt, or None when nothing is left that nobody is on.

        Args:
            ahead: a person is reading: first revisions of the next few prompts come first.
        """
        free = [one for one in self._in_order(ahead=ahead) if one not in self._taken]
        chosen = free[0] if free else None
        if ahead:
            chosen = next((one for one in free if one in self._near()), chosen)
        if chosen is not None:
            self._taken.add(chosen)
        return chosen

    def release(self, prompt_id: str) -> None:
        """Nobody is on this prompt any more."""
        self._taken.discard(prompt_id)

    def waits_for(self, prompt_id: str) -> bool:
        """Whether this prompt has to wait for the first revision of the one looked at."""
        looked_at = self.looked_at
        return (
            looked_at is not None
            and looked_at != prompt_id
            and looked_at in self._taken
            and self._open.get(looked_at, False)
        )

    def should_yield(self, prompt_id: str) -> bool:
        """Whether a prompt with its first chain done makes room for the chain of a near one."""
        if self._open.get(prompt_id, False):
            return False
        return any(one not in self._taken for one in self._near())

    def _near(self) -> list[str]:
        """The next few prompts from the one looked at on whose first chain is unfinished."""
        following = self._in_order(ahead=True)[:_AHEAD]
        return [one for one in following if self._open[one]]

    def _in_order(self, *, ahead: bool) -> list[str]:
        """Project order, starting from the prompt looked at where somebody looks."""
        order = list(self._open)
        if not ahead or self.looked_at not in self._open:
            return order
        start = order.index(self.looked_at)
        return order[start:] + order[:start]


def _is_chain(work: Work) -> bool:
    """Whether a step belongs to the chain of a first candidate."""
    return work.step != "propose" or 0 in work.slots
