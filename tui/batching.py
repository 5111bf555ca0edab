"""Growing texts, passed on a few times a second however fast the model writes."""

from __future__ import annotations

from collections.abc import Callable

from engine.method.events import RunnerEvent, Writing


class Batches:
    """Keeps the newest state of every growing text until it is time to show it.

    Order is kept: what is stored is never told before the text that led to it.

    Args:
        pass_on: gets the events.
        later: calls back after a short while; called only when something waits.
    """

    def __init__(
        self,
        pass_on: Callable[[RunnerEvent], None],
        later: Callable[[Callable[[], None]], object],
    ) -> None:
        self._pass_on = pass_on
        self._later = later
        self._waiting: dict[tuple[str, str | None], Writing] = {}
        self._resting = False

    def take(self, event: RunnerEvent) -> None:
        """One event of the background worker."""
        if not isinstance(event, Writing):
            self._flush()
            self._pass_on(event)
        elif self._resting:
            self._waiting[event.prompt_id, event.original_id] = event
        else:
            self._pass_on(event)
            self._rest()

    def _rest(self) -> None:
        self._resting = True
        self._later(self._wake)

    def _wake(self) -> None:
        self._resting = False
        if self._waiting:
            self._flush()
            self._rest()

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for event in waiting.values():
            self._pass_on(event)
