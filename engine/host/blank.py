"""Saved states of cells nobody looks at: what keeps llama.cpp from using free cells elsewhere.

llama.cpp writes a token to the first free cell it finds. A cell that belongs to some sequence is
not free, and the state of a sequence can be restored without computing anything. So a sequence
of blank cells reserves the place for tokens still to come.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

FAR = 1 << 20
"""Position of the first blank cell: no text is that long."""

_HEAD = struct.Struct("=IiII")  # magic, sequence, streams, cells
_CELL = struct.Struct("=iIi")  # position, sequences, sequence
_LAYERS = struct.Struct("=II")  # values transposed, layers
_ROW = struct.Struct("=iQ")  # type, bytes of a cell


class Blank(NamedTuple):
    """The layout of a saved sequence, without its numbers."""

    magic: int
    layers: int
    rows: tuple[tuple[int, int], ...]
    """Type and bytes a cell of each layer's keys, then of each layer's values."""

    @classmethod
    def like(cls, state: bytes, cells: int) -> Blank | None:
        """The layout of ``state``, a saved sequence of ``cells`` cells from position 0.

        None where it is not laid out as ``llama_kv_cache::state_write`` lays out a plain cache
        under flash attention: sliding windows, recurrent states, transposed values.
        """
        try:
            magic, _sequence, streams, count = _HEAD.unpack_from(state)
            at = _HEAD.size
            for position in range(cells):
                if _CELL.unpack_from(state, at)[:2] != (position, 1):
                    return None
                at += _CELL.size
            transposed, layers = _LAYERS.unpack_from(state, at)
            at += _LAYERS.size
            rows = []
            while at < len(state):
                kind, size = _ROW.unpack_from(state, at)
                rows.append((kind, size))
                at += _ROW.size + size * cells
        except struct.error:
            return None
        plain = (streams, count, transposed, len(rows)) == (1, cells, 0, 2 * layers)
        return cls(magic, layers, tuple(rows)) if plain and at == len(state) else None

    def state(self, first: int, cells: int) -> bytes:
        """So many blank cells, the first of them at position ``FAR + first``."""
        parts = [_HEAD.pack(self.magic, 0, 1, cells)]
        parts += [_CELL.pack(FAR + first + cell, 1, 0) for cell in range(cells)]
        parts.append(_LAYERS.pack(0, self.layers))
        for kind, size in self.rows:
            parts += [_ROW.pack(kind, size), bytes(size * cells)]
        return b"".join(parts)
