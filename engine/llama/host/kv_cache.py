"""Who holds which part of the one cache, and what of it can be used again.

A *sequence* is a sequence of evaluated tokens in llama.cpp's cache. Strands that begin alike share
the cells of their common beginning. A finished sequence is kept, so that a later prompt which
begins alike (a critique, its revision, the head of a template) need not evaluate it again; the
ones unused for longest make room.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import Final

from engine.llama.host.kv_cells import KvPages, KvSequence

_WORTH_SHARING: Final = 16
"""Tokens of a common beginning that are worth waiting for until another has evaluated them."""
_WORTH_COPYING: Final = 128
"""Where sharing means copying a lane: tokens a GPU evaluates in about the same time."""
LANES_KEPT: Final = 4
"""A lane that is kept stands between those being written."""


class KvCache:
    """Hands out sequences and keeps finished ones."""

    def __init__(
        self,
        pages: KvPages,
        *,
        whole_only: bool,
        most_kept: int,
        sequences: int,
        lanes: bool = False,
    ) -> None:
        """Nothing is in it.

        Args:
            pages: the cells.
            whole_only: a sequence can be shared as a whole or not at all.
            most_kept: pages that finished sequences alone may hold.
            sequences: how many there can be.
            lanes: each has cells of its own, so that sharing is copying.
        """
        self._pages = pages
        self._whole_only = whole_only
        self._sequences = sequences
        self._free_sequences = list(range(sequences))
        self._kept: list[KvSequence] = []
        self._most_kept = most_kept
        self._lanes = lanes
        self.worth_sharing = _WORTH_COPYING if lanes else _WORTH_SHARING
        """Tokens of a common beginning that are worth waiting for."""

    def reset(self) -> None:
        """Forget all that is in it and wipe it: no sequence is in use any more."""
        self._pages.reset()
        self._free_sequences[:] = range(self._sequences)
        self._kept.clear()

    @property
    def kept(self) -> list[KvSequence]:
        """Finished sequences, the one unused for longest first."""
        return self._kept

    def claim(self, kv: KvSequence, lengths: list[int]) -> int:
        """Pages for so many more tokens of a sequence, and of each that goes on from its end."""
        first, *others = lengths
        return self._pages.needed(first, kv) + sum(map(self._pages.needed, others))

    def make_room(self, pages: int) -> bool:
        """Forget finished sequences until so many pages are free; none when that would not do."""
        if self._pages.free + self._reclaimable() < pages:
            return False
        while self._pages.free < pages and self._kept:
            self.drop(self._kept[0])
        return True

    def _reclaimable(self) -> int:
        """Pages that only finished sequences use."""
        kept = set(self._kept)
        pages = {page for kv in self._kept for page in kv.pages}
        return sum(kept.issuperset(page.kvs) for page in pages)

    def new(self) -> KvSequence | None:
        """A new, empty sequence; None when all sequence numbers are being written."""
        if not self._free_sequences:
            if not self._kept:
                return None
            self.drop(self._kept[0])
        # the lowest: numbers in use are to follow each other
        return KvSequence(heapq.heappop(self._free_sequences))

    def usable(self, kv: KvSequence, tokens: list[int], most: int) -> int:
        """How many of the first ``most`` of ``tokens`` can be taken over from ``kv``."""
        common = min(common_start(kv.tokens, tokens), most)
        if self._whole_only and common != len(kv.tokens):
            return 0
        return 0 if self._lanes and common < self.worth_sharing else common

    def share(self, source: KvSequence, target: KvSequence, length: int) -> None:
        """Let the empty ``target`` begin with the first ``length`` tokens of ``source``."""
        if not length:
            return
        self._pages.share(source, target, length)
        if source in self._kept:
            self._kept.remove(source)
            self._kept.append(source)

    def place(self, kv: KvSequence, most: int) -> list[range]:
        """Cells for the next tokens of a sequence, at most so many, in ascending order."""
        return self._pages.place(kv, most)

    def open(self, cells: range) -> None:
        """Let llama.cpp write to these cells, with its next run; they all must be known."""
        self._pages.open(cells)

    def grow(self, kv: KvSequence, tokens: Iterable[int]) -> None:
        """Note that ``tokens`` have been evaluated in the cells they were given."""
        kv.tokens += tokens

    def settle(self, kvs: Iterable[KvSequence]) -> None:
        """Take back the cells that sequences were given for tokens that have not come."""
        self._pages.settle(kvs)

    def keep(self, kv: KvSequence, most: int) -> None:
        """The sequence is finished; the first ``most`` of its tokens may serve others."""
        if not self._whole_only:
            self._pages.cut(kv, most)
        few = self._lanes and len(kv.tokens) < self.worth_sharing
        if not kv.tokens or few or self._is_kept(kv):
            self.drop(kv)
            return
        self._kept.append(kv)
        if self._lanes and len(self._kept) > LANES_KEPT:
            self.drop(self._kept[0])
        # each cell in use is looked at for each token in each layer, if only to be passed over
        while self._reclaimable() > self._most_kept:
            self.drop(self._kept[0])

    def _is_kept(self, kv: KvSequence) -> bool:
        """Whether another finished sequence serves as well."""
        size = len(kv.tokens)
        return not self._whole_only and any(
            common_start(kv.tokens, other.tokens) == size for other in self._kept
        )

    def drop(self, kv: KvSequence) -> None:
        """Forget a sequence and free the cells only it uses."""
        if kv in self._kept:
            self._kept.remove(kv)
        self._pages.cut(kv, 0)
        heapq.heappush(self._free_sequences, kv.sequence)


def common_start(first: list[int], second: list[int]) -> int:
    """How many tokens two sequences have in common at their beginning."""
    size = min(len(first), len(second))
    step = 64
    for at in range(0, size, step):
        if first[at : at + step] != second[at : at + step]:
            for index in range(at, size):
                if first[index] != second[index]:
                    return index
    return size
