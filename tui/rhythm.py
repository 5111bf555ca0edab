"""How the work goes: done today, this hour's pace, and when a pause would be good; no screen."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta

from store import clock

HOUR = timedelta(hours=1)
PAUSE = timedelta(minutes=5)
"""Time without a label that counts as a pause."""
STRETCH = timedelta(minutes=50)
"""Work without a pause behind which one is suggested, quietly and once."""
FEWEST = 5
"""Labels below which a pace says nothing."""


class Rhythm:
    """One annotator's labels of today.

    Args:
        times: when they were given, oldest first, as they are stored.
    """

    def __init__(self, times: Iterable[str] = ()) -> None:
        self._times = [clock.parse(at) for at in times]
        self._start: datetime | None = None
        """Since when there was no pause."""
        self._told: datetime | None = None
        """When a pause was suggested last."""
        for before, time in zip([None, *self._times], self._times, strict=False):
            self._go_on(before, time)

    @property
    def today(self) -> int:
        """How many there are."""
        return len(self._times)

    def add(self, at: str) -> str:
        """One more; what is to be said at this moment, mostly nothing."""
        now = clock.parse(at)
        start = self._go_on(self._times[-1] if self._times else None, now)
        self._times.append(now)
        if now - max(start, self._told or start) < STRETCH:
            return ""
        self._told = now
        minutes = round((now - start).total_seconds() / 60)
        return f"{minutes} minutes without a pause: a good place for one"

    def pace(self, at: str) -> int | None:
        """Labels an hour, over the last hour or what there is of it; None where they are few."""
        now = clock.parse(at)
        recent = self._times[bisect_right(self._times, now - HOUR) :]
        if len(recent) < FEWEST:
            return None
        worked = max((now - recent[0]).total_seconds(), 60.0)
        return round((len(recent) - 1) * 3600 / worked)

    def words(self, at: str) -> list[str]:
        """``38 today`` and ``96 an hour``, as far as there is something to say."""
        pace = self.pace(at)
        return [
            *([f"{self.today:,} today"] if self._times else ()),
            *([f"{pace:,} an hour"] if pace else ()),
        ]

    def _go_on(self, before: datetime | None, now: datetime) -> datetime:
        """Since when there was no pause, at one more label behind the one before."""
        if self._start is None or before is None or now - before >= PAUSE:
            self._start = now
        return self._start


def midnight(at: str) -> str:
    """The beginning of today on this machine's clock, as times are stored."""
    today = clock.parse(at).astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    return clock.stamp(today)
