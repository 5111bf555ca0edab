"""A small HTTP server that answers as a test tells it to, also in ways no server should."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    reader: asyncio.StreamReader
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the client has closed the connection."""


Act = Callable[[Seen, asyncio.StreamWriter], Awaitable[None]]


def plain(status: int, body: str | bytes, headers: Mapping[str, str] | None = None) -> Act:
    """A whole answer with a status."""
    raw = body.encode() if isinstance(body, str) else body

    async def act(_seen: Seen, writer: asyncio.StreamWriter) -> None:
        said = {"Content-Type": "application/json", "Content-Length": str(len(raw))}
        lines = [f"{k}: {v}" for k, v in (said | dict(headers or {})).items()]
        writer.write("\r\n".join([f"HTTP/1.1 {status} X", *lines, "", ""]).encode() + raw)

    return act


def answer(body: Any) -> Act:
    """A JSON body."""
    return plain(200, json.dumps(body))


def chunk(text: str | None = None, *, index: int = 0, finish: str | None = None) -> str:
    """One event of a chat stream."""
    delta = {} if text is None else {"content": text}
    return json.dumps({"choices": [{"index": index, "delta": delta, "finish_reason": finish}]})


def usage(prompt: int, completion: int, cached: int = 0) -> str:
    """The event that tells the token counts."""
    return json.dumps(
        {
            "choices": [],
            "usage": {
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "prompt_tokens_details": {"cached_tokens": cached},
            },
        }
    )


def events(*data: str) -> Act:
    """A stream of just these events, in chunked encoding, closed properly."""
    return raw_stream("".join(f"data: {one}\n\n" for one in data).encode())


def raw_stream(payload: bytes, *, whole: bool = True) -> Act:
    """A stream of these bytes, cut into small chunks; without its end if not ``whole``."""

    async def act(_seen: Seen, writer: asyncio.StreamWriter) -> None:
        _stream_head(writer)
        for start in range(0, len(payload), 7):
            part = payload[start : start + 7]
            writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        if whole:
            writer.write(b"0\r\n\r\n")

    return act


def says(*texts: str, finish: str = "stop") -> Act:
    """A proper stream of one choice."""
    return events(*(chunk(text) for text in texts), chunk(finish=finish), "[DONE]")


def begins(*data: str) -> Act:
    """A stream that begins and then waits until the client goes."""

    async def act(seen: Seen, writer: asyncio.StreamWriter) -> None:
        _stream_head(writer)
        for one in data:
            part = f"data: {one}\n\n".encode()
            writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        await silence(seen, writer)

    return act


async def silence(seen: Seen, writer: asyncio.StreamWriter) -> None:
    """No more word until the client goes."""
    await writer.drain()
    await seen.reader.read()
    seen.gone.set()


async def hang_up(_seen: Seen, writer: asyncio.StreamWriter) -> None:
    """The connection closed without a word."""


def _stream_head(writer: asyncio.StreamWriter) -> None:
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )


class Server:
    """Answers each request with the next act; ``/v1/models`` by itself."""

    def __init__(self) -> None:
        self.acts: deque[Act] = deque()
        self.seen: list[Seen] = []
        """Every request but those for the list of models."""
        self.headers_of_models: list[dict[str, str]] = []
        self.models: Act = answer({"data": [{"id": "tiny", "owned_by": "test"}]})
        self.otherwise: Act = plain(404, '{"error": {"message": "no such route"}}')
        """What comes when all acts are used up."""
        self._asyncio: asyncio.Server | None = None
        self._arrived: asyncio.Condition = asyncio.Condition()

    @property
    def port(self) -> int:
        assert self._asyncio is not None
        port: int = self._asyncio.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._asyncio = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def stop(self) -> None:
        assert self._asyncio is not None
        self._asyncio.close()
        await self._asyncio.wait_closed()

    async def wait_seen(self, requests: int) -> None:
        """Wait until this many requests have arrived."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.seen) >= requests)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            seen = await _read(reader)
            if seen.path == "/v1/models":
                self.headers_of_models.append(seen.headers)
                await self.models(seen, writer)
            else:
                self.seen.append(seen)
                async with self._arrived:
                    self._arrived.notify_all()
                act = self.acts.popleft() if self.acts else self.otherwise
                await act(seen, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    headers = {
        name.lower(): value for name, _, value in (row.partition(": ") for row in head[1:] if row)
    }
    raw = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(method, path, headers, json.loads(raw) if raw else None, reader)
