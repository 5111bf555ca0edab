"""What a server's refusal means, in one line."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from engine.endpoint.retries import Passing, seconds
from engine.errors import EndpointError, EngineError, NoMoreRequests, PromptTooLong

SHOWN = 200
"""Characters of a server's own message that are shown."""

_TOO_LONG = (
    # OpenAI, llama-cpp-python, vLLM up to 0.10
    re.compile(r"context length is (?P<limit>\d+) tokens.*?requested (?P<needed>\d+) tokens", re.S),
    # llama-server, in words and in numbers of their own
    re.compile(r"request \((?P<needed>\d+) tokens\) exceeds .*?\((?P<limit>\d+) tokens\)", re.S),
    re.compile(r'"n_prompt_tokens": ?(?P<needed>\d+).*?"n_ctx": ?(?P<limit>\d+)', re.S),
    # SGLang
    re.compile(
        r"context length of (?P<limit>\d+) tokens.*?total of (?P<needed>\d+) tokens", re.S | re.I
    ),
    re.compile(
        r"input \((?P<needed>\d+) tokens\) is longer than .*?\((?P<limit>\d+) tokens\)", re.S
    ),
)
_TOO_LONG_IN_PARTS = (
    # vLLM from 0.11 on says prompt and answer one by one
    re.compile(
        r"passed (?P<prompt>\d+) input tokens and requested (?P<answer>\d+) output tokens"
        r".*?context length is only (?P<limit>\d+) tokens",
        re.S,
    ),
    re.compile(
        r"is too large: (?P<answer>\d+).*?context length is (?P<limit>\d+) tokens"
        r".*?has (?P<prompt>\d+) input tokens",
        re.S,
    ),
    # TGI
    re.compile(
        r"must be <= (?P<limit>\d+)\. Given: (?P<prompt>\d+) `inputs` tokens"
        r" and (?P<answer>\d+) `max_new_tokens`"
    ),
)
_TOO_LONG_WORDS = re.compile(
    r"context_length_exceeded|exceed_context_size|exceeds the (available )?context (window|size)"
    r"|maximum context length|longer than the model's context|(prompt|input) is too long",
    re.I,
)
"""Said without the two numbers."""
_BUSY = frozenset({408, 425, 429})


class ServerRefusal(EndpointError):
    """A server does not accept a request.

    Args:
        message: one line.
        status: what it answered, 0 for nothing.
        by_rule: the text was found to offend, which says nothing of others.
    """

    def __init__(self, message: str, status: int = 0, *, by_rule: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.by_rule = by_rule


class OutOfUse(EndpointError, NoMoreRequests):
    """The only server there is refuses whatever it is asked."""


_BY_RULE = re.compile(r"content.?(filter|policy|management)|moderation|flagged", re.I)


def message_in(body: str) -> str:
    """The server's own words from an error body, on one line and cut."""
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        found = body
    while isinstance(found, dict):
        inner = next((found[k] for k in ("error", "message", "detail", "msg") if k in found), None)
        found = json.dumps(found, ensure_ascii=False) if inner is None else inner
    text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    return cut(text)


def cut(text: str) -> str:
    """A foreign text made fit for one line of an error message."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN].rstrip()} ..."


def refusal(server: str, status: int, body: str, retry_after: str | None) -> EngineError:
    """The error that a status other than 200 stands for."""
    words = message_in(body)
    said = f": {words}" if words else ""
    if too_long := _too_long(body, status):
        return too_long
    if status in _BUSY or status >= 500:
        state = "is busy" if status in _BUSY else "failed"
        return Passing(
            f"the server at {server} {state} ({status}){said}",
            seconds(retry_after),
            busy=status in _BUSY,
        )
    by_rule = _BY_RULE.search(words) is not None
    if status in (401, 403) and not by_rule:
        message = (
            f"the server at {server} wants a key it accepts ({status}){said}: "
            "set $PAIRLAB_API_KEY or name an --api-key-file, and start again"
        )
    elif status == 404:
        message = (
            f"the server at {server} does not have what was asked for (404){said}: "
            "check the address and the model's name"
        )
    else:
        message = f"the server at {server} refused the request ({status}){said}"
    return ServerRefusal(message, status, by_rule=by_rule)


def _too_long(body: str, status: int) -> PromptTooLong | None:
    for pattern in _TOO_LONG:
        if match := pattern.search(body):
            return PromptTooLong(int(match["needed"]), int(match["limit"]))
    for pattern in _TOO_LONG_IN_PARTS:
        if match := pattern.search(body):
            return PromptTooLong(int(match["prompt"]) + int(match["answer"]), int(match["limit"]))
    return PromptTooLong() if status < 500 and _TOO_LONG_WORDS.search(body) else None


def unsupported(words: str, body: Collection[str]) -> set[str]:
    """Keys every server should know, of which this one says that it does not support them."""
    if "max_tokens" in body and "max_completion_tokens" in words:
        return {"max_tokens"}
    return (
        named(words, {"temperature", "top_p", "stop"} & set(body)) if "support" in words else set()
    )


def named(words: str, keys: Collection[str]) -> set[str]:
    """Which of these request keys a server's message names, as one that knows no such key does."""
    return {key for key in keys if re.search(rf"\b{re.escape(key)}\b", words)}
