"""What an export makes lines of: in memory where it is little, else read again for each use."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Generic

from store.exporting.facts import PairFacts, PairOutline
from store.exporting.formats.base import E
from store.records import Message

HELD: Final = 4_000_000
"""Characters of all texts up to which entries stay in memory."""

WHOLE: Final = 4_000
"""Characters that an entry with all that was said of a pair is reckoned at."""


@dataclass(frozen=True, slots=True)
class Entries(Generic[E]):
    """Entries in project order, to be gone through as often as needed."""

    pairs: Sequence[PairOutline]
    """The pair of each."""
    read: Callable[[Sequence[PairOutline]], Iterator[E]] = field(repr=False)
    """Makes the entries of some pairs."""
    held: Sequence[E] | None = field(default=None, repr=False)
    """All of them, where they are in memory."""
    texts: Callable[[Sequence[PairOutline]], Iterator[PairFacts]] | None = field(
        default=None, repr=False
    )
    """Reads the pairs alone, where that is much less than the entries."""
    check: Callable[[E], None] | None = field(default=None, repr=False)
    """Looks at each before it is given away; may raise."""

    def __len__(self) -> int:
        return len(self.pairs)

    def __iter__(self) -> Iterator[E]:
        for entry in self.read(self.pairs) if self.held is None else self.held:
            if self.check is not None:
                self.check(entry)
            yield entry

    def prompts(self) -> Iterator[tuple[Message, ...]]:
        """The conversation before the answers, of each."""
        pairs = (e.pair for e in self) if self.texts is None else self.texts(self.pairs)
        return (pair.messages for pair in pairs)

    def __getitem__(self, place: int) -> E:
        return next(iter(self.at([range(len(self))[place]])))

    def at(self, places: Sequence[int]) -> Entries[E]:
        """Some of them."""
        held = None if self.held is None else [self.held[place] for place in places]
        return replace(self, pairs=[self.pairs[place] for place in places], held=held)

    def without(self, pair_ids: Collection[str]) -> Entries[E]:
        """All but those of some pairs."""
        return self.at([n for n, pair in enumerate(self.pairs) if pair.id not in pair_ids])

    def checked(self, check: Callable[[E], None]) -> Entries[E]:
        """The same, each looked at before it is given away."""
        return replace(self, check=check)


def may_be_held(characters: int) -> bool:
    """Whether entries with so many characters may stay in memory."""
    return characters <= HELD
