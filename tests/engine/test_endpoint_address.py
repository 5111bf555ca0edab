"""Which addresses may be spoken to, and what the key and the environment do."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from engine.api import Sampling
from engine.endpoint.client import EndpointEngine
from engine.endpoint.http import address
from engine.endpoint.http.events import EventReader
from engine.endpoint.http_process import HttpProcess
from engine.endpoint.retries import Retries
from engine.errors import EndpointError
from store.records import Message
from tests.engine import misbehaving
from tests.engine.misbehaving import Server, answer, events, plain

KEY = "sk-very-secret"


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    await made.start()
    yield made
    await made.stop()


class TestParsing:
    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("localhost", "http://localhost:80"),
            ("http://localhost:8080/v1", "http://localhost:8080"),
            ("https://[::1]/serve/v1/", "https://[::1]:443/serve"),
            ("localhost:1//v1//", "http://localhost:1"),
            ("http://localhost:1/v1/chat/completions", "http://localhost:1"),
            ("http://localhost:1/v1/models/", "http://localhost:1"),
        ],
    )
    def test_taken(self, url: str, shown: str) -> None:
        assert str(address.parse(url)) == shown

    @pytest.mark.parametrize(
        "url",
        [
            "", "http://", "ftp://localhost", "file:///etc/passwd", "http://me:secret@localhost",
            "http://localhost:99999", "http://localhost:x", "http://localhost?x=1",
            "http://localhost#x", "http://localhost/a b", "http://[::1", "http://localhost:0",
            "http://" + "\u00e4" * 64, "http://\u00e4..de",
        ],
    )  # fmt: skip
    def test_refused(self, url: str) -> None:
        with pytest.raises(EndpointError) as caught:
            address.parse(url)
        assert "secret" not in str(caught.value)


class TestLoopback:
    @pytest.mark.parametrize(
        "url",
        ["http://127.0.0.1:1", "http://127.9.9.9:1", "http://localhost:1", "http://2130706433:1"],
    )
    def test_this_machine(self, url: str) -> None:
        assert address.places(address.parse(url), allow_remote=False)

    @pytest.mark.parametrize(
        "url",
        ["http://192.0.2.1:1", "http://0.0.0.0:1", "http://[::ffff:192.0.2.1]:1"],
    )
    def test_another_machine(self, url: str) -> None:
        base = address.parse(url)
        with pytest.raises(EndpointError, match="is not this machine: nothing was sent"):
            address.places(base, allow_remote=False)
        assert address.places(base, allow_remote=True)

    def test_one_remote_address_behind_a_name_is_enough(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = [(2, 1, 6, "", (ip, 1)) for ip in ("127.0.0.1", "192.0.2.1")]
        monkeypatch.setattr("socket.getaddrinfo", lambda *a, **k: found)
        with pytest.raises(EndpointError, match=r"both \(192.0.2.1\) is not this machine"):
            address.places(address.parse("http://both:1"), allow_remote=False)

    async def test_the_app_starts_no_process_for_another_machine(self) -> None:
        engine = EndpointEngine("http://192.0.2.1:1")
        with pytest.raises(EndpointError, match="--allow-remote"):
            await engine.load()
        assert engine.http_pid is None

    def test_the_process_checks_for_itself(self) -> None:
        line = {
            "op": "send",
            "id": 1,
            "server": 0,
            "method": "GET",
            "path": "/",
            "body": None,
            "silence": 1.0,
        }
        said = _converse("http://192.0.2.1:1", line)
        assert said["event"] == "failed"
        assert not said["again"]
        assert "is not this machine: nothing was sent" in said["message"]

    def test_half_a_character_is_not_sent(self) -> None:
        line = {"op": "send", "id": 1, "server": 0, "method": "POST", "path": "/"}
        said = _converse("http://127.0.0.1:1", line | {"body": "\ud800", "silence": 1.0})
        assert said["message"] == "a text holds half of a character; nothing was sent"

    @pytest.mark.parametrize("line", [{"op": "send", "id": "1"}, {"is": "send"}, {"op": "load"}])
    def test_a_line_that_is_no_request_is_refused(self, line: dict[str, object]) -> None:
        said = _converse("http://127.0.0.1:1", line)
        assert (said["event"], said["id"]) == ("failed", 0)


def _converse(url: str, line: dict[str, object]) -> dict[str, str]:
    """One request to a process of our own, and the first line it says."""
    command = [sys.executable, "-P", "-m", "engine.endpoint.http", url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(line).encode() + b"\n")
        process.stdin.flush()
        said: dict[str, str] = json.loads(process.stdout.readline())
        process.stdin.close()
    assert process.returncode == 0
    return said


def test_the_process_imports_no_more_than_it_needs() -> None:
    code = (
        "import sys, engine.endpoint.http.__main__; "
        "print([m for m in sys.modules if m.split('.')[0] in "
        "('textual', 'llama_cpp', 'sqlite_utils', 'numpy', 'asyncio')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"


class TestTheKey:
    @pytest.fixture(autouse=True)
    def _key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PAIRLAB_API_KEY", f" {KEY}\n")

    async def test_goes_into_the_header_and_nowhere_else(
        self, server: Server, tmp_path: Path
    ) -> None:
        log = tmp_path / "http.log"
        engine = EndpointEngine(server.url, log_path=log)
        await engine.load()
        assert server.headers_of_models[0]["authorization"] == f"Bearer {KEY}"
        assert KEY not in " ".join(
            HttpProcess.command([address.parse(server.url)], allow_remote=True)
        )
        await engine.shutdown()
        assert KEY not in log.read_text()

    async def test_a_server_that_repeats_it(self, server: Server) -> None:
        server.models = plain(401, json.dumps({"error": {"message": f"bad key {KEY}"}}))
        engine = EndpointEngine(server.url, retries=Retries(attempts=1))
        with pytest.raises(EndpointError, match=r"\(401\): bad key \[key\]: set \$PAIRLAB_API_KEY"):
            await engine.load()
        server.models = answer({"error": {"message": f"bad key {KEY}"}, "data": [{"id": "x"}]})
        server.otherwise = events(json.dumps({"error": f"bad key {KEY}"}))
        await engine.load()
        with pytest.raises(EndpointError, match=r"bad key \[key\]"):
            await engine.generate([Message("user", "hello")], [Sampling()])
        await engine.shutdown()

    async def test_one_that_cannot_be_sent(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PAIRLAB_API_KEY", f"{KEY}\r\nX-Evil: 1")
        with pytest.raises(EndpointError, match="a character that no key has") as caught:
            await EndpointEngine(server.url).load()
        assert KEY not in str(caught.value)


class TestTheEnvironment:
    @pytest.fixture(autouse=True)
    def _proxies(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://192.0.2.1:3128")
        monkeypatch.delenv("no_proxy", raising=False)

    async def test_proxies_are_not_asked(self, server: Server) -> None:
        engine = EndpointEngine(server.url)
        assert (await engine.load()).name == "tiny"
        await engine.shutdown()

    async def test_a_folder_called_engine_is_not_ours(
        self, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "engine" / "endpoint" / "http").mkdir(parents=True)
        for folder in ("engine", "engine/endpoint", "engine/endpoint/http"):
            (tmp_path / folder / "__init__.py").write_text("raise SystemExit(9)")
        monkeypatch.chdir(tmp_path)
        engine = EndpointEngine(server.url, retries=Retries(attempts=1))
        assert (await engine.load()).name == "tiny"
        await engine.shutdown()


async def test_the_process_ends_with_the_app(server: Server) -> None:
    """Also in the middle of a request: nothing is left when stdin closes."""
    server.otherwise = misbehaving.silence
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "engine.endpoint.http", server.url,
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin is not None
    line = {
        "op": "send",
        "id": 1,
        "server": 0,
        "method": "GET",
        "path": "/x",
        "body": None,
        "silence": 600.0,
    }
    process.stdin.write(json.dumps(line).encode() + b"\n")
    await server.wait_seen(1)
    process.stdin.close()
    assert await process.wait() == 0
    await server.seen[0].gone.wait()


_WORDS = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))


@given(
    st.lists(st.lists(_WORDS, min_size=1, max_size=3), max_size=4),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.lists(st.integers(0, 20)),
    st.sampled_from(["", "\ufeff"]),
)
def test_every_event_comes_back_however_it_is_cut(
    messages: list[list[str]], end: str, sizes: list[int], mark: str
) -> None:
    stream = "".join(
        "".join(f"data: {line}{end}" for line in message) + f": a comment{end}{end}"
        for message in messages
    )
    raw = (mark + stream).encode()
    reader = EventReader()
    at = 0
    found = []
    for size in (*sizes, len(raw)):
        found += reader.push(raw[at : at + size])
        at += size
    assert found + reader.end() == ["\n".join(message) for message in messages]


def test_a_line_that_broke_off_is_dropped() -> None:
    reader = EventReader()
    assert reader.push(b"data: whole\n\ndata: ha") + reader.end() == ["whole"]
    reader = EventReader()
    assert reader.push(b"data: [DONE]\n") + reader.end() == ["[DONE]"]
