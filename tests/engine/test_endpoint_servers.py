"""Several servers, or one that is asked for much: connections, turns, waits and budgets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from engine.api import EngineStatus, Finished, Sampling
from engine.endpoint.budget import Budget, Limit, Tokens
from engine.endpoint.client import EndpointEngine
from engine.endpoint.growth import FIRST, MOST, Growth
from engine.endpoint.http import address
from engine.endpoint.http.key import key_in_file
from engine.endpoint.http_process import HttpProcess
from engine.endpoint.retries import Retries, seconds
from engine.errors import BudgetSpent, EndpointError
from store.records import Message
from tests.engine import misbehaving
from tests.steady_server import SteadyServer

ASKED = (Message("user", "Say something short."),)
QUICK = Retries(attempts=4, first=0.01, most=0.02)

Make = Callable[..., EndpointEngine]


@pytest_asyncio.fixture
async def make() -> AsyncIterator[Make]:
    made: list[EndpointEngine] = []

    def build(*urls: str, **options: Any) -> EndpointEngine:
        engine = EndpointEngine(*urls, **({"retries": QUICK} | options))
        made.append(engine)
        return engine

    yield build
    for engine in made:
        await engine.shutdown()


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Callable[..., Any]]:
    made: list[SteadyServer] = []

    async def start(*given: Any, **options: Any) -> SteadyServer:
        server = SteadyServer(*given, **options)
        await server.start()
        made.append(server)
        return server

    yield start
    for server in made:
        await server.stop()


async def write(engine: EndpointEngine, texts: int) -> list[Finished]:
    """So many answers, all asked for at once."""
    written = await asyncio.gather(
        *(engine.generate(ASKED, [Sampling(seed=seed, max_tokens=8)]) for seed in range(texts))
    )
    return [one.finished[0] for one in written]


def errors(engine: EndpointEngine) -> list[str]:
    """What the engine will have said, each once and in order."""
    said: list[str] = []

    def listen(status: EngineStatus) -> None:
        if status.error and status.error not in said[-1:]:
            said.append(status.error)

    engine.subscribe(listen)
    return said


class TestConnections:
    async def test_one_is_enough_for_one_after_the_other(self, serve: Any, make: Make) -> None:
        server = await serve(0)
        engine = make(server.url)
        await engine.load()
        for _ in range(20):
            assert (await write(engine, 1))[0].text == "A short answer."
        assert (server.requests, server.connections) == (20, 1)

    async def test_one_that_the_server_closed_is_no_failure(self, serve: Any, make: Make) -> None:
        server = await serve(0)
        engine = make(server.url)
        await engine.load()
        await server.close_connections()
        assert (await write(engine, 1))[0].text == "A short answer."
        assert engine.status.error is None
        assert server.connections == 2

    async def test_one_whose_answer_was_given_up_is_not_used_again(
        self, serve: Any, make: Make
    ) -> None:
        server = await serve(0.2)
        engine = make(server.url)
        await engine.load()
        task = asyncio.create_task(write(engine, 1))
        await server.begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await write(engine, 1)
        assert (server.requests, server.connections) == (2, 2)


class TestConcurrency:
    async def test_it_grows_within_bounds_and_connections_with_it(
        self, serve: Any, make: Make
    ) -> None:
        server = await serve(0.01)
        engine = make(server.url)
        info = await engine.load()
        running: set[int] = set()
        engine.subscribe(lambda status: running.add(status.running))
        assert len(await write(engine, 300)) == 300
        assert FIRST < server.most <= max(running) <= MOST == info.slots
        assert server.connections <= max(running)

    def test_it_doubles_until_that_gains_nothing(self) -> None:
        assert _settled(lambda limit: min(limit, 50)) == 64
        assert _settled(lambda limit: limit) == MOST
        assert _settled(lambda _limit: 1) == FIRST
        assert _settled(lambda limit: max(1, 40 - limit)) == FIRST

    def test_it_looks_again_later(self) -> None:
        now = [0.0]
        growth = Growth(8, 256, lambda: now[0])
        _feed(growth, now, lambda _limit: 5.0, 200)
        assert growth.limit == 8
        _feed(growth, now, lambda limit: float(limit), 20_000)
        assert growth.limit == 256

    @given(st.lists(st.sampled_from(["busy", "answer"]), max_size=60))
    def test_a_busy_server_gets_half_and_never_nothing(self, happens: list[str]) -> None:
        growth = Growth(8, 256, lambda: 0.0)
        for one in happens:
            before = growth.limit
            if one == "busy":
                growth.busy()
                assert growth.limit == max(1, before // 2)
            else:
                growth.finished(1, full=True)
        assert 1 <= growth.limit <= 256

    async def test_a_server_that_is_busy_is_asked_for_less_and_nothing_is_lost(
        self, serve: Any, make: Make
    ) -> None:
        server = await serve(0.005, refuses=3)
        engine = make(server.url)
        await engine.load()
        assert len(await write(engine, 60)) == 60
        assert server.refused > 0
        assert server.most <= 3
        assert server.requests == 60


def _feed(growth: Growth, now: list[float], rate: Callable[[int], float], answers: int) -> None:
    for _ in range(answers):
        now[0] += 1 / rate(growth.limit)
        growth.finished(1, full=True)


def _settled(rate: Callable[[int], float]) -> int:
    """The limit with a server of such a speed, while it does not look again."""
    now = [0.0]
    growth = Growth(FIRST, MOST, lambda: now[0])
    _feed(growth, now, rate, 3 * 2 * MOST)
    return growth.limit


class TestSeveral:
    async def test_each_gets_as_much_as_it_finishes(self, serve: Any, make: Make) -> None:
        quick, slow = await serve(0.002), await serve(0.05)
        engine = make(quick.url, slow.url, f"{quick.url}/v1")
        await engine.load()
        assert engine.server == f"{quick.url}, {slow.url}"
        assert len(await write(engine, 120)) == 120
        assert quick.requests + slow.requests == 120
        assert quick.requests > slow.requests >= 8

    async def test_one_that_fails_is_left_out_said_once_and_comes_back(
        self, serve: Any, make: Make
    ) -> None:
        steady, failing = await serve(0.002), await serve(0.002)
        port = int(failing.url.rpartition(":")[2])
        engine = make(steady.url, failing.url)
        await engine.load()
        said = errors(engine)
        await write(engine, 16)
        assert failing.requests > 0
        await failing.stop()
        assert len(await write(engine, 60)) == 60
        assert len(said) == 1
        assert "left out until it answers again, the others go on" in said[0]
        back = asyncio.Event()
        engine.subscribe(lambda s: back.set() if "answers again" in str(s.error) else None)
        before = failing.requests
        await failing.start(port)
        await back.wait()
        await write(engine, 60)
        assert failing.requests > before

    async def test_one_that_is_not_there_yet(self, serve: Any, make: Make) -> None:
        steady, late = await serve(0.002), await serve(0.002)
        await late.stop()
        engine = make(late.url, steady.url)
        assert (await engine.load()).name == "steady"
        assert "left out until it answers" in str(engine.status.error)
        assert len(await write(engine, 20)) == 20

    async def test_none_is_there(self, serve: Any, make: Make) -> None:
        gone = [await serve(0) for _ in range(2)]
        for server in gone:
            await server.stop()
        engine = make(*(server.url for server in gone))
        with pytest.raises(EndpointError, match="is not running: nothing listens there"):
            await engine.load()

    async def test_they_must_offer_one_model(self, serve: Any, make: Make) -> None:
        other = misbehaving.Server()
        await other.start()
        with pytest.raises(EndpointError, match=r"offers 'tiny' and another 'steady'"):
            await make((await serve(0)).url, other.url).load()
        await other.stop()

    async def test_each_address_is_checked(self, serve: Any, make: Make) -> None:
        server = await serve(0)
        engine = make(server.url, "http://192.0.2.1:1")
        with pytest.raises(EndpointError, match="is not this machine: nothing was sent"):
            await engine.load()
        assert (engine.http_pid, server.connections) == (None, 0)


class TestBudget:
    async def test_it_is_used_and_never_exceeded(self, serve: Any, make: Make) -> None:
        server = await serve(0.002)
        engine = make(server.url, budget=Budget([Limit(500, "500 tokens")]))
        await engine.load()
        with pytest.raises(BudgetSpent, match="the budget of 500 tokens"):
            await asyncio.gather(*(write(engine, 1) for _ in range(60)))
        for _ in range(60):  # what is under way ends in its time
            try:
                await write(engine, 1)
            except BudgetSpent:
                break
        assert 500 - 2 * 60 < engine.status.needed_tokens <= 500
        assert server.requests == engine.status.needed_tokens / 24

    @given(
        st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=30),
        st.integers(0, 400),
    )
    def test_money_counts_prompts_and_answers_apart(
        self, requests: list[tuple[int, int]], cents: int
    ) -> None:
        async def spend() -> Tokens:
            budget = Budget([Limit(cents, "money", prompt=1, written=3)])

            async def one(prompt: int, written: int) -> None:
                async with budget.reserved(Tokens(prompt, written)) as took:
                    await asyncio.sleep(0)
                    took.add(Tokens(prompt, written // 2))

            tasks = (one(*request) for request in requests)
            await asyncio.gather(*tasks, return_exceptions=True)
            return budget.spent

        spent = asyncio.run(spend())
        assert spent.prompt + 3 * spent.written <= cents
        if sum(prompt + 3 * written for prompt, written in requests) <= cents:
            assert spent.prompt == sum(prompt for prompt, _ in requests)


class TestTheKeyFile:
    def test_of_oneself_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "key"
        with pytest.raises(EndpointError, match="cannot be read"):
            key_in_file(path)
        path.write_text(" sk-secret\n")
        for mode in (0o640, 0o604, 0o620, 0o610):
            path.chmod(mode)
            with pytest.raises(EndpointError, match=r"is not yours alone.*chmod 600") as caught:
                key_in_file(path)
            assert "sk-secret" not in str(caught.value)
        path.chmod(0o600)
        assert key_in_file(path) == "sk-secret"

    @pytest.mark.parametrize("text", ["", "\n", "a\nb", "k\x00", "schlüssel"])
    def test_one_that_holds_no_key(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "key"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        with pytest.raises(EndpointError, match=r"holds no key|a character that no key has"):
            key_in_file(path)

    async def test_it_goes_into_the_header_and_nowhere_else(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PAIRLAB_API_KEY", "sk-of-the-environment")
        path, log = tmp_path / "key", tmp_path / "http.log"
        path.write_text("sk-secret\n")
        path.chmod(0o600)
        server = misbehaving.Server()
        await server.start()
        engine = EndpointEngine(server.url, key_file=path, log_path=log)
        await engine.load()
        command = HttpProcess.command([address.parse(server.url)], allow_remote=False)
        assert "sk-secret" not in " ".join(command)
        await engine.shutdown()
        assert server.headers_of_models[0]["authorization"] == "Bearer sk-secret"
        assert "sk-secret" not in log.read_text()
        await server.stop()


@pytest.mark.parametrize(
    ("header", "expected"),
    [("17", 17.0), (None, None), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", None),
     ("-3", None), ("", None), ("1.5", 1.5), ("1e9", None), ("nan", None), ("9" * 20, 1e20),
     ("Thu, 99 Foo 99999 99:99:99 GMT", None), ("\u0663", None)],
)  # fmt: skip
def test_retry_after(header: str | None, expected: float | None) -> None:
    assert seconds(header) == expected


def test_retry_after_a_date() -> None:
    waited = seconds("Wed, 21 Oct 2099 07:28:00 GMT")
    assert waited is not None
    assert waited > 1e8


async def test_a_prompt_longer_than_a_socket_takes_at_once_arrives_whole(make: Make) -> None:
    server = misbehaving.Server()
    await server.start()
    engine = make(server.url)
    await engine.load()
    server.otherwise = misbehaving.says("read")
    long = "x" * (6 << 20)
    written = await engine.generate([Message("user", long)], [Sampling()])
    assert written.finished[0].text == "read"
    assert server.seen[0].body["messages"][0]["content"] == long
    await server.stop()


async def test_what_is_not_http_is_said(make: Make) -> None:
    server = misbehaving.Server()
    await server.start()
    engine = make(server.url)
    await engine.load()

    async def other(_seen: misbehaving.Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n\r\n")

    server.otherwise = other
    with pytest.raises(EndpointError, match=r"does not answer in HTTP \(no status line\)"):
        await engine.generate(ASKED, [Sampling()])
    await server.stop()
