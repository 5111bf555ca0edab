"""A server that answers every chat after the same time and keeps its connections open.

``python -m tests.steady_server SECONDS [AT_ONCE]`` serves in a process of its own and prints its
address.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

LISTING = {"data": [{"id": "steady", "owned_by": "test"}]}
_PIECES = ("A short ", "answer.")


class SteadyServer:
    """Answers streams and bodies alike.

    Args:
        delay: seconds an answer takes.
        capacity: answers it writes at the same time; others wait in it.
        refuses: answers it has at the same time before it says that it is busy.
    """

    def __init__(
        self, delay: float, *, capacity: int = 1 << 20, refuses: int | None = None
    ) -> None:
        self.connections = self.requests = self.refused = self.running = self.most = 0
        self.url = ""
        """Where it listens, or did."""
        self._delay = delay
        self._places = asyncio.Semaphore(capacity)
        self._refuses = refuses
        self._server: asyncio.Server | None = None
        self._open: set[_Connection] = set()
        self._none_open = asyncio.Event()
        self._none_open.set()
        self.begun = asyncio.Event()
        """Set with the first answer that is begun."""

    async def start(self, port: int = 0) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self), "127.0.0.1", port, backlog=1024
        )
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Close everything, in the middle of answers too."""
        assert self._server is not None
        self._server.close()
        await self.close_connections()

    async def close_connections(self) -> None:
        """End all connections, whatever they are at."""
        for connection in tuple(self._open):
            connection.transport.abort()
        await self._none_open.wait()

    def opened(self, connection: _Connection) -> None:
        """Somebody connected."""
        self.connections += 1
        self._open.add(connection)
        self._none_open.clear()

    def closed(self, connection: _Connection) -> None:
        """A connection ended."""
        self._open.discard(connection)
        if not self._open:
            self._none_open.set()

    async def answer(self, connection: _Connection, path: str, raw: bytes) -> None:
        """Answer one request on its connection."""
        if path == "/v1/models":
            connection.send("200 OK", "application/json", json.dumps(LISTING))
            return
        if self._refuses is not None and self.running >= self._refuses:
            self.refused += 1
            connection.send("429 Busy", "application/json", "{}")
            return
        self.requests += 1
        self.begun.set()
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            async with self._places:
                await asyncio.sleep(self._delay)
        finally:
            self.running -= 1
        body = json.loads(raw)
        kind = "text/event-stream" if body.get("stream") else "application/json"
        connection.send("200 OK", kind, _streamed() if body.get("stream") else _whole())


class _Connection(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, server: SteadyServer) -> None:
        self._server = server
        self._held = b""
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._server.opened(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self._server.closed(self)

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, end, rest = self._held.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
        if not end or len(rest) < length:
            return
        self._held = rest[length:]
        path = head.split(b" ", 2)[1].decode()
        task = asyncio.create_task(self._server.answer(self, path, rest[:length]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def send(self, status: str, kind: str, text: str) -> None:
        raw = text.encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(raw)}\r\n\r\n"
        self.transport.write(head.encode() + raw)


def _streamed() -> str:
    pieces: list[Any] = [
        {"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]}
        for piece in _PIECES
    ]
    pieces[-1]["choices"][0]["finish_reason"] = "stop"
    pieces.append({"choices": [], "usage": {"prompt_tokens": 20, "completion_tokens": 4}})
    return "".join(f"data: {json.dumps(piece)}\n\n" for piece in pieces) + "data: [DONE]\n\n"


def _whole() -> str:
    message = {"role": "assistant", "content": "".join(_PIECES)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return json.dumps({"choices": [choice], "usage": {"prompt_tokens": 20, "completion_tokens": 4}})


async def _serve() -> None:
    server = SteadyServer(float(sys.argv[1]), capacity=int((*sys.argv, 1 << 20)[2]))
    await server.start()
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
