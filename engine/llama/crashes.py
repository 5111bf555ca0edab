"""Says in words why a model host went away."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path

_TAIL = 8192
"""Bytes at the end of the log that may hold the reason."""
_SIGNS = ("GGML_ASSERT", "ggml_abort", "terminate called", "what():", "MemoryError", "Error:")


@dataclass(frozen=True, slots=True)
class Crash:
    """One end of a host that nobody had asked for."""

    reason: str
    """What happened, without a full stop."""
    hint: str
    """What to do when it happens again."""
    plain_buffers: bool = False
    """The next host should load the weights without repacking them."""

    def __str__(self) -> str:
        return f"{self.reason}: {self.hint}"


def explain(code: int, log: Path | None) -> Crash:
    """Why a host that ended with ``code`` is gone.

    Args:
        code: as the process reported it; minus the signal's number when one ended it.
        log: the file its stderr went to.
    """
    number = -code if code < 0 else code - 128
    if number == signal.SIGILL:
        return Crash(
            "the model host met an instruction this processor does not have (SIGILL)",
            "it is started again with plain weight buffers (use_extra_bufts off)",
            plain_buffers=True,
        )
    if number == signal.SIGKILL:
        return Crash(
            "the model host was killed (SIGKILL), most often because memory ran out",
            "use a smaller model, a smaller context or fewer GPU layers",
        )
    if number in (signal.SIGSEGV, signal.SIGBUS):
        return Crash(
            f"the model host crashed inside llama.cpp ({signal.Signals(number).name})",
            "if it happens again, try another model file or fewer GPU layers",
        )
    last = last_words(log)
    said = f", saying {last!r}" if last else ""
    if number == signal.SIGABRT:
        return Crash(
            f"llama.cpp gave up (SIGABRT){said}",
            "memory may have run out: use a smaller model or a smaller context",
        )
    where = f"its log is {log}" if log else "it kept no log"
    if number in {known.value for known in signal.Signals}:
        name = signal.Signals(number).name
        return Crash(f"the model host was ended by {name}{said}", where)
    return Crash(f"the model host ended with exit code {code}{said}", where)


def last_words(log: Path | None) -> str:
    """The last line of the log that looks like a reason, or nothing."""
    if log is None:
        return ""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _TAIL))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    for line in reversed(lines):
        if any(sign in line for sign in _SIGNS):
            return line.strip()[:200]
    return ""
