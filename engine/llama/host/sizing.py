"""How many tokens a text may have and how many the cache holds, by what memory is free."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from engine.errors import EngineError
from engine.llama import memory
from engine.llama.gguf import GgufHeader
from engine.llama.host.binding import MOST_SEQUENCES, SEQUENCES
from engine.llama.host.kv_cache import LANES_KEPT
from engine.llama.host.slots import URGENT_SLOTS
from engine.llama.protocol import Load

_SEQUENCE: Final = 4096
"""Tokens one sequence may hold, unless the model or the user wants fewer or more."""
_CELLS_A_SLOT: Final = 640
"""Cells of the cache for each place: a prompt with its answer, and something to keep."""
_KEPT: Final = 2
"""Whole sequences worth holding for each place: one being written, one that is kept."""
_LEAST: Final = 512
"""A cache for fewer tokens than this is no use."""
_FOR_THE_CACHE: Final = 0.8
"""Share of the memory beside the weights that the cache may take."""

LANE_COUNTED: Final = 256
"""Cells of a page where each sequence has a lane of its own."""
_MOST_SLOTS_HELD: Final = 40
"""More leave no sequence numbers to hold the cells of a text together."""


class CacheSize(NamedTuple):
    """A cache to be tried."""

    slots: int
    n_ctx: int
    """Tokens of one sequence."""
    cells: int
    lanes: bool = False

    @property
    def sequences(self) -> int:
        """Texts it can tell apart."""
        if self.lanes:
            return self.cells // self.n_ctx
        return SEQUENCES if self.slots <= _MOST_SLOTS_HELD else MOST_SEQUENCES


def in_lanes(size: CacheSize) -> CacheSize:
    """The same with as many cells for each sequence as it may have tokens."""
    n_ctx = -(-size.n_ctx // LANE_COUNTED) * LANE_COUNTED
    sequences = min(size.slots + URGENT_SLOTS + LANES_KEPT, MOST_SEQUENCES)
    return CacheSize(size.slots, n_ctx, n_ctx * sequences, lanes=True)


def lanes_that_fit(
    shared: Iterable[CacheSize], header: GgufHeader, cache_type: str, free: int | None
) -> list[CacheSize]:
    """Caches in lanes that leave others some of a GPU's memory.

    Args:
        shared: the caches they would take the place of.
        header: of the model, which is loaded.
        cache_type: how the cache stores keys and values.
        free: bytes of the GPU's memory; None where nobody knows.
    """
    sizes = map(in_lanes, shared)
    if free is None:
        return list(sizes)
    room = free * _FOR_THE_CACHE
    return [size for size in sizes if memory.needed(header, size.cells, cache_type)[1] <= room]


def sized(request: Load, header: GgufHeader, slots: int, free: int | None) -> tuple[int, int]:
    """Tokens of one sequence, and of the whole cache.

    Args:
        request: what was asked for; that is obeyed or refused, never made less in silence.
        header: of the model.
        slots: sequences written at the same time.
        free: bytes of free memory; None where nobody knows.

    Raises:
        EngineError: not even one sequence fits.
    """
    trained = header.context or _SEQUENCE
    n_ctx = min(request.n_ctx or _SEQUENCE, trained)
    if request.cells is not None:
        return n_ctx, max(n_ctx, request.cells)
    cells = max(n_ctx, min(_CELLS_A_SLOT * slots, n_ctx * _KEPT * slots))
    if free is None or not header.cell_bytes:
        return n_ctx, cells
    weights, cell = memory.needed(header, 1, request.cache_type)
    room = int(max(0, free - weights) * _FOR_THE_CACHE) // max(1, cell)
    if room >= cells:
        return n_ctx, cells
    least = n_ctx if request.n_ctx else min(n_ctx, _LEAST)
    if room < least and memory.limited():
        weights, cache = memory.needed(header, least, request.cache_type)
        raise EngineError(
            f"{header.path.name} needs {memory.told(weights)} for its weights and "
            f"{memory.told(cache)} for a text of {least:,} tokens, and {memory.told(free)} of"
            f" memory are free: take a smaller model or context (--context), or set"
            f" {memory.SWITCH}=any"
        )
    cells = max(room, least)
    return min(n_ctx, cells), cells
