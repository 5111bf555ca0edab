"""An endpoint's answers, and what becomes of a server that misbehaves."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio

from engine.api import (
    EngineStatus,
    Finished,
    GenerationEvent,
    Piece,
    Sampling,
    Started,
    State,
    Urgency,
)
from engine.endpoint.client import EndpointEngine
from engine.endpoint.generation import in_runs
from engine.endpoint.retries import Retries
from engine.errors import EndpointError, NoModel, PromptTooLong
from store.records import Message
from tests.engine import misbehaving
from tests.engine.misbehaving import Server, chunk, events, plain, says, usage

ASKED = (Message("user", "Say hello [b]\x1b\u2028 \N{SNOWMAN}"),)

Make = Callable[..., EndpointEngine]


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def waits() -> list[float]:
    """Seconds the engine wanted to wait before each further try."""
    return []


@pytest_asyncio.fixture
async def make(waits: list[float]) -> AsyncIterator[Make]:
    """Makes engines that never really wait, and ends them."""
    made: list[EndpointEngine] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    def build(url: str, **options: Any) -> EndpointEngine:
        retries = Retries(attempts=3, first=1.0, sleep=sleep)
        engine = EndpointEngine(url, **({"retries": retries} | options))
        made.append(engine)
        return engine

    yield build
    for engine in made:
        await engine.shutdown()


@pytest_asyncio.fixture
async def engine(server: Server, make: Make) -> EndpointEngine:
    """An engine that has loaded the server's only model."""
    made = make(server.url)
    await made.load()
    return made


async def one(engine: EndpointEngine, **sampling: Any) -> Finished:
    """The one answer to the usual question."""
    generated = await engine.generate(ASKED, [Sampling(**sampling)])
    return generated.finished[0]


async def failure(engine: EndpointEngine) -> str:
    """The message of a generation that must fail; one line."""
    with pytest.raises(EndpointError) as caught:
        await one(engine)
    message = str(caught.value)
    assert "\n" not in message
    assert "\x1b" not in message
    return message


async def until(engine: EndpointEngine, holds: Callable[[EngineStatus], bool]) -> None:
    """Wait for a status."""
    reached = asyncio.Event()

    def listen(status: EngineStatus) -> None:
        if holds(status):
            reached.set()

    forget = engine.subscribe(listen)
    listen(engine.status)
    await reached.wait()
    forget()


