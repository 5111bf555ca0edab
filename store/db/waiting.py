"""What takes long inside the store, told to whoever waits for it.

Opening a file may have work to do that nobody asked for: a newer schema, a million events that
another program wrote. It is said here, and the command line or the app listens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

T = TypeVar("T")
Listener = Callable[[str], object]

_STEP: Final = 10_000
"""Rows between two words."""

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Have what takes long told from now on, in place of who listened before; in any thread."""
    _listeners[:] = [listener]


def say(words: str) -> None:
    """Tell what is being done, in small letters and without a dot."""
    for listener in _listeners:
        listener(words)


def counted(rows: Iterable[T], words: str, total: int) -> Iterator[T]:
    """The rows, told of by number where they are many."""
    for done, row in enumerate(rows):
        if done and done % _STEP == 0:
            say(f"{words}: {done:,} of {total:,}")
        yield row
