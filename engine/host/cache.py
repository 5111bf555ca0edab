"""Who holds which part of the one cache, and what of it can be used again.

A *strand* is a sequence of evaluated tokens in llama.cpp's cache. Strands that begin alike share
the cells of their common beginning. A finished strand is kept, so that a later prompt which
begins alike (a critique, its revision, the head of a template) need not evaluate it again; the
ones unused for longest make room.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engine.host.library import SEQUENCES, Context


@dataclass(eq=False, slots=True)
class Strand:
    """One sequence of the cache."""

    sequence: int
    tokens: list[int] = field(default_factory=list)
    """Evaluated tokens."""
    cells: list[int] = field(default_factory=list)
    """Which cells hold them; our own numbers, used for counting only."""


class Cache:
    """Hands out strands and counts cells."""

    def __init__(self, context: Context, *, whole_only: bool, most_kept: int) -> None:
        """Nothing is in it.

        Args:
            context: the cells.
            whole_only: a strand can be shared as a whole or not at all.
            most_kept: cells that finished strands alone may hold.
        """
        self._context = context
        self._whole_only = whole_only
        self._users = np.zeros(context.cells, np.int32)
        self._free_cells = list(range(context.cells - 1, -1, -1))
        self._free_sequences = list(range(SEQUENCES - 1, -1, -1))
        self._kept: list[Strand] = []
        self._most_kept = most_kept

    @property
    def kept(self) -> list[Strand]:
        """Finished strands, the one unused for longest first."""
        return self._kept

    @property
    def free(self) -> int:
        """Cells nobody uses."""
        return len(self._free_cells)

    def make_room(self, cells: int) -> bool:
        """Forget finished strands until ``cells`` are free; none when that would not do."""
        if self.free >= cells:
            return True
        if self.free + self._reclaimable() < cells:
            return False
        while self.free < cells and self._kept:
            self.drop(self._kept[0])
        return True

    def _reclaimable(self) -> int:
        """Cells that only finished strands use."""
        if not self._kept:
            return 0
        kept = np.bincount(
            np.concatenate([strand.cells for strand in self._kept]).astype(np.int64),
            minlength=len(self._users),
        )
        return int(np.count_nonzero((kept == self._users) & (kept > 0)))

    def open(self) -> Strand | None:
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
        self._context.copy(source.sequence, target.sequence, length)
        target.tokens[:] = source.tokens[:length]
        target.cells[:] = source.cells[:length]
        self._users[target.cells] += 1
        if source in self._kept:
            self._kept.remove(source)
            self._kept.append(source)

    def grow(self, strand: Strand, tokens: list[int]) -> None:
        """Note that ``tokens`` have been evaluated at the strand's end."""
        start = len(self._free_cells) - len(tokens)
        cells = self._free_cells[start:]
        del self._free_cells[start:]
        self._users[cells] += 1
        strand.tokens += tokens
        strand.cells += cells

    def keep(self, strand: Strand, most: int) -> None:
        """The strand is finished; the first ``most`` of its tokens may serve others."""
        if not self._whole_only:
            self._cut(strand, most)
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

    def _cut(self, strand: Strand, length: int) -> None:
        self._context.cut(strand.sequence, length)
        self._release(strand.cells[length:])
        del strand.tokens[length:], strand.cells[length:]

    def _release(self, cells: list[int]) -> None:
        self._users[cells] -= 1
        self._free_cells += [cell for cell in cells if not self._users[cell]]

    def drop(self, strand: Strand) -> None:
        """Forget a strand and free the cells only it uses."""
        if strand in self._kept:
            self._kept.remove(strand)
        self._context.forget(strand.sequence)
        self._free_sequences.append(strand.sequence)
        self._release(strand.cells)
        strand.tokens.clear()
        strand.cells.clear()


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
