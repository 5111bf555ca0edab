"""Which weights llama.cpp multiplies for several tokens at once on a processor.

Such a kernel reads a weight once for a whole block of tokens; without one every token of a prompt,
and every answer written beside others, reads all weights for itself. They are llamafile's
``sgemm.cpp`` and ``repack.cpp`` of ggml-cpu; a GPU has one for every type.
"""

from __future__ import annotations

import platform
from typing import Final

from engine.llama.gguf import GgufHeader

_EVERYWHERE: Final = frozenset({0, 1, 2, 8, 10, 12, 20, 30, 39})
"""F32, F16, Q4_0, Q8_0, Q2_K, Q4_K, IQ4_NL, BF16, MXFP4, as ggml numbers its types."""
_KERNELS: Final = {
    "x86_64": _EVERYWHERE | {6},  # Q5_0
    "aarch64": _EVERYWHERE | {13, 14},  # Q5_K, Q6_K
}
_SAME: Final = {"amd64": "x86_64", "arm64": "aarch64"}


def several_at_once(header: GgufHeader, machine: str | None = None) -> bool:
    """Whether most weights of a file have such a kernel; True where that is not known.

    Args:
        header: of the file.
        machine: kind of processor; None is this machine's.
    """
    machine = (machine or platform.machine()).lower()
    known = _KERNELS.get(_SAME.get(machine, machine))
    if known is None:
        return True
    without = sum(count for kind, count in header.stored_as.items() if kind not in known)
    return without <= header.n_params / 2