class TestWriting:
    async def test_a_streamed_answer(self, server: Server, engine: EndpointEngine) -> None:
        server.acts.append(
            events(
                chunk(""), chunk("Hel"), chunk("lo \N{SNOWMAN}"), chunk(finish="stop"),
                usage(12, 5, cached=8), "[DONE]",
            )
        )  # fmt: skip
        told: list[GenerationEvent] = []
        generated = await engine.generate(ASKED, [Sampling(seed=7)], on_event=told.append)
        finished = generated.finished[0]
        assert (finished.text, finished.finish_reason) == ("Hello \N{SNOWMAN}", "stop")
        assert finished.completion_tokens == 5
        assert (generated.prompt_tokens, generated.reused_tokens) == (12, 8)
        assert isinstance(told[0], Started)
        assert [e.text for e in told if isinstance(e, Piece)] == ["Hel", "lo \N{SNOWMAN}"]
        assert told[-1] == finished
        assert engine.status.state is State.READY
        assert engine.status.needed_tokens == 17
        assert engine.status.evaluated_tokens == 9

    async def test_what_is_sent_and_what_is_kept_of_it(
        self, server: Server, engine: EndpointEngine
    ) -> None:
        server.acts.append(says("x"))
        generated = await engine.generate(
            ASKED, [Sampling(temperature=0.5, seed=7, max_tokens=9, stop=("##",))], prefill="(A"
        )
        sent = server.seen[0]
        assert (sent.method, sent.path) == ("POST", "/v1/chat/completions")
        assert sent.body["messages"] == [
            {"role": "user", "content": ASKED[0].content},
            {"role": "assistant", "content": "(A"},
        ]
        assert json.loads(generated.rendered) == sent.body["messages"]
        assert sent.body["model"] == "tiny"
        kept = {k: sent.body[k] for k in ("temperature", "seed", "max_tokens", "stop", "stream")}
        assert kept == {
            "temperature": 0.5, "seed": 7, "max_tokens": 9, "stop": ["##"], "stream": True,
        }  # fmt: skip
        assert "authorization" not in sent.headers

    async def test_a_server_that_does_not_stream(
        self, server: Server, engine: EndpointEngine
    ) -> None:
        server.acts.append(
            misbehaving.answer(
                {
                    "choices": [{"message": {"content": "whole"}, "finish_reason": "length"}],
                    "usage": {"prompt_tokens": 3, "completion_tokens": 1},
                }
            )
        )
        finished = await one(engine)
        assert (finished.text, finished.finish_reason) == ("whole", "length")

    async def test_line_ends_comments_and_a_missing_last_blank_line(
        self, server: Server, engine: EndpointEngine
    ) -> None:
        payload = f": ping\r\n\r\ndata:{chunk('a')}\r\n\r\nevent: x\r\ndata: {chunk(finish='stop')}"
        server.acts.append(misbehaving.raw_stream(f"{payload}\r\n".encode()))
        assert (await one(engine)).text == "a"

    async def test_a_stop_string_the_server_wrote_past(
        self, server: Server, engine: EndpointEngine
    ) -> None:
        server.acts.append(says("yes## and more"))
        assert (await one(engine, stop=("##",))).text == "yes"

    async def test_a_prefill_the_server_repeats_is_no_part_of_the_answer(
        self, server: Server, engine: EndpointEngine
    ) -> None:
        server.acts += [says("Answer", ": ", "B"), says("Ans", "B")]
        told: list[GenerationEvent] = []
        for expected in ("B", "AnsB"):
            told.clear()
            generated = await engine.generate(
                ASKED, [Sampling()], prefill="Answer: ", on_event=told.append
            )
            assert generated.finished[0].text == expected
            assert "".join(e.text for e in told if isinstance(e, Piece)) == expected

    async def test_keys_the_server_does_not_know_are_left_out(
        self, server: Server, engine: EndpointEngine
    ) -> None:
        server.acts += [
            plain(400, '{"error": {"message": "Unrecognized request argument supplied: top_k"}}'),
            plain(422, '{"detail": [{"loc": ["body", "min_p"], "msg": "extra fields"}]}'),
            says("ok"),
            says("again"),
        ]
        assert (await one(engine)).text == "ok"
        assert (await one(engine)).text == "again"
        assert [{"top_k", "min_p"} & seen.body.keys() for seen in server.seen] == [
            {"top_k", "min_p"}, {"min_p"}, set(), set(),
        ]  # fmt: skip
        assert "without min_p" in str(engine.status.error)


def delta(**said: Any) -> str:
    """One event of a chat stream, whatever it carries."""
    return json.dumps({"choices": [{"index": 0, "delta": said, "finish_reason": None}]})


