"""Connections to one server, kept open from one request to the next."""

from __future__ import annotations

import http.client
import select
import socket
import ssl

from engine.endpoint.http import address

CONNECT_SECONDS = 10.0


class Connections:
    """Opens connections and keeps those that can serve again; safe to use from several threads.

    Each goes to an address that was checked when it was opened, and none is ever opened anew by
    name behind the caller's back.

    Args:
        base: the server.
        allow_remote: whether it may be another machine.
    """

    def __init__(self, base: address.Base, *, allow_remote: bool) -> None:
        self.base = base
        self._allow_remote = allow_remote
        self._idle: list[http.client.HTTPConnection] = []

    def kept(self) -> http.client.HTTPConnection | None:
        """The connection that was used last, None where none is open any more."""
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:
                break  # another thread was faster
            if _is_open(connection):
                return connection
            connection.close()
        return None

    def open(self) -> http.client.HTTPConnection:
        """A new connection.

        Raises:
            EndpointError: the address is not allowed.
            OSError: nobody takes it.
        """
        host, port = self.base.host, self.base.port
        plain = _connected(address.places(self.base, allow_remote=self._allow_remote))
        if self.base.scheme == "http":
            connection = http.client.HTTPConnection(host, port)
            connection.sock = plain
        else:
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(host, port, context=context)
            connection.sock = context.wrap_socket(plain, server_hostname=host)
        connection.auto_open = 0  # it would look the name up again, unchecked
        return connection

    def keep(self, connection: http.client.HTTPConnection) -> None:
        """Take back a connection whose answer was read to its end."""
        self._idle.append(connection)


def _is_open(connection: http.client.HTTPConnection) -> bool:
    """Whether a connection at rest is one: what can be read from it is its end."""
    if connection.sock is None:
        return False
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return not poll.poll(0)


def _connected(found: list[address.ResolvedAddress]) -> socket.socket:
    """A connection to the first address that takes one."""
    for place in found[:-1]:
        try:
            return _connected_to(place)
        except OSError:
            continue
    return _connected_to(found[-1])


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
