"""Who holds which part of the one cache, and what of it can be used again.

A *strand* is a sequence of evaluated tokens in llama.cpp's cache. Strands that begin alike share
the cells of their common beginning. A finished strand is kept, so that a later prompt which
begins alike (a critique, its revision, the head of a template) need not evaluate it again; the
ones unused for longest make room.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.host.library import SEQUENCES
from engine.host.pages import Pages, Strand


class Cache:
    """Hands out strands and keeps finished ones."""

    def __init__(self, pages: Pages, *, whole_only: bool, most_kept: int) -> None:
        """Nothing is in it.

        Args:
            pages: the cells.
            whole_only: a strand can be shared as a whole or not at all.
            most_kept: pages that finished strands alone may hold.
        """
        self._pages = pages
        self._whole_only = whole_only
        self._free_sequences = list(range(SEQUENCES - 1, -1, -1))
        self._kept: list[Strand] = []
        self._most_kept = most_kept

    @property
    def kept(self) -> list[Strand]:
        """Finished strands, the one unused for longest first."""
        return self._kept

    def claim(self, strand: Strand, lengths: list[int]) -> int:
        """Pages for so many more tokens of a strand, and of each that goes on from its end."""
        first, *others = lengths
        return self._pages.needed(first, strand) + sum(map(self._pages.needed, others))

    def make_room(self, pages: int) -> bool:
        """Forget finished strands until so many pages are free; none when that would not do."""
        if self._pages.free + self._reclaimable() < pages:
            return False
        while self._pages.free < pages and self._kept:
            self.drop(self._kept[0])
        return True

    def _reclaimable(self) -> int:
        """Pages that only finished strands use."""
        kept = set(self._kept)
        pages = {page for strand in self._kept for page in strand.pages}
        return sum(kept.issuperset(page.strands) for page in pages)

    def new(self) -> Strand | None:
        """A new, empty strand; None when all sequence numbers are being written."""
        if not self._free_sequences:
            if not self._kept:
                return None
            self.drop(self._kept[0])
        return Strand(self._free_sequences.pop())

    def usable(self, strand: Strand, tokens: list[int], most: int) -> int:
        """How many of the first ``most`` of ``tokens`` can be taken over from ``strand``."""
        common = min(common_start(strand.tokens, tokens), most)
        if self._whole_only and common != len(strand.tokens):
            return 0
        return common

    def share(self, source: Strand, target: Strand, length: int) -> None:
        """Let the empty ``target`` begin with the first ``length`` tokens of ``source``."""
        if not length:
            return
        self._pages.share(source, target, length)
        if source in self._kept:
            self._kept.remove(source)
            self._kept.append(source)

    def place(self, strand: Strand, most: int) -> list[range]:
        """Cells for the next tokens of a strand, at most so many, in ascending order."""
        return self._pages.place(strand, most)

    def open(self, cells: range) -> None:
        """Let llama.cpp write to these cells, with its next run; they all must be known."""
        self._pages.open(cells)

    def grow(self, strand: Strand, tokens: Iterable[int]) -> None:
        """Note that ``tokens`` have been evaluated in the cells they were given."""
        strand.tokens += tokens

    def settle(self, strands: Iterable[Strand]) -> None:
        """Take back the cells that strands were given for tokens that have not come."""
        self._pages.settle(strands)

    def keep(self, strand: Strand, most: int) -> None:
        """The strand is finished; the first ``most`` of its tokens may serve others."""
        if not self._whole_only:
            self._pages.cut(strand, most)
        if not strand.tokens or self._is_kept(strand):
            self.drop(strand)
            return
        self._kept.append(strand)
        # each cell in use is looked at for each token in each layer, if only to be passed over
        while self._reclaimable() > self._most_kept:
            self.drop(self._kept[0])

    def _is_kept(self, strand: Strand) -> bool:
        """Whether another finished strand serves as well."""
        size = len(strand.tokens)
        return not self._whole_only and any(
            common_start(strand.tokens, other.tokens) == size for other in self._kept
        )

    def drop(self, strand: Strand) -> None:
        """Forget a strand and free the cells only it uses."""
        if strand in self._kept:
            self._kept.remove(strand)
        self._pages.cut(strand, 0)
        self._free_sequences.append(strand.sequence)


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
