"""llama.cpp as a library: started once, its words kept for the log and for who asks why."""

from __future__ import annotations

import collections
import re
import sys

import llama_cpp

_WHERE = re.compile(r"(\w*llama_\w+: |gguf_\w+: |check_\w+: |\w*(error|failed to) [\w ]+: )+")
"""How llama.cpp begins its complaints."""
_LOG_INFO = 2
_LOG_ERROR = 4

last_errors: collections.deque[str] = collections.deque(maxlen=8)
"""What llama.cpp last complained of; says why a file could not be loaded."""


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]  # llama_cpp has no types here
def _log(level: int, text: bytes, _data: object) -> None:
    line = text.decode("utf-8", "replace")
    if level < _LOG_INFO:
        return
    if level == _LOG_ERROR:
        last_errors.append(line.strip())
    sys.stderr.write(_printable(line))


def _printable(line: str) -> str:
    """The line for the log: a model file's own names must not reach a reader's terminal raw."""
    return "".join(
        char if char.isprintable() or char in "\n\t" else char.encode("unicode_escape").decode()
        for char in line
    )


def complaint() -> str:
    """Why llama.cpp could not, in one line without the names of its functions."""
    said: list[str] = []
    for line in last_errors:
        words = " ".join(_WHERE.sub("", line).split())
        if words and words not in said and not words.startswith("failed to load model"):
            said.append(words)
    told = "; ".join(said)
    if "unknown model architecture" in told:
        told += "; a newer llama-cpp-python may know it"
    return told or "llama.cpp gives no reason"


def start() -> str:
    """Initialise the library once; returns its version."""
    # _log lives in this module: llama.cpp keeps the bare address of it
    llama_cpp.llama_log_set(_log, None)
    llama_cpp.llama_backend_init()
    return f"llama.cpp {llama_cpp.__version__}"
