"""What the model is doing, in one line, for every mode that tells it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.status import EngineStatus, State
from tui.formatting import time_left

if TYPE_CHECKING:
    from engine.method.events import PlanProgress

STATES = {
    State.STARTING: "loading the model",
    State.READY: "model at rest",
    State.WRITING: "writing",
    State.RESTARTING: "starting the model again",
    State.FAILED: "no model: M says why",
    State.STOPPED: "model stopped",
}
"""An engine's state in words."""

ONE_BY_ONE = "such weights are read anew for every token; a Q8_0 copy is faster for several texts"
"""Of a model whose weights have no kernel for several tokens at once."""


def doing(
    status: EngineStatus | None,
    progress: PlanProgress | None,
    ready: int | None,
    at_work: Sequence[int] = (),
) -> str:
    """``3 ready · writing prompts 21 and 22 · 61 tok/s · about 40 min left``.

    Args:
        status: the engine's; None where there is no engine.
        progress: of the background worker, once it has told any.
        ready: chains that wait for a decision; None where that does not matter.
        at_work: places of the prompts that are being written for, lowest first.
    """
    parts = [] if ready is None else [f"{ready} ready"]
    if status is None:
        return " · ".join([*parts, "no model"])
    if status.state is State.WRITING:
        parts.append(f"writing {_prompts(at_work)}".strip())
        if status.tokens_per_second:
            parts.append(f"{status.tokens_per_second:.0f} tok/s")
        if progress is not None and (left := time_left(progress.eta_seconds)):
            parts.append(left)
    else:
        parts.append(STATES[status.state])
    return " · ".join(parts)


def _prompts(places: Sequence[int]) -> str:
    if len(places) < 2:
        return "".join(f"prompt {place}" for place in places)
    if len(places) > 3:
        return f"{len(places)} prompts"
    return f"prompts {', '.join(map(str, places[:-1]))} and {places[-1]}"
