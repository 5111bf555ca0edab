"""Where llama.cpp puts tokens: its search for free cells, written down from its source.

``llama_kv_cache::find_slot``, ``apply_ubatch``, ``seq_rm``, ``seq_cp`` and ``state_read_meta`` of
one cache shared by all sequences, without the numbers in the cells.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.llama.host.kv_cells import CellLayout
from engine.llama.host.token_batch import Span

BLANK = CellLayout(magic=0x67677371, layers=1, rows=((1, 8), (1, 8)))
"""A cache of one layer, eight bytes a cell."""


@dataclass
class CellMap:
    """Cells with the position and the sequences of their token."""

    cells: int
    position: list[int] = field(init=False)
    owners: list[set[int]] = field(init=False)
    head: int = 0

    def __post_init__(self) -> None:
        self.position = [-1] * self.cells
        self.owners = [set() for _ in range(self.cells)]

    def write(self, tokens: Sequence[tuple[int, int]]) -> list[int]:
        """Put tokens, each a sequence and a position, into the first free cells."""
        used = sum(position >= 0 for position in self.position)
        at = 0 if self.head > used + 2 * len(tokens) else self.head
        found: list[int] = []
        for tested in range(self.cells):
            cell = (at + tested) % self.cells
            if len(found) < len(tokens) and self.position[cell] < 0:
                found.append(cell)
        assert len(found) == len(tokens), "the cache is full"
        for cell, (sequence, position) in zip(found, tokens, strict=True):
            self.position[cell] = position
            self.owners[cell] = {sequence}
        self.head = found[-1] + 1
        return found

    def decode(self, spans: Sequence[Span]) -> bool:
        """Take a run of the model."""
        self.write([(s.sequence, s.start + n) for s in spans for n in range(len(s.tokens))])
        return True

    def vacate(self, sequence: int, start: int, end: int) -> None:
        freed = []
        for cell, owners in enumerate(self.owners):
            if sequence in owners and start <= self.position[cell] < end:
                owners.discard(sequence)
                if not owners:
                    self.position[cell] = -1
                    freed.append(cell)
        if freed:
            self.head = min(self.head, freed[0])

    def cut(self, sequence: int, length: int) -> None:
        self.vacate(sequence, length, 1 << 40)

    def forget(self, sequence: int) -> None:
        self.cut(sequence, 0)

    def copy(self, source: int, target: int, length: int) -> None:
        for cell, owners in enumerate(self.owners):
            if source in owners and self.position[cell] < length:
                owners.add(target)

    def restore(self, sequence: int, state: bytes) -> bool:
        self.forget(sequence)
        (count,) = struct.unpack_from("=I", state, 12)
        positions = [struct.unpack_from("=i", state, 16 + 12 * n)[0] for n in range(count)]
        self.write([(sequence, position) for position in positions])
        return True

    def where(self, sequence: int) -> list[int]:
        """Cells of a sequence, in the order of its tokens."""
        mine = [cell for cell, owners in enumerate(self.owners) if sequence in owners]
        return sorted(mine, key=lambda cell: self.position[cell])
