"""Connections to one server, kept open from one request to the next."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

from engine.endpoint.http import address
from engine.endpoint.http.exchange import Exchange

CONNECT_SECONDS = 10.0
_AT_A_TIME = 256 * 1024


@dataclass(slots=True, eq=False)
class Connection:
    """One connection, and the exchange it carries."""

    socket: socket.socket
    server: Connections
    exchange: Exchange | None = None
    used: bool = False
    """It has carried an exchange before: the server may close it at any time."""
    unsent: bytes = b""

    def send(self) -> None:
        """Send what the socket takes now.

        Raises:
            OSError: the connection is broken.
        """
        try:
            sent = self.socket.send(self.unsent)
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return
        self.unsent = self.unsent[sent:]

    def read(self) -> bytes | None:
        """What is there; empty at the end of the connection, None where nothing is.

        Raises:
            OSError: the connection is broken.
        """
        try:
            data = self.socket.recv(_AT_A_TIME)
            # what TLS has taken off the socket already is not seen from outside
            while data and isinstance(self.socket, ssl.SSLSocket) and self.socket.pending():
                data += self.socket.recv(_AT_A_TIME)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        return data


class Connections:
    """Opens connections and keeps those that can serve again.

    Each goes to an address that was checked when it was opened, and none is ever opened anew by
    name behind the caller's back.

    Args:
        base: the server.
        allow_remote: whether it may be another machine.
    """

    def __init__(self, base: address.Base, *, allow_remote: bool) -> None:
        self.base = base
        self.idle: list[Connection] = []
        """Those at rest, the one that was used last at the end."""
        self._allow_remote = allow_remote

    def open(self) -> Connection:
        """A new connection; may take seconds, and may be called on another thread.

        Raises:
            EndpointError: the address is not allowed.
            OSError: nobody takes it.
        """
        made = _connected(address.places(self.base, allow_remote=self._allow_remote))
        try:
            if self.base.scheme == "https":
                context = ssl.create_default_context()
                made = context.wrap_socket(made, server_hostname=self.base.host)
        except OSError:
            made.close()
            raise
        made.settimeout(0)
        return Connection(made, self)


def _connected(found: list[address.ResolvedAddress]) -> socket.socket:
    """A connection to the first address that takes one."""
    for place in found[:-1]:
        try:
            return _connected_to(place)
        except OSError:
            continue
    try:
        return _connected_to(found[-1])
    except TimeoutError as error:
        raise OSError(error.errno, f"not taken within {CONNECT_SECONDS:g} seconds") from error


def _connected_to(place: address.ResolvedAddress) -> socket.socket:
    made = socket.socket(place.family, socket.SOCK_STREAM)
    try:
        made.settimeout(CONNECT_SECONDS)
        made.connect(place.address)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        made.close()
        raise
    return made
