"""Answers in HTTP, however they are cut, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.endpoint.http import address, protocol
from engine.endpoint.http.exchange import Exchange
from engine.endpoint.http.response import NotHttp, Response

BODY = b"data: {}\n\n" * 3
FRAMED = {
    "length": b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY,
    "chunks": b"Transfer-Encoding: chunked\r\n\r\n1\r\nd\r\n"
    + b"%X;x=y\r\n" % (len(BODY) - 1)
    + BODY[1:]
    + b"\r\n0\r\nTrailer: x\r\n\r\n",
    "close": b"Connection: close\r\n\r\n" + BODY,
}
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


@given(st.sampled_from(sorted(FRAMED)), st.lists(st.integers(1, 40)), st.integers(0, 2))
def test_the_body_comes_back_however_it_is_cut(framing: str, sizes: list[int], before: int) -> None:
    raw = b"HTTP/1.1 103 Early Hints\r\n\r\n" * before + OK + FRAMED[framing]
    response = Response()
    got = b""
    for size in (*sizes, len(raw)):
        got += response.push(raw[:size])
        raw = raw[size:]
    assert response.ended == (framing != "close")
    assert response.close()
    assert (response.status, response.headers["content-type"], got) == (200, "text/plain", BODY)
    assert response.reusable == (framing != "close")


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 x00 OK\r\n\r\n",
        OK + b"no colon\r\n\r\n",
        OK + b" folded: x\r\n\r\n",
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X" * 70_000,
    ],
)
def test_what_is_no_answer(raw: bytes) -> None:
    with pytest.raises(NotHttp):
        Response().push(raw)


@pytest.mark.parametrize(
    ("raw", "reusable"),
    [
        (OK + b"Content-Length: 0\r\n\r\n", True),
        (OK + b"Content-Length: 0\r\nConnection: Close\r\n\r\n", False),
        (OK + b"Content-Length: 0\r\n\r\nmore than was asked for", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
    ],
)
def test_a_connection_that_can_serve_again(raw: bytes, *, reusable: bool) -> None:
    response = Response()
    response.push(raw)
    assert response.ended
    assert response.reusable == reusable


def test_an_answer_that_broke_off() -> None:
    response = Response()
    response.push(OK + b"Content-Length: 5\r\n\r\nhalf")
    assert not response.close()
    assert not response.reusable


class TestSilence:
    """How long a server may say nothing: what is no word of an answer does not count as one."""

    @staticmethod
    def exchange() -> Exchange:
        send = protocol.Send(1, 0, "POST", "/x", "{}", 10.0)
        return Exchange(address.parse("localhost"), send, key=None, now=0.0)

    HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"

    def test_of_a_head_that_comes_byte_by_byte(self) -> None:
        exchange = self.exchange()
        for at in range(len(self.HEAD) - 1):
            exchange.push(self.HEAD[at : at + 1], now=float(at))
        assert exchange.deadline == 10
        exchange.push(self.HEAD[-1:], now=90.0)
        assert exchange.deadline == 100

    def test_of_a_stream(self) -> None:
        exchange = self.exchange()
        exchange.push(self.HEAD, now=1.0)
        for at, part in enumerate([b": still here\n\n", b"data: hal", b"f\n"]):
            exchange.push(part, now=2.0 + at)
            assert exchange.deadline == 11
        exchange.push(b"\n", now=5.0)
        assert exchange.deadline == 15

    def test_of_a_body(self) -> None:
        exchange = self.exchange()
        exchange.push(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", now=1.0)
        exchange.push(b" " * 50, now=9.0)
        assert exchange.deadline == 11
