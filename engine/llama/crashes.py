"""Says in words why a model host went away."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TAIL = 65_536
"""Bytes at the end of the log that may hold the reason: a debugger's words may follow it."""
_SIGNS = (
    "GGML_ASSERT",
    "fatal error",
    "terminate called",
    "what():",
    "MemoryError",
    "Error:",
    "failed to allocate",
)
_BEHIND = re.compile(r"#\d|Fatal Python error|\[")
"""How lines begin that say where it happened, not what."""
_SOURCE = re.compile(r"/\S*/(?=\S+:\d+: )")
"""Folder of the source file that an assertion stands in: of the machine it was compiled on."""
_OF_MEMORY = ("alloc", "memory", "buffer")


@dataclass(frozen=True, slots=True)
class Crash:
    """One end of a host that nobody had asked for."""

    reason: str
    """What happened, without a full stop."""
    hint: str
    """What to do when it happens again."""
    plain_buffers: bool = False
    """The next host should load the weights without repacking them."""
    said: bool = False
    """Whether llama.cpp itself gave a reason that is not want of memory."""

    def __str__(self) -> str:
        return f"{self.reason}: {self.hint}"


def explain(code: int, log: Path | None, since: int = 0) -> Crash:
    """Why a host that ended with ``code`` is gone.

    Args:
        code: as the process reported it; minus the signal's number when one ended it.
        log: the file its stderr went to.
        since: bytes of the log that are older than the host.
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
            "if it happens again, try another model file or fewer GPU layers; a file that is"
            " changed or cut while it is in use ends so too",
        )
    last = last_words(log, since)
    said = f", saying {last!r}" if last else ""
    if number == signal.SIGABRT:
        of_memory = not last or any(word in last.lower() for word in _OF_MEMORY)
        return Crash(
            f"llama.cpp gave up (SIGABRT){said}",
            "memory may have run out: use a smaller model or a smaller context"
            if of_memory
            else "if it happens again, take another model file: it cannot compute this one",
            said=not of_memory,
        )
    where = f"its log is {log}" if log else "it kept no log"
    if number in {known.value for known in signal.Signals}:
        name = signal.Signals(number).name
        return Crash(f"the model host was ended by {name}{said}", where)
    return Crash(f"the model host ended with exit code {code}{said}", where)


def log_size(log: Path | None) -> int:
    """Bytes of a log; what is behind them will be the words of the next host."""
    try:
        return 0 if log is None else log.stat().st_size
    except OSError:
        return 0


def last_words(log: Path | None, since: int = 0) -> str:
    """The last line of the log that looks like a reason, or nothing."""
    if log is None:
        return ""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            size = file.tell()
            # a log that had grown too long was begun anew
            file.seek(max(0, since if since <= size else 0, size - _TAIL))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return reason_in(lines)


def reason_in(lines: Sequence[str]) -> str:
    """The last of some lines that looks like a reason, or nothing."""
    for line in reversed(lines):
        if any(sign in line for sign in _SIGNS) and not _BEHIND.match(line):
            return _SOURCE.sub("", " ".join(line.split()))[:200]
    return ""
