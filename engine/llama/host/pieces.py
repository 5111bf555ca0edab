"""Gathers what is written into few lines: the first piece at once, then some 20 a second.

With many requests each has fewer lines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.llama.protocol import Pieces

INTERVAL = 0.05
"""Seconds between two lines of one request; a screen shows no more."""
_LINES = 160
"""Lines a second of all requests together: nobody watches more than a few."""


@dataclass(slots=True)
class _Pending:
    """What one request has written since its last line."""

    texts: dict[int, str] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    sent_at: float = 0.0
    decode: int = 0
    due: bool = False


class PieceBuffer:
    """Texts on their way out, by request and choice."""

    def __init__(self, send: Callable[[Pieces], None], clock: Callable[[], float]) -> None:
        self._send = send
        self._clock = clock
        self._requests: dict[int, _Pending] = {}

    def add(self, request: int, choice: int, text: str, decode: int) -> None:
        """Add ``text``, which was known after the model's run number ``decode``."""
        if not text:
            return
        pending = self._requests.setdefault(request, _Pending())
        pending.texts[choice] = pending.texts.get(choice, "") + text
        pending.decode = decode
        if choice not in pending.seen:
            pending.seen.add(choice)
            pending.due = True

    def flush_due(self) -> None:
        """Send what has waited long enough, and every first piece."""
        now = self._clock()
        interval = max(INTERVAL, len(self._requests) / _LINES)
        for request, pending in self._requests.items():
            if pending.texts and (pending.due or now - pending.sent_at >= interval):
                self._flush(request, pending, now)

    def flush(self, request: int) -> None:
        """Send what there is of one request."""
        pending = self._requests.get(request)
        if pending is not None and pending.texts:
            self._flush(request, pending, self._clock())

    def forget(self, request: int) -> None:
        """The request is over."""
        self._requests.pop(request, None)

    def _flush(self, request: int, pending: _Pending, now: float) -> None:
        self._send(Pieces(request, tuple(sorted(pending.texts.items())), pending.decode))
        pending.texts = {}
        pending.sent_at = now
        pending.due = False
