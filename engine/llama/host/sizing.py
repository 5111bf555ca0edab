"""How many tokens a text may have and how many the cache holds, by what memory is free."""

from __future__ import annotations

from typing import Final

from engine.errors import EngineError
from engine.llama import memory
from engine.llama.gguf import GgufHeader
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
