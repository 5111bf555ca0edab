"""The HTTP process: requests on stdin, answers on stdout, a thread for each request under way."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from engine import writelock
from engine.child.codec import ProtocolError
from engine.endpoint.http import address, protocol
from engine.endpoint.http.connections import Connections
from engine.endpoint.http.exchange import Exchange
from engine.endpoint.http.key import api_key
from engine.errors import EndpointError
from engine.privacy import leave_no_traces

ALLOW_REMOTE = "--allow-remote"
MOST = 4096
"""Requests at the same time; the app asks for far fewer."""


class Process:
    """The requests under way."""

    def __init__(
        self, bases: Sequence[address.Base], *, key: str | None, allow_remote: bool
    ) -> None:
        self._servers = [Connections(base, allow_remote=allow_remote) for base in bases]
        self._key = key
        self._threads = ThreadPoolExecutor(MOST)
        self._under_way: dict[int, Exchange] = {}
        self._stdout = threading.Lock()

    def serve(self) -> None:
        """Answer until stdin ends."""
        for line in sys.stdin.buffer:
            try:
                request = protocol.REQUESTS.decode(line)
            except ProtocolError as error:
                self._say([protocol.ExchangeFailed(0, str(error), again=False)])
                continue
            if isinstance(request, protocol.Send):
                self._start(request)
            elif exchange := self._under_way.get(request.id):
                exchange.cancel()

    def _start(self, send: protocol.Send) -> None:
        connections = self._servers[send.server]
        exchange = Exchange(connections, send, key=self._key, say=self._say)
        self._under_way[send.id] = exchange

        def run() -> None:
            exchange.run()
            del self._under_way[send.id]

        self._threads.submit(run)

    def _say(self, answers: Sequence[protocol.Answer]) -> None:
        lines = b"".join(map(protocol.ANSWERS.encode, answers))
        with self._stdout:
            try:
                sys.stdout.buffer.write(lines)
                sys.stdout.buffer.flush()
            except BrokenPipeError:
                os._exit(0)  # the app has gone


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
