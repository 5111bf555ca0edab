"""Telling a press of a key from the repeats of one that is held down.

A terminal sends a held key as the same byte again and again: the second one comes when the
keyboard's delay is over (200 ms to 1 s), the others at 25 to 40 a second, less evenly over a
network. So a key that follows itself at once is a repeat, and one that follows itself within
:data:`DOUBT` may be the first repeat: whether it is shows in what comes, or does not come, within
:data:`REPEAT`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from weakref import WeakKeyDictionary

from textual.events import Event, Key

REPEAT = 0.15
"""Longest time in seconds between two repeats of a held key; slow keyboards send 25 a second."""

UNEVEN = 0.35
"""The same where keys come unevenly, for what nobody does twice in that time."""

DOUBT = 1.0
"""Longest delay in seconds between a press and the first repeat that keyboards can be set to."""


class InputClock:
    """The clock of keys: seconds from an arbitrary start."""

    def of(self, event: Event) -> float:
        """When an event came from the terminal."""
        return event.time

    def now(self) -> float:
        """This moment."""
        return Event().time


class _Held(NamedTuple):
    """A press that may be a repeat, and what it would do."""

    key: str
    at: float
    do: Callable[[], None]
    refuse: Callable[[], None]


class Presses:
    """Every key event of the app, and how long the one being handled follows itself.

    Args:
        later: calls something after so many seconds.
    """

    def __init__(self, later: Callable[[float, Callable[[], None]], object]) -> None:
        self.clock = InputClock()
        self.key = ""
        """The key being handled."""
        self._at = 0.0
        self._since = DOUBT + 1
        self._later = later
        self._last: dict[str, float] = {}
        self._known: WeakKeyDictionary[Event, float] = WeakKeyDictionary()
        self._held: _Held | None = None

    def take(self, event: Key) -> None:
        """A key event is about to be handled; one that was taken before keeps its meaning."""
        at = self.clock.of(event)
        since = self._known.get(event)
        if since is None:
            since = at - self._last.get(event.key, at - DOUBT - 1)
            self._known[event], self._last[event.key] = since, at
            self._settle(event.key, since)
        self.key, self._at, self._since = event.key, at, since

    @property
    def in_doubt(self) -> bool:
        """Whether a key waits for what comes behind it."""
        return self._held is not None

    def quiet_for(self, seconds: float) -> bool:
        """Whether the last key is so long ago."""
        return self.clock.now() - self._at >= seconds

    def is_repeat(self, within: float = REPEAT) -> bool:
        """Whether the key being handled follows itself within so many seconds."""
        return self._since <= max(within, REPEAT)

    def once(
        self, do: Callable[[], None], refuse: Callable[[], None], *, within: float = REPEAT
    ) -> None:
        """Do what the key being handled asks for, once however long it is held.

        Args:
            do: called at once, or a moment later where only that tells a press from a repeat.
            refuse: called when the key is a repeat.
            within: seconds within which the same key is a repeat.
        """
        if self.is_repeat(within):
            refuse()
        elif self._since <= DOUBT:
            self._held = _Held(self.key, self._at, do, refuse)
            self._later(REPEAT, self._look)
        else:
            do()

    def _settle(self, key: str, since: float) -> None:
        """The next key tells what the doubtful one was."""
        held, self._held = self._held, None
        if held is not None:
            repeated = held.key == key and since <= REPEAT
            (held.refuse if repeated else held.do)()

    def _look(self) -> None:
        """Nothing came behind the doubtful key: it was pressed."""
        held = self._held
        if held is None:
            return
        if self.clock.now() - held.at > REPEAT:
            self._held = None
            held.do()
        else:
            self._later(REPEAT / 4, self._look)
