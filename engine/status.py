"""What an engine is doing: a module of its own, as the first screen needs no more of the engine."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """What an engine is doing."""

    STARTING = "starting"
    READY = "ready"
    WRITING = "writing"
    RESTARTING = "restarting"
    FAILED = "failed"
    STOPPED = "stopped"


class EngineStatus(NamedTuple):
    """What a screen tells of an engine."""

    state: State = State.STARTING
    error: str | None = None
    """The last thing that went wrong, in words, and what was done about it."""
    tokens_per_second: float = 0.0
    """Tokens written a second, over the last seconds; 0 at rest."""
    running: int = 0
    """Answers being written."""
    waiting: int = 0
    """Requests whose turn has not come."""
    evaluated_tokens: int = 0
    """Tokens llama.cpp has evaluated since it was loaded, written ones included."""
    needed_tokens: int = 0
    """Tokens it would have evaluated had nothing been shared."""
    restarts: int = 0