class TestThinking:
    """What a model thinks, in every way servers send it, is no part of its answer."""

    @pytest.mark.parametrize(
        "pieces",
        [
            (delta(reasoning_content="h"), delta(reasoning_content="m"), delta(content="Yes.")),
            (delta(reasoning="hm", content=None), delta(content="Yes.")),
            (delta(content="<thi"), delta(content="nk>hm</thi"), delta(content="nk>\n\nYes.")),
            (delta(content="hm"), delta(content="\n</think>\n\nYes.")),
            (delta(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]),
             delta(content=[{"type": "text", "text": "Yes."}])),
        ],
    )  # fmt: skip
    async def test_told_apart(
        self, server: Server, engine: EndpointEngine, pieces: tuple[str, ...]
    ) -> None:
        server.acts.append(events(*pieces, chunk(finish="stop"), "[DONE]"))
        told: list[GenerationEvent] = []
        generated = await engine.generate(ASKED, [Sampling()], on_event=told.append)
        assert (generated.finished[0].text, generated.finished[0].reasoning) == ("Yes.", "hm")
        last_start = max(n for n, event in enumerate(told) if isinstance(event, Started))
        shown = [event.text for event in told[last_start:] if isinstance(event, Piece)]
        assert "".join(shown) == "Yes."

    @pytest.mark.parametrize(
        ("message", "text", "thought"),
        [
            ({"content": [{"type": "text", "text": "Yes, "}, {"text": "sir."}]}, "Yes, sir.", ""),
            ({"content": ["Yes."]}, "Yes.", ""),
            ({"content": None, "reasoning_content": "hm"}, "", "hm"),
            ({"content": None}, "", ""),
            ({"content": []}, "", ""),
            ({"content": [{"type": "image_url", "image_url": {"url": "x"}}]}, "", ""),
            ({"reasoning_details": [{"type": "reasoning.text", "text": "hm"}]}, "", "hm"),
            ({"reasoning": {"content": "hm"}, "content": {"text": "Yes."}}, "Yes.", "hm"),
            ({"thinking": "hm", "content": "Yes."}, "Yes.", "hm"),
            ({"content": [{"text": "hm", "thought": True}, {"text": "Yes."}]}, "Yes.", "hm"),
            (
                {"content": [{"type": "reasoning", "summary": [{"text": "hm"}]}, {"text": "Yes."}]},
                "Yes.",
                "hm",
            ),
            (
                {"content": [{"type": "redacted_thinking", "data": "x"}, {"text": "Yes."}]},
                "Yes.",
                "",
            ),
            ({"content": None, "refusal": "I can't."}, "I can't.", ""),
        ],
    )
    async def test_a_body_of_any_form(
        self, server: Server, engine: EndpointEngine, message: Any, text: str, thought: str
    ) -> None:
        body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
        server.acts.append(misbehaving.answer(body))
        finished = await one(engine)
        assert (finished.text, finished.reasoning) == (text, thought)

    async def test_once_seen_to_think_it_gets_more_room_and_no_stop_strings(
        self, server: Server, engine: EndpointEngine
    ) -> None:
        thinks = (delta(reasoning_content="hm"), chunk("Yes. STOP No."), chunk(finish="length"))
        server.acts.extend(events(*thinks, "[DONE]") for _ in range(2))
        for _ in range(2):
            finished = await one(engine, max_tokens=50, thinking_tokens=70, stop=(" STOP",))
            assert finished.text == "Yes."
        first, second = (seen.body for seen in server.seen)
        assert (first["max_tokens"], first["stop"]) == (50, [" STOP"])
        assert (second["max_tokens"], second.get("stop")) == (120, None)
        assert "chat_template_kwargs" not in second

    @pytest.mark.parametrize(("think", "effort"), [(True, "medium"), (False, "low")])
    async def test_the_switch_is_handed_on_and_left_out_where_it_is_refused(
        self, server: Server, make: Make, think: bool, effort: str
    ) -> None:
        engine = make(server.url, think=think)
        await engine.load()
        refuses = '{"error": {"message": "Unrecognized request argument: chat_template_kwargs"}}'
        server.acts.extend([plain(400, refuses), says("Yes.")])
        assert (await one(engine)).text == "Yes."
        first, second = (seen.body for seen in server.seen)
        assert first["chat_template_kwargs"]["enable_thinking"] is think
        assert "chat_template_kwargs" not in second
        assert second["reasoning_effort"] == effort


