"""One request and its answer, fed with what comes over a connection."""

from __future__ import annotations

import ssl
from typing import Final

from engine.endpoint.http import protocol
from engine.endpoint.http.address import Base
from engine.endpoint.http.events import EventReader
from engine.endpoint.http.response import NotHttp, Response
from engine.errors import EndpointError

BODY_LIMIT: Final = 8 * 1024 * 1024
"""Longest answer that is no stream, and longest event of a stream, in bytes."""
DONE: Final = "[DONE]"
"""The last event of a stream; some servers leave the connection open after it."""
DRAIN_SECONDS: Final = 0.1
"""How long the end of a stream may take after its last event, to keep its connection."""
_OK: Final = 200


class BrokeOff(Exception):
    """The connection ended in the middle of an answer."""


class Exchange:
    """Asks the server once and collects what there is to say of its answer.

    Neither redirects nor the proxies of the environment are followed: what the user named is
    what is called.

    Args:
        base: the server.
        send: what to ask.
        key: goes into the Authorization header; None sends no such header.
        now: seconds from an arbitrary start.

    Raises:
        EndpointError: what is to be sent cannot be.
    """

    def __init__(self, base: Base, send: protocol.Send, *, key: str | None, now: float) -> None:
        self.send = send
        self.request = _request(base, send, key)
        """The bytes that ask."""
        self.ended = False
        self.heard = False
        """Whether anything of an answer has come."""
        self.deadline = now + send.silence
        """When the server has said nothing for too long."""
        self._base = base
        self._key = key
        self._response = Response()
        self._has_head = False
        self._events: EventReader | None = None
        self._body = bytearray()
        self._done = False
        """The last event of the stream is there."""
        self._last: protocol.Answer | None = None
        """What ends it, where that is no stream."""
        self._told = False
        """The app knows that the server has begun to answer with a stream."""
        self._texts: list[str] = []
        """Events the app does not know."""

    @property
    def reusable(self) -> bool:
        """Whether its connection can carry another request."""
        return self.ended and self._response.reusable

    def push(self, data: bytes, now: float) -> None:
        """Take what came over the connection.

        Raises:
            Exception: what :meth:`fail` puts into words.
        """
        self.heard = True
        body = self._response.push(data)
        if self._response.status and not self._has_head:
            self._has_head = True
            self.deadline = now + self.send.silence
            self._read_head()
        if self._events is None:
            self._body += body
            if len(self._body) > BODY_LIMIT:
                raise EndpointError(self._server(f"sent more than {BODY_LIMIT} bytes: not read"))
        else:
            events = self._events.push(body)
            if events and not self._done:  # a byte now and then, or a comment, is no word
                self.deadline = now + self.send.silence
            self._take_events(events)
            if self._events.held_bytes > BODY_LIMIT:
                raise EndpointError(self._server(f"sent a line of more than {BODY_LIMIT} bytes"))
            if self._done and self.deadline > now + DRAIN_SECONDS:
                self.deadline = now + DRAIN_SECONDS
        if self._response.ended:
            self._end()

    def close(self) -> None:
        """The server has ended the connection; raises as :meth:`push` does."""
        if not self.heard:
            raise ConnectionResetError(0, "closed without an answer")
        if not self._response.close() and self._events is None:
            raise BrokeOff
        self._end()

    def expire(self) -> None:
        """The deadline has passed; raises as :meth:`push` does."""
        if not self._done:
            raise TimeoutError
        self._end()

    def fail(self, error: Exception) -> None:
        """End with what went wrong, in words."""
        message, again = self._words(error)
        status = self._response.status
        self.ended, self._response = True, Response()
        self._last = protocol.ExchangeFailed(self.send.id, self._hide(message), again, status)

    def said(self) -> protocol.Answer | None:
        """What is to be told the app since it was asked last; None where that is nothing."""
        if self._last is not None or self._events is None:
            return self._last
        begins, texts = not self._told, tuple(self._texts)
        self._told = True
        self._texts.clear()
        if not (begins or texts or self.ended):
            return None
        return protocol.Data(self.send.id, begins, texts, self.ended)

    def _read_head(self) -> None:
        response = self._response
        if 300 <= response.status < 400:
            raise EndpointError(
                self._server("answers with a redirect, which is not followed: name its target")
            )
        coding = response.headers.get("content-encoding", "identity").lower()
        if coding != "identity" and response.status == _OK:
            raise EndpointError(
                self._server(f"answers in {coding[:20]!r}, which was not asked for")
            )
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if response.status == _OK and kind == "text/event-stream":
            self._events = EventReader()

    def _take_events(self, events: list[str]) -> None:
        """Say the events up to the last one; what comes after it is nobody's business."""
        if self._done or not events:
            return
        last = next((at for at, one in enumerate(events, 1) if one.strip() == DONE), None)
        self._done = last is not None
        self._texts += map(self._hide_in_failure, events[:last])

    def _end(self) -> None:
        if self._events is not None:
            self._take_events(self._events.end())
        else:
            status, after = self._response.status, self._response.headers.get("retry-after")
            text = self._text()
            if status == _OK and text.startswith("data:"):  # a stream that is not called one
                self._events = EventReader()
                self._take_events(self._events.push(bytes(self._body)) + self._events.end())
            else:
                self._last = protocol.Body(self.send.id, status, after, text)
        self.ended = True

    def _text(self) -> str:
        if self._response.status == _OK:
            return self._hide_in_failure(self._body.decode("utf-8-sig"))
        return self._hide(self._body.decode("utf-8", "replace"))

    # -- words ----------------------------------------------------------------------------------

    def _words(self, error: Exception) -> tuple[str, bool]:
        """What went wrong, and whether another try may end better."""
        if isinstance(error, EndpointError):
            return str(error), False
        if isinstance(error, TimeoutError):
            return self._server(f"said nothing for {self.send.silence:g} seconds"), True
        if isinstance(error, ConnectionRefusedError):
            return self._server("is not running: nothing listens there"), True
        if isinstance(error, ssl.SSLCertVerificationError):
            return self._server(f"has no valid certificate: {error.verify_message}"), False
        if isinstance(error, UnicodeDecodeError):
            return self._server("sent text that is not UTF-8"), False
        if isinstance(error, BrokeOff):
            return self._server("broke off in the middle of its answer"), True
        if isinstance(error, NotHttp):
            return self._server(f"does not answer in HTTP ({error})"), True
        if isinstance(error, OSError):
            return self._server(f"broke the connection ({error.strerror or error})"), True
        return self._server(f"could not be asked ({type(error).__name__})"), False

    def _server(self, predicate: str) -> str:
        return f"the server at {self._base} {predicate}"

    def _hide_in_failure(self, text: str) -> str:
        """The same where an answer tells of a failure; a text may hold any word."""
        return self._hide(text) if '"error"' in text else text

    def _hide(self, text: str) -> str:
        """Some servers repeat the key they were sent."""
        return text.replace(self._key, "[key]") if self._key else text


def _request(base: Base, send: protocol.Send, key: str | None) -> bytes:
    try:
        body = b"" if send.body is None else send.body.encode("utf-8")
    except UnicodeEncodeError as error:
        raise EndpointError("a text holds half of a character; nothing was sent") from error
    lines = [
        f"{send.method} {base.root}{send.path} HTTP/1.1",
        f"Host: {base.location}",
        "Accept: text/event-stream, application/json",
        "Accept-Encoding: identity",
        "User-Agent: pairlab",
    ]
    if send.body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body
