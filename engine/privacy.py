"""What a process leaves behind: files its owner alone can read, and no picture of its memory."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4
"""``linux/prctl.h``."""


def leave_no_traces() -> None:
    """Call at the start of a process.

    Memory holds the texts of the project, so it is not written to the disk when the process dies,
    and other processes of the same person cannot read it.
    """
    os.umask(0o077)
    with contextlib.suppress(ImportError):  # Windows has neither
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
