"""What a user would write with the plain API; a process of its own, asked by JSON lines.

``python -m tests.bench.naive MODEL [THREADS]``
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any


def main() -> None:
    """Answer one line with one line until stdin ends."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import llama_cpp

    threads: dict[str, Any] = {"n_threads": int(sys.argv[2])} if len(sys.argv) > 2 else {}
    llama = llama_cpp.Llama(sys.argv[1], n_ctx=4096, verbose=False, **threads)
    for line in sys.stdin:
        asked = json.loads(line)
        if "judge" in asked:
            said = _judge(asked)
        else:
            said = _nodes(llama, asked) if "sequences" in asked else _chat(llama, asked)
        out.write(json.dumps(said) + "\n")
        out.flush()


def _chat(llama: Any, asked: dict[str, Any]) -> dict[str, Any]:
    started = time.perf_counter()
    said = llama.create_chat_completion(asked["messages"], **asked["sampling"])
    return {
        "text": said["choices"][0]["message"]["content"],
        "tokens": said["usage"]["completion_tokens"],
        "seconds": time.perf_counter() - started,
    }


def _judge(asked: dict[str, Any]) -> dict[str, Any]:
    """Seconds to weigh the next token of each prompt, one after the other.

    Once by the completion's ``logprobs``, for which the plain API keeps the logits of all tokens,
    and where ``bare`` is asked for once by hand from the last logits alone.
    """
    import llama_cpp
    from llama_cpp.llama_chat_format import Jinja2ChatFormatter

    seconds = []
    for everything in (True, False)[: 1 + asked["bare"]]:
        llama: Any = llama_cpp.Llama(
            asked["model"], n_ctx=2048, logits_all=everything, verbose=False
        )
        form = Jinja2ChatFormatter(llama.metadata["tokenizer.chat_template"], "", "")
        prompts = [form(messages=one["messages"]).prompt + one["opening"] for one in asked["judge"]]
        llama.create_completion("warm", max_tokens=1)
        started = time.perf_counter()
        for prompt in prompts:
            if everything:
                llama.create_completion(prompt, max_tokens=1, temperature=0, logprobs=20)
            else:
                llama.reset()
                llama.eval(llama.tokenize(prompt.encode(), add_bos=False, special=True))
        seconds.append(time.perf_counter() - started)
    nodes = _nodes(llama, {"sequences": [(prompt, "", True) for prompt in prompts]})["nodes"]
    return {"seconds": seconds[0], "bare_seconds": seconds[-1], "nodes": nodes}


def _nodes(llama: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """Nodes of the prefix tree over sequences: what must be evaluated at the very least."""
    nodes: set[tuple[int, int]] = set()
    for rendered, text, whole in asked["sequences"]:
        tokens = llama.tokenize(rendered.encode(), add_bos=False, special=True)
        written = llama.tokenize(text.encode(), add_bos=False, special=False)
        # the token that ends an answer at its limit is drawn, not evaluated
        tokens += written if whole else written[:-1]
        path = 0
        for token in tokens:
            path = hash((path, token))
            nodes.add((path, token))
    return {"nodes": len(nodes)}


if __name__ == "__main__":
    main()
