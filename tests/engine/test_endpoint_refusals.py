"""Servers that refuse: all there is, one text alone, or a key by its name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from engine.api import Sampling, State
from engine.endpoint.client import EndpointEngine
from engine.endpoint.refusals import OutOfUse, ServerRefusal
from engine.endpoint.retries import Retries
from engine.errors import EndpointError, NoMoreRequests
from store.records import Message
from tests.engine.misbehaving import Act, Seen, Server, answer, chunk, events, plain, says

Start = Callable[..., Any]
SENSITIVE = json.dumps({"error": {"message": "flagged by the content filter"}})


async def _no_wait(_seconds: float) -> None:
    await asyncio.sleep(0)


@pytest_asyncio.fixture
async def start() -> AsyncIterator[Start]:
    """Servers that answer all in one way each, and a loaded engine over them."""
    made: list[Server] = []
    engines: list[EndpointEngine] = []

    async def build(
        *acts: Act, models: Act | None = None, **options: Any
    ) -> tuple[EndpointEngine, list[Server]]:
        for act in acts:
            server = Server()
            server.otherwise = act
            server.models = models or server.models
            await server.start()
            made.append(server)
        retries = Retries(attempts=3, sleep=_no_wait)
        engine = EndpointEngine(*(one.url for one in made), retries=retries, **options)
        engines.append(engine)
        await engine.load()
        return engine, made

    yield build
    for engine in engines:
        await engine.shutdown()
    for server in made:
        await server.stop()


async def write(engine: EndpointEngine, word: str = "hello", **sampling: Any) -> str:
    asked = (Message("user", word),)
    return (await engine.generate(asked, [Sampling(**sampling)])).finished[0].text


async def ends(engine: EndpointEngine, requests: int) -> list[BaseException | str]:
    """What comes of so many requests at once."""
    return await asyncio.gather(
        *(write(engine, seed=seed) for seed in range(requests)), return_exceptions=True
    )


@pytest.mark.parametrize(
    ("act", "requests"),
    [
        (plain(401, "no such key"), 8),
        (plain(402, "no credit left"), 8),
        (plain(403, "forbidden"), 8),
        (plain(404, "no such route"), 8),
        (plain(302, "", {"Location": "http://192.0.2.1/"}), 8),
        (plain(400, "tools are needed"), 23),
    ],
)
async def test_one_that_refuses_everything_is_asked_no_more(
    start: Start, act: Act, requests: int
) -> None:
    engine, (server,) = await start(act, concurrency=8)
    found = await ends(engine, 100)
    assert isinstance(found[-1], NoMoreRequests)
    assert len(server.seen) <= requests  # those that were under way when it was clear
    assert engine.status.state is State.FAILED
    assert await ends(engine, 1) != []  # and is asked when somebody tries again
    assert len(server.seen) > 1


async def test_a_text_it_objects_to_says_nothing_of_others(start: Start) -> None:
    engine, (server,) = await start(plain(403, SENSITIVE))
    for _ in range(40):
        with pytest.raises(ServerRefusal, match="flagged"):
            await write(engine)
    server.otherwise = says("written")
    assert await write(engine) == "written"
    server.otherwise = plain(403, "forbidden")
    with pytest.raises(ServerRefusal) as caught:
        await write(engine)
    assert not isinstance(caught.value, OutOfUse)


async def test_the_others_go_on_without_one_that_refuses_everything(start: Start) -> None:
    engine, (one, two) = await start(plain(401, "no such key"), says("written"), concurrency=2)
    said: list[str] = []
    engine.subscribe(lambda status: said.append(status.error or ""))
    assert await ends(engine, 30) == ["written"] * 30
    assert len(one.seen) <= 2
    assert len(two.seen) == 30
    assert any(words.endswith("left out for good, the others go on") for words in said)


async def test_a_text_that_always_fails_is_given_up_alone(start: Start) -> None:
    async def act(seen: Seen, writer: asyncio.StreamWriter) -> None:
        bad = seen.body["messages"][0]["content"] == "bad"
        await (plain(500, "boom") if bad else says("fine"))(seen, writer)

    engine, (server,) = await start(act)
    assert await write(engine) == "fine"
    with pytest.raises(EndpointError, match=r"failed \(500\): boom; it did so 3 times") as caught:
        await write(engine, "bad")
    assert not isinstance(caught.value, NoMoreRequests)
    assert engine.status.state is not State.FAILED
    assert await write(engine) == "fine"
    server.models = plain(500, "boom")  # now it is the server
    with pytest.raises(EndpointError):
        await write(engine, "bad")
    assert engine.status.state is State.FAILED


UNSUPPORTED = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
ONE_ONLY = "'temperature' does not support 0.8 with this model. Only the default is supported."


@pytest.mark.parametrize(
    ("words", "gone", "instead"),
    [
        (UNSUPPORTED, "max_tokens", {"max_completion_tokens": 9}),
        (ONE_ONLY, "temperature", {}),
    ],
)
async def test_keys_of_another_dialect(
    start: Start, words: str, gone: str, instead: dict[str, int]
) -> None:
    engine, (server,) = await start(says("ok"))
    server.acts.append(plain(400, json.dumps({"error": {"message": words}})))
    assert await write(engine, max_tokens=9) == "ok"
    body = server.seen[-1].body
    assert gone not in body
    assert instead.items() <= body.items()
    assert f"asking without {gone}" in str(engine.status.error)


@pytest.mark.parametrize(
    "act",
    [
        events(*[chunk("and on ")] * 6000),
        events(*[chunk()] * 6000),
        events(chunk("long" * 1_000_000)),
    ],
)
async def test_an_answer_without_an_end_is_not_read(start: Start, act: Act) -> None:
    engine, _ = await start(act)
    with pytest.raises(EndpointError, match="writes on beyond max_tokens"):
        await write(engine, max_tokens=8)


async def test_a_named_model_needs_no_list(start: Start) -> None:
    engine, (server,) = await start(says("written"), model="named", models=plain(404, "no"))
    assert (await write(engine), server.seen[0].body["model"]) == ("written", "named")


@pytest.mark.parametrize("size", [10**30, -1, True, "4096", None])
async def test_a_context_that_is_no_number_is_not_known(start: Start, size: object) -> None:
    rows = [{"id": "tiny", "max_model_len": size}, {"id": "two\nlines"}, {"id": "\ud83d"}]
    engine, _ = await start(says("written"), models=answer({"data": rows}))
    assert engine.info is not None
    assert (engine.info.name, engine.info.n_ctx) == ("tiny", 0)


def _choice(text: str, **more: Any) -> dict[str, Any]:
    return {"message": {"content": text}, "finish_reason": "stop"} | more


def _half(escaped: str, finish: str = "null") -> str:
    delta = f'{{"content": "{escaped}"}}'
    return f'{{"choices": [{{"index": 0, "delta": {delta}, "finish_reason": {finish}}}]}}'


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (answer({"choices": [_choice("one"), _choice("two")]}), "one"),
        (answer({"choices": [_choice("one", index=None)]}), "one"),
        (events(chunk("one", finish="stop"), chunk(" more"), "[DONE]"), "one"),
        (events(chunk("o", finish=""), chunk("ne", finish="null"), chunk(finish="STOP")), "one"),
        (events(chunk("one", finish="eos_token"), "[DONE]"), "one"),
        (events(json.dumps({"choices": [_choice("one")]}), "[DONE]"), "one"),
        (events(_half("\\ud83d"), _half("\\ude00 one", '"stop"')), "\U0001f600 one"),
        (events(_half("one \\ud83d", '"stop"')), "one \ufffd"),
        (answer({"choices": [_choice("\ude00 one")]}), "\ufffd one"),
        (plain(200, f"data: {chunk('one', finish='stop')}\n\n", {"Content-Type": "x/y"}), "one"),
        (events("", " ", chunk("one", finish="stop")), "one"),
        (events(chunk("a", index=7, finish="stop"), chunk("one", finish="stop")), "one"),
    ],
)
async def test_odd_answers_are_read(start: Start, act: Act, expected: str) -> None:
    engine, _ = await start(act)
    assert await write(engine) == expected


async def test_choices_under_one_number_are_asked_for_one_by_one(start: Start) -> None:
    engine, (server,) = await start(says("alone"))
    server.acts.append(events(chunk("x", finish="stop"), chunk("y", finish="stop"), "[DONE]"))
    asked = (Message("user", "hello"),)
    made = await engine.generate(asked, [Sampling(seed=1), Sampling(seed=2)])
    assert [one.text for one in made.finished] == ["alone", "alone"]


@pytest.mark.parametrize(
    ("code", "said"),
    [({"code": "400"}, "(400)"), ({"type": "invalid_request_error"}, "(400)"), ({}, "(500)")],
)
async def test_a_failure_within_a_stream_has_its_status(
    start: Start, code: dict[str, str], said: str
) -> None:
    engine, _ = await start(events(json.dumps({"error": {"message": "no"} | code})))
    with pytest.raises(EndpointError) as caught:
        await write(engine)
    assert said in str(caught.value)


async def test_an_answer_nobody_can_read_is_named(start: Start) -> None:
    engine, _ = await start(plain(200, b"\x1f\x8b\x08\0", {"Content-Encoding": "gzip"}))
    with pytest.raises(EndpointError, match="answers in 'gzip', which was not asked for"):
        await write(engine)
