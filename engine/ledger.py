"""The requests a host owes answers to, and what becomes of them when it dies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.owed import Owed
from engine.protocol import Answer, Request

MOST_DEATHS_OF_A_REQUEST = 2
"""A request that was being worked on when this many hosts died is given up."""


class Ledger:
    """Open requests by number.

    Those a host died over are sent to the next host one at a time, after the others: so the one
    that kills hosts is found, and takes no other with it.
    """

    def __init__(self, send: Callable[[Request], bool]) -> None:
        """``send`` passes a request to the host; False when there is none to take it."""
        self._send = send
        self._owed: dict[int, Owed[Any]] = {}

    def __len__(self) -> int:
        return len(self._owed)

    def add(self, owed: Owed[Any]) -> None:
        """Take a request and send it if there is a host."""
        self._owed[owed.request.id] = owed
        owed.sent = self._send(owed.request)

    def remove(self, owed: Owed[Any]) -> None:
        """The request is over, one way or another."""
        self._owed.pop(owed.request.id, None)
        if owed.deaths and owed.sent:
            self._send_next_suspect()

    def take(self, answer: Answer) -> bool:
        """Pass an answer on; True when it completes its request."""
        owed = self._owed.get(answer.id)
        if owed is None:
            return False
        owed.take(answer)
        return owed.future.done()

    def send_all(self) -> None:
        """There is a new host."""
        for owed in list(self._owed.values()):
            if not owed.deaths:
                owed.sent = self._send(owed.request)
        self._send_next_suspect()

    def blame(self, error: Exception) -> None:
        """A host died: count it against what it was working on.

        Args:
            error: what a request fails with that has killed too many.
        """
        sent = [owed for owed in self._owed.values() if owed.sent]
        for owed in [owed for owed in sent if owed.begun] or sent:
            owed.deaths += 1
            if owed.deaths >= MOST_DEATHS_OF_A_REQUEST:
                owed.fail(error)

    def again(self) -> None:
        """The host is gone: every request starts anew."""
        for owed in self._owed.values():
            owed.again()

    def fail(self, error: Exception) -> None:
        """There will be no other host."""
        for owed in list(self._owed.values()):
            owed.fail(error)

    def _send_next_suspect(self) -> None:
        suspects = [owed for owed in self._owed.values() if owed.deaths and not owed.future.done()]
        if suspects and not any(owed.sent for owed in suspects):
            suspects[0].sent = self._send(suspects[0].request)
