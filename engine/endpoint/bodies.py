"""The bodies of the requests a server is sent."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from engine.api import Sampling
from engine.endpoint.models import ServerKind
from store.records import Message

CHAT = "/v1/chat/completions"

EXTRAS = frozenset(
    {
        "top_k",
        "min_p",
        "repeat_penalty",
        "repetition_penalty",
        "seed",
        "stream_options",
        "add_generation_prompt",
        "continue_final_message",
        "chat_template_kwargs",
        "reasoning_effort",
    }
)
"""Keys that not every server knows; one that refuses them by name is asked without."""


@dataclass(slots=True)
class ThinkingSupport:
    """What is known of the model's thinking."""

    wanted: bool | None = None
    """Whether it is to think; None leaves it to the server."""
    seen: bool = False
    """Whether it has been seen to."""
    most: int = 0
    """Tokens that thinking and answer may have together; 0 where the context is not known."""


def conversation(messages: Sequence[Message], prefill: str) -> list[dict[str, str]]:
    """The messages as sent; a prefill is an assistant's turn that has only begun."""
    said = [{"role": m.role, "content": m.content} for m in messages]
    return [*said, {"role": "assistant", "content": prefill}] if prefill else said


def rendered(messages: Sequence[Message], prefill: str) -> str:
    """What is kept as the text the model was given: the server applies its own chat template."""
    said = conversation(messages, prefill)
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def generation(
    kind: ServerKind,
    messages: Sequence[Message],
    sampling: Sampling,
    *,
    prefill: str,
    choices: int,
    stream: bool,
    without: Collection[str],
    thinking: ThinkingSupport,
) -> dict[str, Any]:
    """Ask for ``choices`` answers; vLLM draws choice i with the seed plus i.

    A server counts thinking against ``max_tokens`` and looks for stop strings in it too: where
    its model is known to think, the budget is larger and the answer is cut at them here.
    """
    thinks = thinking.seen and not prefill
    budget = sampling.max_tokens + (sampling.thinking_tokens if thinks else 0)
    body: dict[str, Any] = {
        "messages": conversation(messages, prefill),
        "max_tokens": max(sampling.max_tokens, min(budget, thinking.most or budget)),
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "min_p": sampling.min_p,
        "seed": sampling.seed,
        "stream": stream,
    }
    penalty = "repetition_penalty" if kind is ServerKind.VLLM else "repeat_penalty"
    body[penalty] = sampling.repeat_penalty
    if stream:
        body["stream_options"] = {"include_usage": True}
    if choices > 1:
        body["n"] = choices
    if sampling.stop and not thinks:
        body["stop"] = list(sampling.stop)
    if sampling.grammar is not None:
        body |= grammar(kind, sampling.grammar)
    body |= told_to_think(False if prefill else thinking.wanted)
    if thinking.wanted is not None and not prefill:
        body["reasoning_effort"] = "medium" if thinking.wanted else "low"
    return _less(body | continued(prefill), without)


def told_to_think(think: bool | None) -> dict[str, Any]:
    """The key that tells a chat template whether the model is to think; None says nothing."""
    if think is None:
        return {}
    return {"chat_template_kwargs": {"enable_thinking": think, "thinking": think}}


def grammar(kind: ServerKind, text: str) -> dict[str, Any]:
    """The key that binds an answer to a GBNF grammar."""
    if kind is ServerKind.VLLM:
        return {"structured_outputs": {"grammar": text}}
    return {"grammar": text}


def continued(prefill: str) -> dict[str, Any]:
    """What asks vLLM to go on with the last turn; llama-server does so by itself."""
    if not prefill:
        return {}
    return {"add_generation_prompt": False, "continue_final_message": True}


def _less(body: dict[str, Any], without: Collection[str]) -> dict[str, Any]:
    if "max_tokens" in without:  # OpenAI's newer models have another name for it
        body["max_completion_tokens"] = body["max_tokens"]
    return {key: value for key, value in body.items() if key not in without}