class TestSeveralChoices:
    def test_which_choices_share_a_request(self) -> None:
        alike = [Sampling(seed=seed) for seed in (4, 5, 6, 9)]
        assert in_runs(alike) == [[0, 1, 2], [3]]
        assert in_runs([Sampling(seed=1), Sampling(seed=2, temperature=0.2)]) == [[0], [1]]
        assert in_runs([]) == []

    async def test_a_server_that_takes_n(self, server: Server, engine: EndpointEngine) -> None:
        server.acts.append(
            events(
                chunk("b", index=1), chunk("a"), chunk("B", index=1), chunk(finish="length"),
                chunk(index=1, finish="stop"), usage(4, 3), "[DONE]",
            )
        )  # fmt: skip
        generated = await engine.generate(ASKED, [Sampling(seed=1), Sampling(seed=2)])
        got = [(f.text, f.finish_reason, f.completion_tokens) for f in generated.finished]
        assert got == [("a", "length", 1), ("bB", "stop", 2)]
        assert server.seen[0].body["n"] == 2

    async def test_a_server_that_ignores_n(self, server: Server, engine: EndpointEngine) -> None:
        server.acts += [says("first"), says("second"), says("third"), says("fourth")]
        generated = await engine.generate(ASKED, [Sampling(seed=1), Sampling(seed=2)])
        assert [f.text for f in generated.finished] == ["first", "second"]
        assert [s.body.get("n") for s in server.seen] == [2, None]
        assert server.seen[1].body["seed"] == 2
        await engine.generate(ASKED, [Sampling(seed=1), Sampling(seed=2)])
        assert [s.body.get("n") for s in server.seen[2:]] == [None, None]

    async def test_a_server_that_refuses_n(self, server: Server, engine: EndpointEngine) -> None:
        server.acts += [
            plain(400, '{"error": {"message": "Only one completion choice is allowed"}}'),
            says("first"),
            says("second"),
        ]
        generated = await engine.generate(ASKED, [Sampling(seed=1), Sampling(seed=2)])
        assert {f.text for f in generated.finished} == {"first", "second"}

    async def test_a_server_that_draws_all_with_one_seed(
        self, server: Server, engine: EndpointEngine
    ) -> None:
        server.acts += [
            events(
                chunk("same"), chunk("same", index=1), chunk(finish="stop"),
                chunk(index=1, finish="stop"), "[DONE]",
            ),
            says("other"),
        ]  # fmt: skip
        generated = await engine.generate(ASKED, [Sampling(seed=1), Sampling(seed=2)])
        assert [f.text for f in generated.finished] == ["same", "other"]

    async def test_a_choice_that_broke_off_is_told_anew_with_the_others(
        self, server: Server, engine: EndpointEngine
    ) -> None:
        choices = [Sampling(seed=1), Sampling(seed=9)]
        server.acts += [
            says("complete"),
            misbehaving.raw_stream(f"data: {chunk('half')}\n\n".encode(), whole=False),
            says("mended"),
        ]
        shown: dict[int, str] = {}

        def listen(event: GenerationEvent) -> None:
            if isinstance(event, Started):
                shown.clear()
            elif isinstance(event, Piece):
                shown[event.choice] = shown.get(event.choice, "") + event.text

        generated = await engine.generate(ASKED, choices, on_event=listen)
        assert sorted(f.text for f in generated.finished) == ["complete", "mended"]
        assert shown == {f.choice: f.text for f in generated.finished}


