"""Draws the next token of many answers at once.

A sampler chain copies and sorts the whole vocabulary, 50,000 to 260,000 entries, on one core: .1
to .5 ms an answer; one after the other, 128 answers take longer than a GPU takes to compute them.
Here the chain sees only the likeliest entries: no chain that begins with top-k, or takes the
likeliest token alone, can tell the difference. What can be done before the logits are there, is.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, NamedTuple

import llama_cpp
import numpy as np
import numpy.typing as npt

from engine.llama.host.binding import Context
from engine.llama.host.likeliest import Likeliest
from engine.llama.host.sampling import Sampler

NO_TOKEN: Final = -1
"""What is drawn where the model came to no numbers (NaN)."""
_WORTH_IT: Final = 256
"""Entries the vocabulary must have for each entry wanted."""
_A_THREAD: Final = 8
"""Rows that are worth a thread of a processor that computes the model."""
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
    """Draws; each answer's own sampler makes its tokens independent of the others.

    Args:
        context: whose logits are drawn from.
        vocabulary: how many tokens there are.
        threads: that share the work, at most.
        on_gpu: the processor has nothing else to do meanwhile. Where it computes the model, a
            thread that must wait for another program would cost more than it saves.
    """

    def __init__(
        self, context: Context, vocabulary: int, threads: int, *, on_gpu: bool = False
    ) -> None:
        self._context = context
        self._vocabulary = vocabulary
        self._likeliest = Likeliest(threads, 1 if on_gpu else _A_THREAD)
        self._pool = ThreadPoolExecutor(threads, "drawing") if threads > 1 else None

    def prepare(self, wanted: Sequence[Draw]) -> Draws:
        """Get ready to draw from the run that is being computed."""
        shortlists: dict[int, list[int]] = {}
        whole: list[int] = []
        for number, draw in enumerate(wanted):
            enough = draw.sampler.enough
            few = 0 < enough * _WORTH_IT <= self._vocabulary
            (shortlists.setdefault(enough, []) if few else whole).append(number)
        lists = [
            _Shortlists(wanted, numbers, enough, self._vocabulary)
            for enough, numbers in shortlists.items()
        ]
        return Draws(self._context, self._likeliest, self._pool, wanted, lists, whole)


class Draws:
    """What is to be drawn from a run."""

    def __init__(
        self,
        context: Context,
        likeliest: Likeliest,
        pool: ThreadPoolExecutor | None,
        wanted: Sequence[Draw],
        shortlists: list[_Shortlists],
        whole: list[int],
    ) -> None:
        self._context = context
        self._likeliest = likeliest
        self._pool = pool
        self._wanted = wanted
        self._shortlists = shortlists
        self._whole = whole
        self._outputs = 1 + max((draw.output for draw in wanted), default=-1)

    def draw(self) -> list[int]:
        """One token for each, in the same order, once the run is complete.

        :data:`NO_TOKEN` where there are no numbers.
        """
        drawn = [0] * len(self._wanted)
        if not self._outputs:
            return drawn
        logits = self._context.all_logits(self._outputs)
        whole = list(self._whole)
        for shortlists in self._shortlists:
            tokens = shortlists.draw(logits, self._likeliest)
            if tokens is None:
                whole += shortlists.numbers
                continue
            for number, token in zip(shortlists.numbers, tokens, strict=True):
                drawn[number] = token
        each = self._pool.map if self._pool and len(whole) > 1 else map
        for number, token in zip(whole, each(partial(self._of_all, logits), whole), strict=True):
            drawn[number] = token
        return drawn

    def _of_all(self, logits: npt.NDArray[np.float32], number: int) -> int:
        draw = self._wanted[number]
        if np.isnan(logits[draw.output].max()):
            return NO_TOKEN
        return draw.sampler.draw(self._context, draw.at)


class _Shortlists:
    """Draws that are decided by equally many of the likeliest tokens.

    Args:
        wanted: all draws.
        numbers: which of them.
        enough: how many tokens decide.
        vocabulary: how many there are.
    """

    def __init__(
        self, wanted: Sequence[Draw], numbers: list[int], enough: int, vocabulary: int
    ) -> None:
        self.numbers = numbers
        self._enough = enough
        outputs = np.array([wanted[number].output for number in numbers])
        self._first = int(outputs.min())
        self._rows = outputs - self._first
        self._offsets = self._rows[:, None] * vocabulary
        self._count = int(self._rows.max()) + 1
        self._pick = not np.array_equal(self._rows, np.arange(self._count))
        samplers = [wanted[number].sampler for number in numbers]
        self._chains = [sampler.chain for sampler in samplers]
        self._learning = [(at, each) for at, each in enumerate(samplers) if each.penalises]
        # samplers sort in place: those that share a row have a list each
        self._tokens = np.zeros((len(numbers), enough), _TOKEN)
        self._at = np.zeros((len(numbers), enough), np.intp)
        self._values = np.zeros((len(numbers), enough), np.float32)
        self._candidates = np.zeros(len(numbers), _CANDIDATES)
        self._begins = np.arange(len(numbers)) * enough
        self._candidates["data"] = self._tokens.ctypes.data + self._begins * _TOKEN.itemsize
        self._candidates["size"] = enough
        self._candidates["selected"] = -1
        self._lies = self._candidates["data"].copy()
        begin, size = self._candidates.ctypes.data, _CANDIDATES.itemsize
        self._addresses = range(begin, begin + size * len(numbers), size)

    def draw(self, logits: npt.NDArray[np.float32], likeliest: Likeliest) -> list[int] | None:
        """What each sampler takes; None where numbers are missing (NaN)."""
        rows = logits[self._first : self._first + self._count]
        found = likeliest.tokens(rows, self._enough)
        if self._pick:
            found = found[self._rows]
        at = np.add(found, self._offsets, out=self._at)
        values = rows.take(at, out=self._values, mode="clip")
        if np.isnan(values.max()):
            return None
        self._tokens["id"] = found
        self._tokens["logit"] = values
        # a chain need not sort what is sorted
        self._candidates["sorted"] = (values[:, :-1] >= values[:, 1:]).all(axis=1)
        for chain, address in zip(self._chains, self._addresses, strict=True):
            _apply(chain, address)
        assert (self._candidates["data"] == self._lies).all(), "a sampler has moved its candidates"
        drawn: list[int] = (
            self._tokens["id"].take(self._begins + self._candidates["selected"]).tolist()
        )
        for at, sampler in self._learning:
            sampler.accept(drawn[at])
        return drawn
