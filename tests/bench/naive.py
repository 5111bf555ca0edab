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
