"""Weighing and counting on servers that offer them in different ways, or not at all."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from engine.api import Score
from engine.endpoint.bodies import CHAT
from engine.endpoint.client import EndpointEngine
from engine.endpoint.refusals import OutOfUse
from engine.endpoint.retries import Retries
from engine.errors import EndpointError, NoLogprobs
from store.records import Message
from tests.engine import misbehaving
from tests.engine.misbehaving import Seen, Server, answer, plain

ASKED = (Message("user", "A or B?"),)

Start = Callable[..., Any]


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    await made.start()
    yield made
    await made.stop()


@pytest_asyncio.fixture
async def load(server: Server) -> AsyncIterator[Start]:
    """Loads an engine whose server claims to be of a kind."""
    made: list[EndpointEngine] = []

    async def never(_seconds: float) -> None:
        return

    async def build(owner: str) -> EndpointEngine:
        server.models = answer({"data": [{"id": "tiny", "owned_by": owner}]})
        made.append(EndpointEngine(server.url, retries=Retries(attempts=3, sleep=never)))
        await made[-1].load()
        server.seen.clear()
        return made[-1]

    yield build
    for engine in made:
        await engine.shutdown()


def replies(rule: Callable[[Any], misbehaving.Act]) -> misbehaving.Act:
    """An act that depends on the body of the request."""

    async def act(seen: Seen, writer: asyncio.StreamWriter) -> None:
        await rule(seen.body)(seen, writer)

    return act


def written(text: str, *tokens: dict[str, Any]) -> misbehaving.Act:
    return answer(
        {
            "choices": [
                {
                    "message": {"content": text},
                    "finish_reason": "stop",
                    "logprobs": {"content": list(tokens)} if tokens else None,
                }
            ]
        }
    )


class TestThePromptsOwnLogprobs:
    """vLLM: what comes after the tokens that both prompts share is the answer."""

    @pytest.fixture
    def rule(self) -> Callable[[Any], misbehaving.Act]:
        def token(number: int, logprob: float) -> dict[str, Any]:
            return {str(number): {"logprob": logprob, "rank": 1, "decoded_token": "x"}}

        head = [None, token(1, -5.0), token(2, -7.0)]
        tails: dict[str, list[Any]] = {
            "A": [token(10, -0.5)],
            "B": [token(11, -1.0), token(12, -0.25)],
        }

        def reply(body: Any) -> misbehaving.Act:
            last = body["messages"][-1]
            said = last["content"][-1:] if last["role"] == "assistant" else ""
            rows = head + tails.get(said, [])
            return answer({"choices": [{"message": {"content": "x"}}], "prompt_logprobs": rows})

        return reply

    async def test_a_thought_goes_before_what_is_weighed(
        self, server: Server, load: Start, rule: Callable[[Any], misbehaving.Act]
    ) -> None:
        engine = await load("vllm")
        server.otherwise = replies(rule)
        thought = "Both are kind."
        weighed = await engine.choose(ASKED, ["A", "B"], prefill="It is ", thought=thought)
        assert weighed == (-0.5, -1.25)
        for seen in server.seen:
            said = seen.body["messages"][-1]["content"]
            assert said.startswith(f"<think>\n{thought}\n</think>\n\nIt is ")
            assert seen.body["chat_template_kwargs"]["enable_thinking"] is True

    async def test_choose_and_score(
        self, server: Server, load: Start, rule: Callable[[Any], misbehaving.Act]
    ) -> None:
        engine = await load("vllm")
        server.otherwise = replies(rule)
        assert await engine.choose(ASKED, ["A", "B"]) == (-0.5, -1.25)
        opening, *weighed = [seen.body for seen in server.seen]
        assert "continue_final_message" not in opening
        for body in weighed:
            assert (body["add_generation_prompt"], body["continue_final_message"]) == (False, True)
        assert await engine.score(ASKED, "B") == Score(-1.25, 2)


def token(text: str, logprob: float) -> dict[str, Any]:
    return {"token": text, "bytes": list(text.encode()), "logprob": logprob}


class TestAGrammar:
    """llama.cpp: the server is made to write the answer and tells how likely each token was."""

    TOKENS = {"A": [7], 'no "B"\n': [8, 9]}
    TOLD = {
        "root ::= <[7]>": written("A", token("A", -0.5)),
        "root ::= <[8]> <[9]>": written(
            'no "B"', token("no", -1.0), token(' "B"\n', -0.5), token("", -9.0)
        ),
        'root ::= "A"': written("A", token("A", -0.5)),
        'root ::= "no \\"B\\"\\n"': written(
            'no "B"', token("n", -4.0), token("o ", -2.0), token('"B"\n', -0.5)
        ),
    }

    def reply(self, body: Any) -> misbehaving.Act:
        if "content" in body:
            return answer({"tokens": self.TOKENS[body["content"]]})
        return self.TOLD[body["grammar"]]

    async def test_of_tokens(self, server: Server, load: Start) -> None:
        engine = await load("llamacpp")
        server.otherwise = replies(self.reply)
        assert await engine.choose(ASKED, ["A", 'no "B"\n']) == (-0.5, -1.5)
        assert await engine.score(ASKED, 'no "B"\n') == Score(-1.5, 2)

    async def test_of_letters_only_where_the_tokens_are_the_tokenisers(
        self, server: Server, load: Start
    ) -> None:
        """An older server reads no grammar of tokens and may spell an answer in another way."""

        def reply(body: Any) -> misbehaving.Act:
            unread = plain(400, '{"error": {"message": "failed to parse grammar"}}')
            return unread if "<[" in body.get("grammar", "") else self.reply(body)

        engine = await load("llamacpp")
        server.otherwise = replies(reply)
        assert await engine.choose(ASKED, ["A"]) == (-0.5,)
        with pytest.raises(EndpointError, match="other tokens were written"):
            await engine.choose(ASKED, ['no "B"\n'])

    async def test_of_letters_where_nothing_cuts_texts(self, server: Server, load: Start) -> None:
        def reply(body: Any) -> misbehaving.Act:
            return self.TOLD[body["grammar"]] if "grammar" in body else plain(404, "{}")

        engine = await load("llamacpp")
        server.otherwise = replies(reply)
        assert await engine.choose(ASKED, ["A"]) == (-0.5,)
        with pytest.raises(EndpointError, match="other tokens were written"):
            await engine.score(ASKED, 'no "B"\n')


class TestTheFirstToken:
    """Any other server that tells its likeliest first tokens."""

    @pytest.fixture
    def first(self) -> misbehaving.Act:
        top = [{"token": " B", "logprob": -2.0}, {"token": "A", "logprob": -0.5}]
        return written("A", {"token": "A", "logprob": -0.5, "top_logprobs": top})

    async def test_choose(self, server: Server, load: Start, first: misbehaving.Act) -> None:
        engine = await load("someone")
        server.otherwise = first
        assert await engine.choose(ASKED, ["A", "B"]) == (-0.5, -2.0)
        asked = len(server.seen)
        await engine.choose(ASKED, ["A", "B"])
        assert len(server.seen) == asked + 1

    async def test_an_answer_that_is_none_of_them(
        self, server: Server, load: Start, first: misbehaving.Act
    ) -> None:
        engine = await load("someone")
        server.otherwise = first
        with pytest.raises(EndpointError, match="2 likeliest first tokens and 'C' is none"):
            await engine.choose(ASKED, ["A", "C"])

    async def test_score_needs_more(
        self, server: Server, load: Start, first: misbehaving.Act
    ) -> None:
        engine = await load("someone")
        server.otherwise = first
        with pytest.raises(EndpointError, match="cannot weigh these answers"):
            await engine.score(ASKED, "a whole answer")


@pytest.mark.parametrize(
    "act",
    [
        written("A"),
        *(
            written("A", {"top_logprobs": [{"token": "A", "logprob": odd}]})
            for odd in (math.nan, 0.7, True)
        ),
        plain(400, '{"error": {"message": "logprobs is not supported"}}'),
        plain(500, '{"error": {"message": "logprobs needs logits_all"}}'),
    ],
)
async def test_a_server_that_tells_no_logprobs(
    server: Server, load: Start, act: misbehaving.Act
) -> None:
    engine = await load("someone")
    server.otherwise = act
    with pytest.raises(NoLogprobs, match="tells no log-probabilities, and a judge's") as caught:
        await engine.choose(ASKED, ["A", "B"])
    assert "\n" not in str(caught.value)


async def test_a_server_that_wants_another_key_is_asked_once(server: Server, load: Start) -> None:
    engine = await load("someone")
    server.otherwise = plain(401, "no such key")
    with pytest.raises(OutOfUse, match="wants a key it accepts"):
        await engine.choose(ASKED, ["A", "B"])
    assert len([one for one in server.seen if one.path == CHAT]) <= 2  # one for each answer


class TestCounting:
    async def test_llama_server_and_vllm(self, server: Server, load: Start) -> None:
        engine = await load("vllm")
        server.acts += [answer({"count": 3, "tokens": [1, 2, 3]}), answer({"tokens": [1, 2]})]
        assert await engine.count(["one two", "one"]) == (3, 2)
        assert server.seen[0].path == "/tokenize"
        assert server.seen[0].body == {
            "model": "tiny", "content": "one two", "add_special": False,
            "prompt": "one two", "add_special_tokens": False,
        }  # fmt: skip

    async def test_what_a_route_adds_to_every_text_is_taken_off(
        self, server: Server, load: Start
    ) -> None:
        engine = await load("me")
        server.acts += [
            plain(404, '{"detail": "Not Found"}'), answer({"tokens": [1, 5, 6, 7]}),
            answer({"tokens": [1]}),
        ]  # fmt: skip
        assert await engine.count(["one two three"]) == (3,)
        assert [seen.path for seen in server.seen[1:]] == ["/extras/tokenize"] * 2

    async def test_none(self, server: Server, load: Start) -> None:
        engine = await load("someone")
        with pytest.raises(EndpointError, match="counts no tokens"):
            await engine.count(["x"])
        assert await engine.count([]) == ()
