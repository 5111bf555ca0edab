"""What takes long inside the store, told to whoever waits for it.

Opening a file may have work to do that nobody asked for: a newer schema, a million events that
another program wrote; writing a file anew has. It is said here, and the command line or the app
listens.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

T = TypeVar("T")
Listener = Callable[[str], object]

_STEP: Final = 10_000
"""Rows between two words."""

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Have what takes long told from now on, in place of who listened before; in any thread."""
    _listeners[:] = [listener]


@contextmanager
def heard(listener: Listener) -> Iterator[None]:
    """The same for a while; who listened before does so again afterwards."""
    before = [*_listeners]
    listen(listener)
    try:
        yield
    finally:
        _listeners[:] = before


def say(words: str) -> None:
    """Tell what is being done, in small letters and without a dot."""
    for listener in _listeners:
        listener(words)


def counted(rows: Iterable[T], words: str, total: int | None = None) -> Iterator[T]:
    """The rows, told of by number where they are many."""
    for done, row in enumerate(rows):
        _tell(words, done, total)
        yield row


def counted_calls(call: Callable[..., T], words: str, total: int) -> Callable[..., T]:
    """A function that SQLite calls for each row, told of in the same way."""
    numbers = itertools.count()

    def told(*given: object) -> T:
        _tell(words, next(numbers), total)
        return call(*given)

    return told


def _tell(words: str, done: int, total: int | None) -> None:
    if done and done % _STEP == 0:
        say(f"{words}: {done:,}" + ("" if total is None else f" of {total:,}"))
