"""Where a server is, and whether it may be spoken to."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from engine.errors import EndpointError

_PORTS = {"http": 80, "https": 443}
_ROUTES = ("/chat/completions", "/completions", "/models", "/v1")
"""What addresses are copied with, from their end on."""


@dataclass(frozen=True, slots=True)
class Base:
    """The address of a server, taken apart."""

    scheme: str
    """``http`` or ``https``."""
    host: str
    """A name, or an address without brackets."""
    port: int
    root: str
    """What stands before ``/v1`` in every path; empty, or ``/...`` without a slash at the end."""

    def __str__(self) -> str:
        """The address as a user would write it."""
        return f"{self.scheme}://{self._written}:{self.port}{self.root}"

    @property
    def location(self) -> str:
        """Host and port as the header ``Host`` has them."""
        host = self._written if self.host.isascii() else self.host.encode("idna").decode("ascii")
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def _written(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


class ResolvedAddress(NamedTuple):
    """One address a name stands for."""

    family: int
    address: tuple[str | int | bytes, ...]
    """What :meth:`socket.socket.connect` takes."""


def parse(url: str) -> Base:
    """Take the address of a server apart; ``/v1`` and a route at its end may be there or not.

    Raises:
        EndpointError: it is no http or https address, or holds what an address must not.
    """
    try:
        parts = urlsplit(url.strip() if "://" in url else f"http://{url.strip()}")
        port = parts.port
    except ValueError as error:
        raise EndpointError(f"{url!r} is no address: write http://127.0.0.1:8080") from error
    if parts.scheme not in _PORTS or not parts.hostname or port == 0:
        raise EndpointError(f"{url!r} is no http address: write http://127.0.0.1:8080")
    if parts.username is not None or parts.password is not None:
        raise EndpointError("the address holds a password: put the key in $PAIRLAB_API_KEY")
    if parts.query or parts.fragment:
        raise EndpointError("the address of a server has no ? and no #: write its root only")
    root = parts.path.rstrip("/")
    for known in _ROUTES:
        root = root.removesuffix(known).rstrip("/")
    if not root.isascii() or any(c <= " " or c == "\x7f" for c in root):
        raise EndpointError(f"the path {root!r} is no part of an address")
    base = Base(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], root)
    try:
        base.location.encode("ascii")
    except UnicodeError as error:
        raise EndpointError(f"{parts.hostname!r} cannot be the name of a machine") from error
    return base


def places(base: Base, *, allow_remote: bool) -> list[ResolvedAddress]:
    """The addresses behind a name; looked up once, so that what was checked is what is called.

    Raises:
        EndpointError: there is none, or one of them is not on this machine and ``allow_remote``
            is false.
    """
    try:
        found = socket.getaddrinfo(base.host, base.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise EndpointError(f"no machine is known as {base.host}: check --endpoint") from error
    if not allow_remote:
        for *_, address in found:
            if not _is_loopback(str(address[0])):
                raise EndpointError(
                    f"{base.host} ({address[0]}) is not this machine: nothing was sent; "
                    "pass --allow-remote if prompts and answers may go there"
                )
    return [ResolvedAddress(family, tuple(address)) for family, _, _, _, address in found]


def _is_loopback(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback
