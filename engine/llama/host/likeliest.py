"""The likeliest tokens of many rows of logits, found by ggml's own threads in one call.

llama.cpp comes with what is needed: ``ggml_top_k`` on the processor shares rows among threads that
know nothing of Python's lock. Python threads would hand that lock to each other in each of some
twenty calls of numpy.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.llama.host.devices import function

_CPU: Final = 0  # GGML_BACKEND_DEVICE_TYPE_CPU
_F32: Final = 0  # GGML_TYPE_F32
_ALIGNED: Final = 64
"""Bytes ggml wants memory to begin at a multiple of."""
_NODES: Final = 4
"""Of a graph: rows, what is found, and some to spare."""
_MOST_GRAPHS: Final = 300
"""Kept for the next run: about one for each number of answers at once."""

_pointer: Final = ctypes.c_void_p
_size: Final = ctypes.c_size_t
_int: Final = ctypes.c_int


class _Init(ctypes.Structure):
    """``ggml_init_params``."""

    _fields_ = (("size", _size), ("buffer", _pointer), ("no_alloc", ctypes.c_bool))


_init = function("ggml_init", _pointer, _Init)
_free = function("ggml_free", None, _pointer)
_tensor_overhead = function("ggml_tensor_overhead", _size)
_graph_overhead = function("ggml_graph_overhead_custom", _size, _size, ctypes.c_bool)
_new_graph = function("ggml_new_graph_custom", _pointer, _pointer, _size, ctypes.c_bool)
_expand = function("ggml_build_forward_expand", None, _pointer, _pointer)
_table = function("ggml_new_tensor_2d", _pointer, _pointer, _int, ctypes.c_int64, ctypes.c_int64)
_top_k = function("ggml_top_k", _pointer, _pointer, _pointer, _int)
_buffer_at = function("ggml_backend_cpu_buffer_from_ptr", _pointer, _pointer, _size)
_buffer_free = function("ggml_backend_buffer_free", None, _pointer)
_put = function("ggml_backend_tensor_alloc", _int, _pointer, _pointer, _pointer)
_backend = function("ggml_backend_init_by_type", _pointer, _int, ctypes.c_char_p)
_device = function("ggml_backend_get_device", _pointer, _pointer)
_registry = function("ggml_backend_dev_backend_reg", _pointer, _pointer)
_address = function("ggml_backend_reg_get_proc_address", _pointer, _pointer, ctypes.c_char_p)
_compute = function("ggml_backend_graph_compute", _int, _pointer, _pointer)


class _Graph(NamedTuple):
    """What finds the likeliest of rows at one place, and where it writes them."""

    memory: int
    buffers: tuple[int, int]
    graph: int
    found: npt.NDArray[np.int32]


class Likeliest:
    """Finds the likeliest tokens.

    Args:
        threads: among which the rows are shared, at most.
        rows_a_thread: rows that are worth waking a thread for.
    """

    def __init__(self, threads: int, rows_a_thread: int) -> None:
        self._backend = _backend(_CPU, None)
        registry = _registry(_device(self._backend))
        use = _address(registry, b"ggml_backend_set_n_threads")
        self._use = ctypes.CFUNCTYPE(None, _pointer, _int)(use)
        self._most = threads
        self._rows_a_thread = rows_a_thread
        self._graphs: dict[tuple[int, tuple[int, ...], int], _Graph] = {}

    def tokens(self, rows: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.int32]:
        """So many of the likeliest tokens of each row, the likeliest first.

        The same row gives the same tokens in the same order, whatever stands beside it. They are
        valid until the next call.
        """
        key = rows.ctypes.data, rows.shape, count
        graph = self._graphs.get(key)
        if graph is None:
            if len(self._graphs) >= _MOST_GRAPHS:
                self._forget()
            graph = self._graphs[key] = _made(rows, count)
        self._use(self._backend, min(self._most, -(-len(rows) // self._rows_a_thread)))
        if _compute(self._backend, graph.graph):
            raise RuntimeError("ggml could not find the likeliest tokens")
        # ggml sorts them, and exchanges the first two so that nobody relies on it: who does looks
        graph.found[:, :2] = graph.found[:, 1::-1]
        return graph.found

    def _forget(self) -> None:
        for graph in self._graphs.values():
            for buffer in graph.buffers:
                _buffer_free(buffer)
            _free(graph.memory)
        self._graphs.clear()


def _made(rows: npt.NDArray[np.float32], count: int) -> _Graph:
    memory = _init(_Init(_NODES * _tensor_overhead() + _graph_overhead(_NODES, False), None, True))  # noqa: FBT003
    source = _table(memory, _F32, rows.shape[1], rows.shape[0])
    found = _top_k(memory, source, count)
    into = np.zeros((len(rows), count), np.int32)
    buffers = _lies(source, rows), _lies(found, into)
    graph = _new_graph(memory, _NODES, False)  # noqa: FBT003
    _expand(graph, found)
    return _Graph(memory, buffers, graph, into)


def _lies(tensor: int, array: npt.NDArray[Any]) -> int:
    """Say that a tensor's data is that of an array; returns the buffer made for it."""
    begin = array.ctypes.data
    before = begin % _ALIGNED
    buffer: int = _buffer_at(begin - before, array.nbytes + before)
    _put(buffer, tensor, begin)
    return buffer
