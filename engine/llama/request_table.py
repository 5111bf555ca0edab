"""The requests a host has not yet answered, and what becomes of them when it dies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.llama.protocol import Answer, Request
from engine.llama.requests import OpenRequest

MOST_DEATHS_OF_A_REQUEST = 2
"""A request that was being worked on when this many hosts died is given up."""


class RequestTable:
    """Open requests by number.

    Those a host died over are sent to the next host one at a time, after the others: so the one
    that kills hosts is found, and takes no other with it.
    """

    def __init__(self, send: Callable[[Request], bool]) -> None:
        """``send`` passes a request to the host; False when there is none to take it."""
        self._send = send
        self._owed: dict[int, OpenRequest[Any]] = {}

    def __len__(self) -> int:
        return len(self._owed)

    def add(self, open_request: OpenRequest[Any]) -> None:
        """Take a request and send it if there is a host."""
        self._owed[open_request.request.id] = open_request
        open_request.sent = self._send(open_request.request)

    def remove(self, open_request: OpenRequest[Any]) -> None:
        """The request is over, one way or another."""
        self._owed.pop(open_request.request.id, None)
        if open_request.deaths and open_request.sent:
            self._send_next_suspect()

    def take(self, answer: Answer) -> bool:
        """Pass an answer on; True when it completes its request."""
        open_request = self._owed.get(answer.id)
        if open_request is None:
            return False
        open_request.take(answer)
        return open_request.future.done()

    def send_all(self) -> None:
        """There is a new host."""
        for open_request in list(self._owed.values()):
            if not open_request.deaths:
                open_request.sent = self._send(open_request.request)
        self._send_next_suspect()

    def blame(self, error: Exception) -> None:
        """A host died: count it against what it was working on.

        Args:
            error: what a request fails with that has killed too many.
        """
        sent = [open_request for open_request in self._owed.values() if open_request.sent]
        for open_request in [open_request for open_request in sent if open_request.begun] or sent:
            open_request.deaths += 1
            if open_request.deaths >= MOST_DEATHS_OF_A_REQUEST:
                open_request.fail(error)

    def again(self) -> None:
        """The host is gone: every request starts anew."""
        for open_request in self._owed.values():
            open_request.again()

    def fail(self, error: Exception) -> None:
        """There will be no other host."""
        for open_request in list(self._owed.values()):
            open_request.fail(error)

    def _send_next_suspect(self) -> None:
        suspects = [
            open_request
            for open_request in self._owed.values()
            if open_request.deaths and not open_request.future.done()
        ]
        if suspects and not any(open_request.sent for open_request in suspects):
            suspects[0].sent = self._send(suspects[0].request)
