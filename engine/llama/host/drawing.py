"""Draws the next token of many answers at once.

A sampler chain copies and sorts the whole vocabulary, 50,000 to 260,000 entries, on one core: .1
to .5 ms an answer; one after the other, 128 answers take longer than a GPU takes to compute them.
Here the chain sees only the likeliest entries, which numpy finds: no chain that begins with top-k,
or takes the likeliest token alone, can tell the difference. Threads share the answers; numpy and
llama.cpp both let go of Python's lock.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import llama_cpp
import numpy as np
import numpy.typing as npt

from engine.llama.host.binding import Context
from engine.llama.host.sampling import Sampler

NO_TOKEN: Final = -1
"""What is drawn where the model came to no numbers (NaN)."""
_STRETCHES: Final = 64
"""What the vocabulary is cut into to find its largest entries."""
_WORTH_IT: Final = 4
"""Entries a stretch must have for each entry wanted."""
_A_THREAD: Final = 8
"""Draws that are worth a thread: together they take a quarter of a millisecond."""
_TOKEN: Final = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
"""``llama_token_data``."""
_CANDIDATES: Final = np.dtype(
    {
        "names": ["data", "size", "selected", "sorted"],
        "formats": [np.uintp, np.uintp, np.int64, np.bool_],
        "itemsize": ctypes.sizeof(llama_cpp.llama_token_data_array),
    }
)
"""``llama_token_data_array``."""
_apply: Final = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(
    ctypes.cast(llama_cpp.llama_cpp._lib.llama_sampler_apply, ctypes.c_void_p).value or 0
)
"""``llama_sampler_apply`` with plain addresses: the library's own makes an object for each."""


class Draw(NamedTuple):
    """One token to be drawn."""

    sampler: Sampler
    output: int
    """Which of the run's rows of logits."""
    at: int
    """Which of the run's tokens that row belongs to."""


class Drawing:
    """Threads that draw; each answer's own sampler makes its tokens independent of them."""

    def __init__(self, context: Context, threads: int) -> None:
        self._context = context
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads - 1, "drawing") if threads > 1 else None

    def draw(self, wanted: Sequence[Draw]) -> list[int]:
        """One token for each, in the same order; :data:`NO_TOKEN` where there are no numbers."""
        if not wanted:
            return []
        logits = self._context.all_logits(1 + max(draw.output for draw in wanted))
        size = max(_A_THREAD, -(-len(wanted) // self._threads))
        first, *others = (wanted[at : at + size] for at in range(0, len(wanted), size))
        waited = [self._pool.submit(self._some, logits, some) for some in others if self._pool]
        parts = [self._some(logits, first), *(future.result() for future in waited)]
        return list(itertools.chain.from_iterable(parts))

    def _some(self, logits: npt.NDArray[np.float32], wanted: Sequence[Draw]) -> list[int]:
        few = [_few_decide(draw.sampler, logits.shape[1]) for draw in wanted]
        drawn = _from_shortlists(logits, list(itertools.compress(wanted, few)))
        if drawn is None:
            return [self._one(logits, draw) for draw in wanted]
        tokens = iter(drawn)
        return [
            next(tokens) if short else self._one(logits, draw)
            for draw, short in zip(wanted, few, strict=True)
        ]

    def _one(self, logits: npt.NDArray[np.float32], draw: Draw) -> int:
        if np.isnan(logits[draw.output].max()):
            return NO_TOKEN
        return draw.sampler.draw(self._context, draw.at)


def _few_decide(sampler: Sampler, vocabulary: int) -> bool:
    """Whether a shortlist is enough, and far shorter than the vocabulary."""
    return 0 < sampler.enough * _STRETCHES * _WORTH_IT <= vocabulary


def _from_shortlists(logits: npt.NDArray[np.float32], wanted: Sequence[Draw]) -> list[int] | None:
    """A token for each; None where looking at all rows between theirs costs more, or fails."""
    if not wanted:
        return None
    outputs = [draw.output for draw in wanted]
    first, last = min(outputs), max(outputs)
    if last - first >= 2 * len(wanted):
        return None
    enough = max(draw.sampler.enough for draw in wanted)
    found = _likeliest(logits[first : last + 1], enough)
    return found and _drawn(wanted, [output - first for output in outputs], *found)


def _likeliest(
    rows: npt.NDArray[np.float32], enough: int
) -> tuple[npt.NDArray[Any], npt.NDArray[np.intp]] | None:
    """The ``enough`` largest entries of each row and what is as large, by id; where rows begin.

    The vocabulary is cut into 64 stretches; a *column* is one entry of each at the same place. Of
    the largest entries of all columns so many are at least as large as the one of that rank: no
    entry below it is among the largest of all. None where numbers are missing (NaN).
    """
    count, vocabulary = rows.shape
    columns = vocabulary // _STRETCHES
    strides = (rows.strides[0], columns * rows.itemsize, rows.itemsize)
    stretches = np.lib.stride_tricks.as_strided(rows, (count, _STRETCHES, columns), strides)
    tops = stretches.max(axis=1)
    if np.isnan(tops).any():
        return None
    least = np.partition(tops, columns - enough, axis=1)[:, columns - enough, None]
    row, column = np.nonzero(tops >= least)
    hit, stretch = np.nonzero(stretches[row, :, column] >= least[row])
    rest = columns * _STRETCHES
    rest_row, rest_token = np.nonzero(rows[:, rest:] >= least)
    found = np.concatenate(
        [
            row[hit] * vocabulary + stretch * columns + column[hit],
            rest_row * vocabulary + rest_token + rest,
        ]
    )
    found.sort()
    starts = np.searchsorted(found, np.arange(count + 1) * vocabulary)
    tokens = np.zeros(len(found), _TOKEN)
    tokens["id"] = found % vocabulary
    tokens["logit"] = rows.take(found)
    return tokens, starts


def _drawn(
    wanted: Sequence[Draw],
    rows: list[int],
    tokens: npt.NDArray[Any],
    starts: npt.NDArray[np.intp],
) -> list[int]:
    """What each sampler takes of its row of ``tokens``."""
    if len(set(rows)) < len(rows):
        # samplers sort in place: those that share a row get a copy each
        pieces = [tokens[starts[row] : starts[row + 1]] for row in rows]
        tokens = np.concatenate(pieces)
        starts = np.cumsum([0, *map(len, pieces)])
        rows = list(range(len(rows)))
    begins = starts[rows]
    candidates = np.zeros(len(rows), _CANDIDATES)
    candidates["data"] = tokens.ctypes.data + begins * _TOKEN.itemsize
    candidates["size"] = starts[[row + 1 for row in rows]] - begins
    candidates["selected"] = -1
    own = candidates["data"].copy()
    address = candidates.ctypes.data
    for number, draw in enumerate(wanted):
        _apply(draw.sampler.chain, address + number * _CANDIDATES.itemsize)
    assert (candidates["data"] == own).all(), "a sampler has moved its candidates elsewhere"
    drawn: list[int] = tokens["id"][begins + candidates["selected"]].tolist()
    for draw, token in zip(wanted, drawn, strict=True):
        draw.sampler.accept(token)
    return drawn
