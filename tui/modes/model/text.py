"""What the model is doing, in one line, for every mode that tells it."""

from __future__ import annotations

from collections.abc import Sequence

from engine.status import EngineStatus, State

STATES = {
    State.STARTING: "loading the model",
    State.READY: "model at rest",
    State.WRITING: "writing",
    State.RESTARTING: "starting the model again",
    State.FAILED: "no model: M says why",
    State.STOPPED: "model stopped",
}
"""An engine's state in words."""

BARS = "▁▂▃▄▅▆▇█"
"""From little to much."""

ONE_BY_ONE = "such weights are read again for every token; a Q8_0 copy is faster for several texts"
"""Of a model whose weights have no kernel for several tokens at once."""


def doing(
    status: EngineStatus | None,
    ready: int | None,
    at_work: Sequence[int] = (),
) -> str:
    """``3 ready · writing prompts 21 and 22 · 61 tok/s``; how long it all takes is told in Model.

    Args:
        status: the engine's; None where there is no engine.
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
    else:
        parts.append(STATES[status.state])
    return " · ".join(parts)


def speed_bars(speeds: Sequence[float], window: int, cells: int) -> str:
    """A bar for every second or few, the newest at the right; blank where nothing was written.

    Args:
        speeds: tokens a second, one a second, oldest first.
        window: seconds that the line stands for.
        cells: of the line.
    """
    most = max(speeds, default=0.0)
    if not most or cells < 1:
        return ""
    size = -(-window // cells)
    parts = [max(speeds[max(end - size, 0) : end]) for end in range(len(speeds), 0, -size)]
    bars = (BARS[round(part / most * 6)] if part else " " for part in reversed(parts))
    return "".join(bars).rjust(cells)


def _prompts(places: Sequence[int]) -> str:
    if len(places) < 2:
        return "".join(f"prompt {place}" for place in places)
    if len(places) > 3:
        return f"{len(places)} prompts"
    return f"prompts {', '.join(map(str, places[:-1]))} and {places[-1]}"
