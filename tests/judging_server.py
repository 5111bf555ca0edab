"""A server on the loopback that judges pairs by a rule, with log-probabilities known beforehand.

    pairs = [("Yes.", "Certainly not, and here is why.")]
    with JudgingServer(longer(0.8), pairs) as server:
        pairlab("judge", "--endpoint", server.url)

It speaks the chat route of OpenAI's interface. Whatever the wording of the question, it finds the
two answers in the last turn of the user, and answers the label of the first place with the rule's
probability; rules know nothing of ``a`` and ``b``.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from store.ids import digest

Rule = Callable[[str, str], float]
"""(first answer, second answer) -> probability that the first is the better one."""

_LABELS = (("A", "B"), ("1", "2"), ("first", "second"))


def first_place(q: float = 0.95) -> Rule:
    """Prefers whatever stands first."""
    return lambda _first, _second: q


def longer(q: float = 0.9) -> Rule:
    """Prefers the longer text."""
    return lambda first, second: 0.5 if len(first) == len(second) else _side(first, second, q)


def own(texts: Collection[str], q: float = 0.9) -> Rule:
    """Prefers its own texts to those of others."""
    kept = frozenset(texts)

    def rule(first: str, second: str) -> float:
        if (first in kept) == (second in kept):
            return 0.5
        return q if first in kept else 1 - q

    return rule


def ideal(better: Collection[str], q: float = 0.98) -> Rule:
    """Knows which texts are the better ones."""
    return own(better, q)


def noisy(better: Collection[str], right: float = 0.8, q: float = 0.9, seed: str = "0") -> Rule:
    """Knows the better text and says so of a share of the pairs, the contrary of the others.

    What it says about a pair is drawn from its two texts: it is the same in both orders.
    """
    knows = ideal(better, q)

    def rule(first: str, second: str) -> float:
        drawn = int(digest("noisy", [seed, sorted((first, second))])[:8], 16) / 2**32
        known = knows(first, second)
        return known if drawn < right else 1 - known

    return rule


def _side(first: str, second: str, q: float) -> float:
    return q if len(first) > len(second) else 1 - q


class JudgingServer:
    """Serves from entering it to leaving it.

    Args:
        rule: how it judges; None for a server that tells no log-probabilities.
        pairs: the answers of every pair it may be asked about; order and extra pairs do not matter.
        mass: probability of the two labels together.
        model: the name it goes by.
        reasoning: what it writes where it is asked to reason.
        key: what it wants for a text; None wants none.
    """

    def __init__(
        self,
        rule: Rule | None,
        pairs: Iterable[tuple[str, str]],
        *,
        mass: float = 1.0,
        model: str = "judge",
        reasoning: str = "Both answer the question.",
        key: str | None = None,
    ) -> None:
        self.key = key
        self.asked: list[Mapping[str, Any]] = []
        """Bodies of the requests that asked for log-probabilities."""
        self.shown: list[tuple[str, str]] = []
        """First and second answer of each of them."""
        self.written = 0
        """Requests for a text."""
        self.authorization = ""
        """Of the newest request."""
        self._rule = rule
        self._pairs = sorted(pairs, key=lambda pair: -len(pair[0]) - len(pair[1]))
        self._mass = mass
        self._model = model
        self._reasoning = reasoning
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def models(self) -> dict[str, Any]:
        """What ``/v1/models`` says; a kind of server that is asked for its likeliest tokens."""
        return {"data": [{"id": self._model, "owned_by": "vllm"}]}

    def chat(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to one request of the chat route."""
        if "prompt_logprobs" in body:
            return {"choices": []}
        if not body.get("logprobs") or self._rule is None:
            self.written += 1
            return {"choices": [{"message": {"content": self._reasoning}, "finish_reason": "stop"}]}
        question = next(m["content"] for m in reversed(body["messages"]) if m["role"] == "user")
        first, second = self._answers(question)
        self.asked.append(body)
        self.shown.append((first, second))
        q = self._rule(first, second)
        weights = (q * self._mass, (1 - q) * self._mass)
        told = [
            {"token": label, "logprob": math.log(weight)}
            for labels in _LABELS
            for label, weight in zip(labels, weights, strict=True)
        ]
        content = [{"token": "A", "logprob": told[0]["logprob"], "top_logprobs": told}]
        return {
            "choices": [
                {
                    "message": {"content": "A"},
                    "finish_reason": "length",
                    "logprobs": {"content": content},
                }
            ]
        }

    def _answers(self, question: str) -> tuple[str, str]:
        """The two answers of the question, in the order shown."""
        for pair in self._pairs:
            long, short = sorted(pair, key=len, reverse=True)
            at = question.rfind(long)
            rest = question.replace(long, "\0" * len(long))
            other = rest.rfind(short)
            if at >= 0 and other >= 0:
                return (long, short) if at < other else (short, long)
        raise LookupError(f"no known pair is asked about: {question!r}")


def _handler(judge: JudgingServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(200, "application/json", json.dumps(judge.models()))

        def do_POST(self) -> None:
            judge.authorization = self.headers.get("Authorization", "")
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if judge.key and judge.authorization != f"Bearer {judge.key}":
                self._send(401, "application/json", "{}")
                return
            if self.path != "/v1/chat/completions":
                self._send(404, "application/json", '{"error": {"message": "no such route"}}')
                return
            try:
                found = judge.chat(body)
            except LookupError as error:
                refusal = {"error": {"message": str(error)}}
                self._send(400, "application/json", json.dumps(refusal))
                return
            if body.get("stream"):
                self._send(200, "text/event-stream", _streamed(found))
            else:
                self._send(200, "application/json", json.dumps(found))

        def log_message(self, *_said: Any) -> None:
            return

        def _send(self, status: int, kind: str, text: str) -> None:
            raw = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

    return Handler


def _streamed(found: Mapping[str, Any]) -> str:
    text = found["choices"][0]["message"]["content"]
    piece = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": "stop"}]}
    return f"data: {json.dumps(piece)}\n\ndata: [DONE]\n\n"
