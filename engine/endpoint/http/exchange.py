"""One request and its answer, on a thread of its own."""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence

from engine.endpoint.http import protocol
from engine.endpoint.http.connections import Connections
from engine.endpoint.http.events import event_data
from engine.errors import EndpointError

BODY_LIMIT = 8 * 1024 * 1024
"""Longest answer that is no stream, and longest line of a stream, in bytes."""
DONE = "[DONE]"
"""The last event of a stream; some servers leave the connection open after it."""
DRAIN_SECONDS = 0.1
"""How long the end of a stream may take after its last event, to keep its connection."""


class Exchange:
    """Asks the server once and says what comes back.

    Neither redirects nor the proxies of the environment are followed: what the user named is
    what is called.

    Args:
        connections: to the server.
        send: what to ask.
        key: goes into the Authorization header; None sends no such header.
        say: called with what there is of the answer, several lines at once where they are there.
    """

    def __init__(
        self,
        connections: Connections,
        send: protocol.Send,
        *,
        key: str | None,
        say: Callable[[Sequence[protocol.Answer]], None],
    ) -> None:
        self._connections = connections
        self._send = send
        self._key = key
        self._write = say
        self._held: list[protocol.Answer] = []
        """Not said yet, for more is there to be read."""
        self._socket: socket.socket | None = None
        """Of the connection while it is this exchange's."""
        self._lock = threading.Lock()
        self._cancelled = False

    def cancel(self) -> None:
        """Close the connection; a thread that waits on it wakes up."""
        with self._lock:
            self._cancelled = True
            if self._socket is not None:
                with contextlib.suppress(OSError):  # the server was faster
                    self._socket.shutdown(socket.SHUT_RDWR)

    def run(self) -> None:
        """Ask, and say the answer to its end; never raises."""
        try:
            self._converse()
        except EndpointError as error:
            self._fail(str(error), again=False)
        except TimeoutError:
            silence = f"{self._send.silence:g} seconds"
            self._fail(self._server(f"said nothing for {silence}"), again=True)
        except ConnectionRefusedError:
            self._fail(self._server("is not running: nothing listens there"), again=True)
        except ssl.SSLCertVerificationError as error:
            reason = f"has no valid certificate: {error.verify_message}"
            self._fail(self._server(reason), again=False)
        except UnicodeDecodeError:
            self._fail(self._server("sent text that is not UTF-8"), again=False)
        except http.client.IncompleteRead:
            self._fail(self._server("broke off in the middle of its answer"), again=True)
        except http.client.HTTPException as error:
            reason = f"does not answer in HTTP ({type(error).__name__})"
            self._fail(self._server(reason), again=True)
        except OSError as error:
            reason = f"broke the connection ({error.strerror or error})"
            self._fail(self._server(reason), again=True)
        finally:
            if self._socket is not None:
                self._socket.close()

    def _fail(self, message: str, *, again: bool) -> None:
        if not self._cancelled:
            self._held.append(protocol.ExchangeFailed(self._send.id, self._hide(message), again))
            self._say()

    def _say(self) -> None:
        """Say what is held; each time costs both processes a call."""
        if self._held:
            self._write(self._held)
            self._held = []

    def _server(self, predicate: str) -> str:
        return f"the server at {self._connections.base} {predicate}"

    def _hide(self, text: str) -> str:
        """Some servers repeat the key they were sent."""
        return text.replace(self._key, "[key]") if self._key else text

    def _converse(self) -> None:
        connection, response = self._answered()
        if 300 <= response.status < 400:
            raise EndpointError(
                self._server("answers with a redirect, which is not followed: name its target")
            )
        after = response.getheader("Retry-After")
        self._held.append(protocol.Head(self._send.id, response.status, after))
        kind = response.getheader("Content-Type", "").partition(";")[0].strip().lower()
        if response.status == http.client.OK and kind == "text/event-stream":
            self._stream(response)
            self._held.append(protocol.End(self._send.id))
        else:
            self._held.append(protocol.Body(self._send.id, self._read(response)))
        # released first: whoever hears the end may ask at once and finds this connection
        if response.isclosed() and connection.sock is not None:
            self._release(connection)
        self._say()

    def _stream(self, response: http.client.HTTPResponse) -> None:
        for data in event_data(self._lines(response)):
            self._held.append(protocol.Data(self._send.id, data))
            if data.strip() == DONE:
                break
        with contextlib.suppress(OSError, http.client.HTTPException):
            if self._socket is not None:
                self._socket.settimeout(DRAIN_SECONDS)
            response.read(BODY_LIMIT)

    def _answered(self) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """The beginning of the answer, on a connection kept from before where there is one."""
        kept = self._connections.kept()
        if kept is not None:
            try:
                return kept, self._ask(kept)
            except (ConnectionResetError, BrokenPipeError):
                if self._cancelled:
                    raise
                kept.close()  # at rest too long: the server closed it and answered nothing
        opened = self._connections.open()
        return opened, self._ask(opened)

    def _ask(self, connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
        with self._lock:
            self._socket = connection.sock
            if self._cancelled:
                raise EndpointError("cancelled")
        connection.sock.settimeout(self._send.silence)
        body = None if self._send.body is None else self._send.body.encode("utf-8")
        path = f"{self._connections.base.root}{self._send.path}"
        connection.request(self._send.method, path, body, self._headers())
        return connection.getresponse()

    def _release(self, connection: http.client.HTTPConnection) -> None:
        """Leave the connection to the next exchange; this one can no longer be cancelled."""
        with self._lock:
            self._socket = None
            if not self._cancelled:
                self._connections.keep(connection)

    def _read(self, response: http.client.HTTPResponse) -> str:
        raw = response.read(BODY_LIMIT + 1)
        if len(raw) > BODY_LIMIT:
            raise EndpointError(self._server(f"sent more than {BODY_LIMIT} bytes: not read"))
        if response.status == http.client.OK:
            return raw.decode("utf-8")
        return self._hide(raw.decode("utf-8", "replace"))

    def _lines(self, response: http.client.HTTPResponse) -> Iterator[bytes]:
        while True:
            if not self._more(response):
                self._say()
            line = response.readline(BODY_LIMIT + 1)
            if not line:
                return
            if len(line) > BODY_LIMIT:
                raise EndpointError(self._server(f"sent a line of more than {BODY_LIMIT} bytes"))
            yield line

    def _more(self, response: http.client.HTTPResponse) -> bool:
        """Whether there is more of a stream to be read without waiting for it."""
        made, buffer = self._socket, response.fp
        if made is None or not isinstance(buffer, io.BufferedReader):
            return False
        if isinstance(made, ssl.SSLSocket):
            return False  # what it has read is not seen from outside
        made.settimeout(0)
        try:
            # the end of a chunk is read with the beginning of the next
            return bool(buffer.peek(1).strip())
        except OSError:
            return False
        finally:
            made.settimeout(self._send.silence)

    def _headers(self) -> dict[str, str]:
        headers = {
            "Accept": "text/event-stream, application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "pairlab",
        }
        if self._send.body is not None:
            headers["Content-Type"] = "application/json"
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        return headers
