"""One request and its answer, on a connection and a thread of its own."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable, Iterator

from engine.endpoint.http import address, protocol
from engine.endpoint.http.events import event_data
from engine.errors import EndpointError

BODY_LIMIT = 8 * 1024 * 1024
"""Longest answer that is no stream, and longest line of a stream, in bytes."""
CONNECT_SECONDS = 10.0


class Exchange:
    """Asks the server once and says what comes back.

    Neither redirects nor the proxies of the environment are followed: what the user named is
    what is called.

    Args:
        base: the server.
        send: what to ask.
        key: goes into the Authorization header; None sends no such header.
        allow_remote: whether the server may be another machine.
        say: called with each line of the answer.
    """

    def __init__(
        self,
        base: address.Base,
        send: protocol.Send,
        *,
        key: str | None,
        allow_remote: bool,
        say: Callable[[protocol.Answer], None],
    ) -> None:
        self._base = base
        self._send = send
        self._key = key
        self._allow_remote = allow_remote
        self._say = say
        self._socket: socket.socket | None = None
        self._cancelled = False

    def cancel(self) -> None:
        """Close the connection; a thread that waits on it wakes up."""
        self._cancelled = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # the server was faster

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
            self._say(protocol.ExchangeFailed(self._send.id, self._hide(message), again))

    def _server(self, predicate: str) -> str:
        return f"the server at {self._base} {predicate}"

    def _hide(self, text: str) -> str:
        """Some servers repeat the key they were sent."""
        return text.replace(self._key, "[key]") if self._key else text

    def _converse(self) -> None:
        connection = self._connect()
        body = None if self._send.body is None else self._send.body.encode("utf-8")
        path = f"{self._base.root}{self._send.path}"
        connection.request(self._send.method, path, body, self._headers())
        response = connection.getresponse()
        if 300 <= response.status < 400:
            raise EndpointError(
                self._server("answers with a redirect, which is not followed: name its target")
            )
        after = response.getheader("Retry-After")
        self._say(protocol.Head(self._send.id, response.status, after))
        kind = response.getheader("Content-Type", "").partition(";")[0].strip().lower()
        if response.status == http.client.OK and kind == "text/event-stream":
            for data in event_data(self._lines(response)):
                self._say(protocol.Data(self._send.id, data))
            self._say(protocol.End(self._send.id))
        else:
            self._say(protocol.Body(self._send.id, self._read(response)))

    def _read(self, response: http.client.HTTPResponse) -> str:
        raw = response.read(BODY_LIMIT + 1)
        if len(raw) > BODY_LIMIT:
            raise EndpointError(self._server(f"sent more than {BODY_LIMIT} bytes: not read"))
        if response.status == http.client.OK:
            return raw.decode("utf-8")
        return self._hide(raw.decode("utf-8", "replace"))

    def _lines(self, response: http.client.HTTPResponse) -> Iterator[bytes]:
        while line := response.readline(BODY_LIMIT + 1):
            if len(line) > BODY_LIMIT:
                raise EndpointError(self._server(f"sent a line of more than {BODY_LIMIT} bytes"))
            yield line

    def _headers(self) -> dict[str, str]:
        headers = {
            "Accept": "text/event-stream, application/json",
            "Accept-Encoding": "identity",
            "Connection": "close",
            "User-Agent": "pairlab",
        }
        if self._send.body is not None:
            headers["Content-Type"] = "application/json"
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        return headers

    def _connect(self) -> http.client.HTTPConnection:
        """Connect to an address that was checked, not to the name again."""
        host, port = self._base.host, self._base.port
        found = address.places(self._base, allow_remote=self._allow_remote)
        plain = _open(found)
        self._socket = plain
        if self._base.scheme == "http":
            connection = http.client.HTTPConnection(host, port)
            connection.sock = plain
        else:
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(host, port, context=context)
            connection.sock = self._socket = context.wrap_socket(plain, server_hostname=host)
        self._socket.settimeout(self._send.silence)
        if self._cancelled:
            raise EndpointError("cancelled")
        return connection


def _open(found: list[address.ResolvedAddress]) -> socket.socket:
    """The first address that takes a connection."""
    for place in found[:-1]:
        try:
            return _open_one(place)
        except OSError:
            continue
    return _open_one(found[-1])


def _open_one(place: address.ResolvedAddress) -> socket.socket:
    made = socket.socket(place.family, socket.SOCK_STREAM)
    try:
        made.settimeout(CONNECT_SECONDS)
        made.connect(place.address)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        made.close()
        raise
    return made
