"""The tokens of one run of the model, as llama.cpp takes them."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, NamedTuple

import llama_cpp
import numpy as np
import numpy.typing as npt


class Span(NamedTuple):
    """Consecutive tokens of one sequence that go into a batch."""

    sequence: int
    start: int
    tokens: Sequence[int]
    outputs_from: int
    """First position whose logits are wanted."""


class TokenBatch:
    """The arrays of a ``llama_batch``, filled through numpy."""

    def __init__(self, size: int) -> None:
        """Empty, for so many tokens at most."""
        self._token = np.zeros(size, np.int32)
        self._position = np.zeros(size, np.int32)
        self._sequence = np.zeros(size, np.int32)
        self._output = np.zeros(size, np.int8)
        self._ones = np.ones(size, np.int32)
        address = self._sequence.ctypes.data
        self._pointers = (ctypes.c_void_p * size)(*range(address, address + 4 * size, 4))
        self._batch = llama_cpp.llama_batch(
            0,
            _pointer(self._token, ctypes.c_int32),
            None,
            _pointer(self._position, ctypes.c_int32),
            _pointer(self._ones, ctypes.c_int32),
            ctypes.cast(self._pointers, ctypes.POINTER(ctypes.POINTER(ctypes.c_int32))),
            _pointer(self._output, ctypes.c_int8),
        )

    def with_tokens(self, at: Sequence[int], tokens: Sequence[int]) -> Any:
        """The ``llama_batch``, with ``tokens`` at those of its places that had none yet."""
        if at:
            self._token[at] = tokens
        return self._batch

    def fill(self, spans: Sequence[Span]) -> None:
        """Let it hold the tokens of ``spans``, in their order."""
        # lists first: an array takes a list of a thousand as soon as ten of one
        token: list[int] = []
        position: list[int] = []
        of: list[int] = []
        output: list[int] = []
        for sequence, start, tokens, outputs_from in spans:
            size = len(tokens)
            without = min(size, max(0, outputs_from - start))
            token += tokens
            position += range(start, start + size)
            of += [sequence] * size
            output += [0] * without + [1] * (size - without)
        size = len(token)
        self._token[:size] = token
        self._position[:size] = position
        self._sequence[:size] = of
        self._output[:size] = output
        self._batch.n_tokens = size


def _pointer(array: npt.NDArray[Any], kind: Any) -> Any:
    return array.ctypes.data_as(ctypes.POINTER(kind))
