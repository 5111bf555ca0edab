"""Opening sqlite-utils without what it takes along wherever it is installed.

sqlite-utils imports numpy and pandas, where they are there, to know their types in rows. No row
of ours has one, and the two cost more time than the rest of the start together.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager

UNUSED = ("numpy", "pandas")


def open_the_door() -> None:
    """Import sqlite-utils by itself; call before anything else does, and before any thread."""
    with _absent(*UNUSED):
        importlib.import_module("sqlite_utils")


@contextmanager
def _absent(*names: str) -> Iterator[None]:
    """As if these were not installed; what was imported before stays."""
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # what the import system reads as absent
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
