"""The HTTP process: requests on stdin, answers on stdout, one loop over all connections."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from engine import writelock
from engine.child.codec import ProtocolError
from engine.endpoint.http import address, protocol
from engine.endpoint.http.connections import Connection, Connections
from engine.endpoint.http.exchange import Exchange
from engine.endpoint.http.key import api_key
from engine.errors import EndpointError
from engine.privacy import leave_no_traces

ALLOW_REMOTE = "--allow-remote"
_OPENERS: Final = 32
"""Connections that are opened at the same time: a name may take seconds to be looked up."""
_AT_A_TIME: Final = 256 * 1024
_STDIN, _STDOUT = 0, 1


class Process:
    """The requests under way."""

    def __init__(
        self, bases: Sequence[address.Base], *, key: str | None, allow_remote: bool
    ) -> None:
        self._servers = [Connections(base, allow_remote=allow_remote) for base in bases]
        self._key = key
        self._exchanges: dict[int, Exchange] = {}
        self._carried: dict[int, Connection] = {}
        """By the id of their exchange."""
        self._selector = selectors.DefaultSelector()
        self._openers = ThreadPoolExecutor(_OPENERS)
        self._opened: deque[tuple[Exchange, Connection | Exception]] = deque()
        self._wake, self._waker = socket.socketpair()
        self._line = bytearray()
        """The beginning of a request whose end has not come."""
        self._out: list[protocol.Answer] = []
        self._expires = float("inf")
        """No deadline is earlier."""

    def serve(self) -> None:
        """Answer until stdin ends."""
        self._wake.settimeout(0)
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._selector.register(_STDIN, selectors.EVENT_READ)
        going = True
        while going:
            wait = max(0.0, self._expires - time.monotonic())
            asked = False
            for key, mask in self._selector.select(None if wait == float("inf") else wait):
                if isinstance(key.data, Connection):
                    self._move(key.data, mask)
                elif key.fd == _STDIN:
                    asked = True
                else:
                    self._attach_opened()
            if asked:  # after the connections: one that the server has closed is not used again
                going = self._read_requests()
            if time.monotonic() >= self._expires:
                self._expire()
            self._say()

    # -- the app --------------------------------------------------------------------------------

    def _read_requests(self) -> bool:
        """Take what the app asks; False at the end of stdin."""
        data = os.read(_STDIN, _AT_A_TIME)
        self._line += data
        if b"\n" in data:
            *lines, rest = bytes(self._line).split(b"\n")
            self._line = bytearray(rest)
            for line in lines:
                self._take(line)
        return bool(data)

    def _take(self, line: bytes) -> None:
        try:
            request = protocol.REQUESTS.decode(line)
        except ProtocolError as error:
            self._out.append(protocol.ExchangeFailed(0, str(error), again=False))
            return
        if isinstance(request, protocol.Abort):
            self._exchanges.pop(request.id, None)
            if connection := self._carried.pop(request.id, None):
                self._close(connection)
            return
        server = self._servers[request.server]
        try:
            exchange = Exchange(server.base, request, key=self._key, now=time.monotonic())
        except EndpointError as error:
            self._out.append(protocol.ExchangeFailed(request.id, str(error), again=False))
            return
        self._exchanges[request.id] = exchange
        if server.idle:
            self._attach(server.idle.pop(), exchange)
        else:
            self._open(server, exchange)

    def _say(self) -> None:
        """Write all there is at once; each write costs both processes a call."""
        if not self._out:
            return
        left = memoryview(b"".join(map(protocol.ANSWERS.encode, self._out)))
        self._out = []
        try:
            while left:
                left = left[os.write(_STDOUT, left) :]
        except BrokenPipeError:
            os._exit(0)  # the app has gone

    # -- connections ----------------------------------------------------------------------------

    def _open(self, server: Connections, exchange: Exchange) -> None:
        def run() -> None:
            made: Connection | Exception
            try:
                made = server.open()
            except (OSError, EndpointError) as error:
                made = error
            self._opened.append((exchange, made))
            self._waker.send(b"\0")

        self._openers.submit(run)

    def _attach_opened(self) -> None:
        self._wake.recv(_AT_A_TIME)
        while self._opened:
            exchange, made = self._opened.popleft()
            if isinstance(made, Connection):
                self._selector.register(made.socket, selectors.EVENT_READ, made)
                if exchange.send.id in self._exchanges:
                    self._attach(made, exchange)
                else:
                    self._close(made)
            elif exchange.send.id in self._exchanges:
                exchange.fail(made)
                self._collect(exchange)

    def _attach(self, connection: Connection, exchange: Exchange) -> None:
        """Ask over this connection."""
        connection.exchange = exchange
        connection.unsent = exchange.request
        self._carried[exchange.send.id] = connection
        exchange.deadline = time.monotonic() + exchange.send.silence
        self._expires = min(self._expires, exchange.deadline)
        self._move(connection, selectors.EVENT_WRITE)

    def _move(self, connection: Connection, mask: int) -> None:
        """Send and take what can be sent and taken now."""
        exchange = connection.exchange
        if exchange is None:  # at rest: what can be read is its end, or was not asked for
            connection.server.idle.remove(connection)
            self._close(connection)
            return
        try:
            if mask & selectors.EVENT_WRITE:
                self._send(connection)
            if mask & selectors.EVENT_READ:
                data = connection.read()
                if data:
                    exchange.push(data, time.monotonic())
                elif data is not None:
                    exchange.close()
        except (ConnectionResetError, BrokenPipeError) as error:
            if connection.used and not exchange.heard:
                # at rest too long: the server closed it and answered nothing
                del self._carried[exchange.send.id]
                self._close(connection)
                self._open(connection.server, exchange)
                return
            exchange.fail(error)
        except Exception as error:  # noqa: BLE001 - it is told, and the others go on
            exchange.fail(error)
        self._expires = min(self._expires, exchange.deadline)
        self._collect(exchange)

    def _send(self, connection: Connection) -> None:
        before = connection.unsent
        connection.send()
        waits = bool(connection.unsent)
        if waits or len(before) != len(connection.unsent):
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if waits else 0)
            if self._selector.get_key(connection.socket).events != events:
                self._selector.modify(connection.socket, events, connection)

    def _collect(self, exchange: Exchange) -> None:
        """Take what there is to say of an exchange; its connection rests where it has ended."""
        if said := exchange.said():
            self._out.append(said)
            if len(self._out) >= protocol.TOGETHER:
                self._say()
        if not exchange.ended:
            return
        del self._exchanges[exchange.send.id]
        connection = self._carried.pop(exchange.send.id, None)
        if connection is None:
            return
        if exchange.reusable and not connection.unsent:
            connection.exchange, connection.used = None, True
            connection.server.idle.append(connection)
        else:
            self._close(connection)

    def _close(self, connection: Connection) -> None:
        self._selector.unregister(connection.socket)
        connection.socket.close()

    def _expire(self) -> None:
        """End what has waited for too long."""
        now = time.monotonic()
        for number in tuple(self._carried):
            exchange = self._exchanges[number]
            if exchange.deadline <= now:
                try:
                    exchange.expire()
                except TimeoutError as error:
                    exchange.fail(error)
                self._collect(exchange)
        waiting = (self._exchanges[number].deadline for number in self._carried)
        self._expires = min(waiting, default=float("inf"))


def main() -> int:
    """Run until the app closes stdin."""
    leave_no_traces()
    writelock.lock()
    # Ctrl-C in a terminal reaches the whole group; the app decides what to close.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        key = api_key(os.environ)
        bases = [address.parse(word) for word in sys.argv[1:] if word != ALLOW_REMOTE]
    except EndpointError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    Process(bases, key=key, allow_remote=ALLOW_REMOTE in sys.argv).serve()
    # Threads may still wait for the server: leave without waiting for them.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