class TestFailuresThatPass:
    @pytest.mark.parametrize(
        "bad",
        [
            pytest.param(plain(500, '{"error": {"message": "out of memory"}}'), id="500"),
            pytest.param(plain(503, "<html>\n<b>busy</b>"), id="503"),
            pytest.param(misbehaving.hang_up, id="hung up"),
            pytest.param(misbehaving.raw_stream(b"", whole=False), id="empty stream"),
            pytest.param(events(chunk("half")), id="no finish reason"),
            pytest.param(events(chunk("half"), "[DONE]"), id="done without finish reason"),
            pytest.param(events(chunk("half"), '{"choices": [{"ind'), id="broken JSON"),
            pytest.param(events('{"error": {"message": "engine died", "code": 500}}'), id="error"),
            pytest.param(plain(200, "not JSON"), id="garbage"),
            pytest.param(plain(200, '"text"'), id="no object"),
        ],
    )
    async def test_tried_again(
        self, server: Server, engine: EndpointEngine, waits: list[float], bad: misbehaving.Act
    ) -> None:
        server.acts += [bad, says("whole")]
        assert (await one(engine)).text == "whole"
        assert waits == [1.0]
        assert "trying again (2 of 3)" in str(engine.status.error)

    async def test_the_waits_double_and_the_tries_end(
        self, server: Server, engine: EndpointEngine, waits: list[float]
    ) -> None:
        server.otherwise = plain(500, '{"error": {"message": "out of\\nmemory \\u001b[1m"}}')
        assert "failed (500): out of memory [1m" in await failure(engine)
        assert waits == [1.0, 2.0]
        assert engine.status.state is State.FAILED
        server.otherwise = says("well again")
        assert (await one(engine)).text == "well again"
        assert engine.status.state is State.READY

    async def test_retry_after_is_heeded(
        self, server: Server, engine: EndpointEngine, waits: list[float]
    ) -> None:
        server.acts += [
            plain(429, "{}", {"Retry-After": "17"}),
            plain(429, "{}", {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
            says("ok"),
        ]
        assert (await one(engine)).text == "ok"
        assert waits == [17.0, 2.0]

    async def test_a_server_that_asks_for_an_hour_is_not_waited_for(
        self, server: Server, engine: EndpointEngine, waits: list[float]
    ) -> None:
        server.acts.append(plain(429, "{}", {"Retry-After": "3600"}))
        assert "asks to wait 3600 seconds" in await failure(engine)
        assert waits == []

    async def test_a_half_stream_is_never_an_answer(
        self, server: Server, engine: EndpointEngine
    ) -> None:
        half = f"data: {chunk('half')}\n\ndata: {chunk('and')[:20]}".encode()
        server.otherwise = misbehaving.raw_stream(half, whole=False)
        assert "broke off in the middle of an answer" in await failure(engine)

    async def test_a_refusal_after_the_head_of_a_stream_is_read_without_streaming(
        self, server: Server, engine: EndpointEngine
    ) -> None:
        words = (
            "This model's maximum context length is 512 tokens. However, you requested 900 tokens"
        )
        server.acts += [
            misbehaving.raw_stream(b"", whole=False),
            plain(400, json.dumps({"error": {"message": words}})),
        ]
        with pytest.raises(PromptTooLong) as caught:
            await one(engine)
        assert (caught.value.needed, caught.value.limit) == (900, 512)
        assert [s.body["stream"] for s in server.seen] == [True, False]

    async def test_a_server_that_says_nothing(self, server: Server, make: Make) -> None:
        engine = make(server.url, silence=0.05, retries=Retries(attempts=1))
        await engine.load()
        server.otherwise = misbehaving.silence
        assert "said nothing for 0.05 seconds" in await failure(engine)

    async def test_nothing_listens(self, make: Make, waits: list[float]) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        engine = make(f"http://localhost:{port}")
        with pytest.raises(EndpointError, match="is not running: nothing listens there"):
            await engine.load()
        assert waits == [1.0, 2.0]
        assert engine.status.state is State.FAILED

    async def test_the_http_process_killed(self, server: Server, engine: EndpointEngine) -> None:
        server.acts += [misbehaving.begins(chunk("half")), says("whole")]
        arrived = asyncio.Event()
        told: list[str] = []

        def on_event(event: GenerationEvent) -> None:
            if isinstance(event, Piece):
                told.append(event.text)
                arrived.set()

        task = asyncio.create_task(engine.generate(ASKED, [Sampling()], on_event=on_event))
        await arrived.wait()
        first = engine.http_pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert (await task).finished[0].text == "whole"
        assert told == ["half", "whole"]
        assert "the HTTP process ended (signal 9)" in str(engine.status.error)
        assert engine.http_pid != first

    async def test_restart_sends_requests_again(
        self, server: Server, engine: EndpointEngine
    ) -> None:
        server.acts += [misbehaving.silence, says("after")]
        task = asyncio.create_task(one(engine))
        await server.wait_seen(1)
        await engine.restart()
        assert (await task).text == "after"
        assert engine.status.restarts == 1


class TestRefusals:
    @pytest.mark.parametrize(
        ("act", "said"),
        [
            (plain(400, '{"error": {"message": "bad temperature"}}'), "(400): bad temperature"),
            (plain(400, '{"error": {"message": "' + "x" * 500 + '"}}'), f"{'x' * 200} ..."),
            (plain(401, "{}"), "set $PAIRLAB_API_KEY"),
            (plain(404, '{"detail": "Not Found"}'), "(404): Not Found"),
            (
                plain(302, "", {"Location": "http://127.0.0.1:1/"}),
                "redirect, which is not followed",
            ),
            (events(chunk("x", finish="content_filter")), "'content_filter': nothing was kept"),
            (events('{"error": {"message": "no", "code": 400}}'), "refused the request (400)"),
            (plain(200, b'{"a": "\xff"}'), "not UTF-8"),
        ],
    )
    async def test_not_tried_again(
        self,
        server: Server,
        engine: EndpointEngine,
        waits: list[float],
        act: misbehaving.Act,
        said: str,
    ) -> None:
        server.acts.append(act)
        assert said in await failure(engine)
        assert waits == []
        assert len(server.seen) == 1

    @pytest.mark.parametrize(
        "body",
        [
            {"error": {"code": 400, "type": "exceed_context_size_error",
                       "message": "request (900 tokens) exceeds the available context size "
                                  "(512 tokens), try increasing it"}},
            {"error": {"message": "This model's maximum context length is 512 tokens. However, "
                                  "you requested 900 tokens (644 in the messages, 256 in the "
                                  "completion)."}},
            {"error": {"message": "You passed 644 input tokens and requested 256 output tokens. "
                                  "However, the model's context length is only 512 tokens"}},
            {"error": {"message": "'max_tokens' or 'max_completion_tokens' is too large: 256. "
                                  "This model's maximum context length is 512 tokens and your "
                                  "request has 644 input tokens (256 > 512 - 644)."}},
            {"error": {"message": "too long", "n_prompt_tokens": 900, "n_ctx": 512}},
            {"message": "Requested token count exceeds the model's maximum context length of 512 "
                        "tokens. You requested a total of 900 tokens: 644 tokens from the input"},
            {"message": "The input (900 tokens) is longer than the model's context length (512 "
                        "tokens)."},
            {"error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 512. "
                      "Given: 644 `inputs` tokens and 256 `max_new_tokens`"},
        ],
    )  # fmt: skip
    async def test_a_prompt_too_long_is_refused_with_both_numbers(
        self, server: Server, engine: EndpointEngine, body: object
    ) -> None:
        server.acts.append(plain(400, json.dumps(body)))
        with pytest.raises(PromptTooLong) as caught:
            await one(engine)
        assert (caught.value.needed, caught.value.limit) == (900, 512)

    async def test_a_prompt_too_long_without_a_number(
        self, server: Server, engine: EndpointEngine
    ) -> None:
        server.acts.append(plain(400, '{"error": {"code": "context_length_exceeded"}}'))
        with pytest.raises(PromptTooLong, match="and its answer do not fit the context: shorten"):
            await one(engine)

    async def test_nothing_before_load(self, server: Server, make: Make) -> None:
        with pytest.raises(NoModel):
            await one(make(server.url))

    async def test_nothing_after_shutdown(self, server: Server, engine: EndpointEngine) -> None:
        server.acts.append(misbehaving.silence)
        task = asyncio.create_task(one(engine))
        await server.wait_seen(1)
        pid = engine.http_pid
        assert pid is not None
        await engine.shutdown()
        with pytest.raises(EndpointError, match="was stopped"):
            await task
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert engine.status.state is State.STOPPED


class TestTurns:
    async def test_cancelling_closes_the_connection(
        self, server: Server, engine: EndpointEngine
    ) -> None:
        server.acts += [misbehaving.begins(chunk("half")), says("next")]
        begun = asyncio.Event()
        task = asyncio.create_task(
            engine.generate(ASKED, [Sampling()], on_event=lambda _event: begun.set())
        )
        await begun.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await server.seen[0].gone.wait()
        assert (await one(engine)).text == "next"
        assert engine.status.running == 0

    async def test_no_more_than_the_bound_and_the_urgent_first(
        self, server: Server, make: Make
    ) -> None:
        engine = make(server.url, concurrency=2)
        await engine.load()
        server.otherwise = misbehaving.silence
        tasks = [asyncio.create_task(one(engine, seed=seed)) for seed in range(4)]
        await server.wait_seen(2)
        await until(engine, lambda status: (status.running, status.waiting) == (2, 2))
        assert engine.status.state is State.WRITING
        server.otherwise = says("urgent")
        urgent = asyncio.create_task(
            engine.generate(ASKED, [Sampling(seed=99)], urgency=Urgency.NOW)
        )
        await until(engine, lambda status: status.waiting == 3)
        tasks[0].cancel()
        assert (await urgent).finished[0].text == "urgent"
        assert server.seen[2].body["seed"] == 99
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert engine.status.running == 0

    async def test_a_server_that_drops_an_answer_for_another_is_asked_one_at_a_time(
        self, server: Server, engine: EndpointEngine
    ) -> None:
        first = asyncio.Event()

        async def dropped(seen: misbehaving.Seen, writer: asyncio.StreamWriter) -> None:
            await first.wait()
            await events(chunk("half"), "[DONE]")(seen, writer)

        async def written(seen: misbehaving.Seen, writer: asyncio.StreamWriter) -> None:
            first.set()
            await says("whole")(seen, writer)

        async def alone(seen: misbehaving.Seen, writer: asyncio.StreamWriter) -> None:
            assert engine.status.running == 1
            await says("alone")(seen, writer)

        server.acts += [dropped, dropped, written, alone, alone]
        done = await asyncio.gather(*(one(engine, seed=seed) for seed in (1, 3, 5)))
        assert {finished.text for finished in done} == {"whole", "alone"}


class TestTheModel:
    async def test_vllm_and_llama_server_tell_the_context(self, server: Server, make: Make) -> None:
        row = {"id": "org/name", "owned_by": "vllm", "max_model_len": 2048}
        server.models = misbehaving.answer({"data": [row]})
        info = await make(f"{server.url}/v1/").load()
        assert (info.name, info.n_ctx, info.backend, info.sha256) == (
            "org/name", 2048, "endpoint", None,
        )  # fmt: skip
        meta = {"n_ctx_train": 8192, "n_params": 5, "size": 7}
        row = {"id": "/home/someone/x.gguf", "owned_by": "llamacpp", "meta": meta}
        server.models = misbehaving.answer({"data": [row]})
        server.acts.append(
            misbehaving.answer(
                {"default_generation_settings": {"n_ctx": 1024}, "chat_template": "{{ x }}"}
            )
        )
        info = await make(server.url).load()
        assert (info.name, info.n_ctx, info.n_params, info.size_bytes, info.chat_template) == (
            "x.gguf", 1024, 5, 7, "{{ x }}",
        )  # fmt: skip

    async def test_the_address_is_known_before_anything_is_sent(self, server: Server) -> None:
        assert EndpointEngine(f"{server.url}/v1").server == server.url

    async def test_one_of_several_must_be_named(self, server: Server, make: Make) -> None:
        server.models = misbehaving.answer({"data": [{"id": "small"}, {"id": "large"}]})
        with pytest.raises(EndpointError, match="name one of large, small with --model"):
            await make(server.url).load()
        with pytest.raises(EndpointError, match="did you mean 'large'"):
            await make(server.url, model="largo").load()
        assert (await make(server.url, model="large").load()).name == "large"

    async def test_a_server_that_lists_none(self, server: Server, make: Make) -> None:
        server.models = misbehaving.answer({"object": "list"})
        with pytest.raises(EndpointError, match="lists no model"):
            await make(server.url).load()

    def test_the_constructor_for_the_command_line(self) -> None:
        assert EndpointEngine("http://127.0.0.1:8080", model="m").info is None
        with pytest.raises(EndpointError, match="no http address"):
            EndpointEngine("ftp://127.0.0.1")
