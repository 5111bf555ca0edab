"""Telling a press of a key from the repeats of one that is held down.

A terminal sends a held key as the same byte again and again: the second one comes when the
keyboard's delay is over (200 ms to 1 s), the others at 25 to 40 a second. So a key that follows
itself at once is a repeat, and one that follows itself within :data:`DOUBT` may be the first
repeat: whether it is shows in what comes, or does not come, within :data:`REPEAT`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from weakref import WeakKeyDictionary

from textual.events import Event, Key

REPEAT = 0.12
"""Longest time in seconds between two repeats of a held key; slow keyboards send 25 a second."""

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


class Press(Enum):
    """What a key event is."""

    NEW = auto()
    DOUBTFUL = auto()
    """A second press, or the first repeat of a held key."""
    REPEATED = auto()


@dataclass(frozen=True, slots=True)
class _Held:
    """A doubtful press and what it would do."""

    key: str
    at: float
    do: Callable[[], None]
    refuse: Callable[[], None]


class Presses:
    """Every key event of the app, and what the one being handled is.

    Args:
        later: calls something after so many seconds.
    """

    def __init__(self, later: Callable[[float, Callable[[], None]], object]) -> None:
        self.clock = InputClock()
        self.key = ""
        """The key being handled."""
        self.at = 0.0
        """When it was pressed."""
        self.press = Press.NEW
        self._later = later
        self._last: dict[str, float] = {}
        self._known: WeakKeyDictionary[Event, Press] = WeakKeyDictionary()
        self._held: _Held | None = None

    def take(self, event: Key) -> None:
        """A key event is about to be handled; one that was taken before keeps its meaning."""
        at = self.clock.of(event)
        known = self._known.get(event)
        if known is None:
            known = self._known[event] = self._meaning(event.key, at)
            self._last[event.key] = at
            self._settle(event.key, known)
        self.key, self.at, self.press = event.key, at, known

    @property
    def in_doubt(self) -> bool:
        """Whether a key waits for what comes behind it."""
        return self._held is not None

    def once(self, do: Callable[[], None], refuse: Callable[[], None]) -> None:
        """Do what the key being handled asks for, once however long it is held.

        Args:
            do: called at once, or a moment later where only that tells a press from a repeat.
            refuse: called when the key is a repeat.
        """
        if self.press is Press.REPEATED:
            refuse()
        elif self.press is Press.DOUBTFUL:
            self._held = _Held(self.key, self.at, do, refuse)
            self._later(REPEAT, self._look)
        else:
            do()

    def _meaning(self, key: str, at: float) -> Press:
        since = at - self._last.get(key, at - 2 * DOUBT)
        if since <= REPEAT:
            return Press.REPEATED
        return Press.DOUBTFUL if since <= DOUBT else Press.NEW

    def _settle(self, key: str, press: Press) -> None:
        """The next key tells what the doubtful one was."""
        held, self._held = self._held, None
        if held is not None:
            repeated = held.key == key and press is Press.REPEATED
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
