"""Opening sqlite-utils without what it takes along wherever it is installed.

sqlite-utils imports numpy and pandas, where they are there, to know their types in rows. No row
of ours has one, and the two cost more time than the rest of the start together. It also imports
dateutil's parser for a recipe of its command line; that is loaded when somebody uses it, and a
pattern that takes a third of the import to compile likewise. It has no setting for any of this, so
the import system is told for that one import.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

UNUSED = ("numpy", "pandas")
LATER = "dateutil.parser"
SLOW = "CREATE\\s+VIRTUAL\\s+TABLE"


def open_the_door() -> None:
    """Import sqlite-utils by itself; call before anything else does, in one thread."""
    _load_later(LATER)
    with absent(*UNUSED), _compiled_later():
        importlib.import_module("sqlite_utils")


@contextmanager
def absent(*names: str) -> Iterator[None]:
    """As if these were not installed; what was imported before stays.

    scikit-learn too imports pandas wherever it is, and pyarrow with it: 70 MB that nobody uses.
    """
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # what the import system reads as absent
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


class _Pattern:
    """A pattern that is compiled when something is asked of it."""

    def __init__(self, *given: Any) -> None:
        self._given = given

    def __getattr__(self, name: str) -> Any:
        return getattr(re.compile(*self._given), name)


@contextmanager
def _compiled_later() -> Iterator[None]:
    """Letters of all scripts without regard to case: each of them is looked at."""
    at_once = re.compile

    def compile_(pattern: Any, flags: Any = 0) -> Any:
        late = isinstance(pattern, str) and SLOW in pattern and flags & re.IGNORECASE
        return _Pattern(pattern, flags) if late else at_once(pattern, flags)

    re.compile = compile_
    try:
        yield
    finally:
        re.compile = at_once


def _load_later(name: str) -> None:
    """Let a module be loaded at its first use, as :class:`importlib.util.LazyLoader` says."""
    spec = None if name in sys.modules else importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        return
    spec.loader = loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    loader.exec_module(module)
    package, _, last = name.rpartition(".")
    # where the package lacks it, "from package import module" asks the module, which loads it
    setattr(sys.modules[package], last, module)
