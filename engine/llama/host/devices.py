"""What ggml tells of the devices that models are computed on; its functions by name."""

from __future__ import annotations

import ctypes
from typing import Any, Final

import llama_cpp

_GPU: Final = 1  # GGML_BACKEND_DEVICE_TYPE_GPU


def function(name: str, result: Any, *takes: Any) -> Any:
    """A function of ggml's, which llama.cpp's library brings along.

    Raises:
        AttributeError: this ggml has none of that name.
    """
    return ctypes.CFUNCTYPE(result, *takes)((name, llama_cpp.llama_cpp._lib))


_size: Final = ctypes.c_size_t
_pointer: Final = ctypes.c_void_p
_count = function("ggml_backend_dev_count", _size)
_get = function("ggml_backend_dev_get", _pointer, _size)
_type = function("ggml_backend_dev_type", ctypes.c_int, _pointer)
_memory = function("ggml_backend_dev_memory", None, _pointer, _pointer, _pointer)


def free_on_gpus() -> int | None:
    """Bytes that are free on all GPUs with memory of their own; None where there is none."""
    devices = [_get(index) for index in range(_count())]
    told = [_free(device) for device in devices if _type(device) == _GPU]
    return sum(told) if told else None


def _free(device: int) -> int:
    free, total = _size(), _size()
    _memory(device, ctypes.addressof(free), ctypes.addressof(total))
    return free.value
